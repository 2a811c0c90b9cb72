package app_test

import (
	"errors"
	"testing"

	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/identity"
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
			if _, ok := errors.AsType[*exec.StorageError](err); !ok && err == nil {
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
