package app_test

import (
	"testing"

	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/app/state"
)

// A record that cannot be read is nobody's operation: it stops the node, and is neither a code nor a receipt.
func TestDamagedStateStopsTheNode(t *testing.T) {
	for name, damage := range map[string]func(s *apptest.Script) (key, value []byte){
		"a DID's record": func(s *apptest.Script) ([]byte, []byte) { return identity.Key(s.DIDs["A"]), []byte("{}") },
		"the league":     func(*apptest.Script) ([]byte, []byte) { return []byte("g/league"), []byte("x") },
		"the parameters": func(*apptest.Script) ([]byte, []byte) { return []byte("g/params"), []byte("{}") },
		"the validators": func(*apptest.Script) ([]byte, []byte) { return []byte("g/v"), []byte("{}") },
		"the first block's ids": func(*apptest.Script) ([]byte, []byte) {
			return []byte("b/i/\x00\x00\x00\x00\x00\x00\x00\x01"), []byte("x")
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := apptest.Run(t, apptest.Options{}, "create A keys=a1 by a1")
			id := s.DIDs["A"]
			update := s.Sign(s.Draft("did.update", id, map[string]any{"document": apptest.Document("a1"), "prev": "1-x"}), apptest.Signed(id, "a1")...)
			tx := s.Batch(0, update)
			b := s.Store.Begin()
			b.Set(damage(s))
			if err := s.Store.Commit(b, 2, nil); err != nil {
				t.Fatal(err)
			}
			result, err := s.App.Execute(s.Input(tx))
			if err == nil {
				t.Errorf("got %+v, %v", result, err)
			}
			if _, err := s.App.Commit(); err == nil {
				t.Error("committed")
			}
			if name == "a DID's record" {
				if err := s.App.Admit(s.Decode(update), s.Time); err == nil || exec.CodeOf(err) != exec.CodeInternal {
					t.Errorf("Admit: got %v", err)
				}
			}
		})
	}
}

// An index that cannot be read is not an index without the receipt.
func TestAdmitDoesNotTakeADamagedIndexForAbsence(t *testing.T) {
	l := apptest.New(t, apptest.Options{})
	l.Block()
	o := l.Decode(create(l, "a"))
	damaged := state.KV{Key: append([]byte("r/"), o.ID[:]...), Value: []byte("x")}
	if err := l.Store.Commit(l.Store.Begin(), 2, []state.KV{damaged}); err != nil {
		t.Fatal(err)
	}
	if err := l.App.Admit(o, l.Time); err == nil || exec.CodeOf(err) != exec.CodeInternal {
		t.Errorf("got %v", err)
	}
}
