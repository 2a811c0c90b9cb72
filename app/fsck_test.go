package app_test

import (
	"strings"
	"testing"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/app/state"
	"github.com/hanse-id/hanse/app/status"
)

const lifeOfALeague = `
	create A keys=a1 next=a2 by a1
	create B keys=b1 controllers=A by b1
	update A keys=a2 next=a3 by a2
	{
	update B keys=b2 by A/a2
	update A keys=a2 next=a3 services=1 by a2
	}
	list L owner=A issuer=key:i purposes=revocation,suspension bits=2 by a2,key:i
	lease L count=3000 by o1
	lease L count=2000 replica=r2 by o1
	set L 5=1 2047=2 4999=1 by o1
	set L 2047=0 6=1 by o1
	update B keys=b2 services=1 prev=1 by b2 -> version-mismatch
	deactivate B by b2
`

func TestFsckFindsNothingWrongWithAHealthyState(t *testing.T) {
	s := apptest.Run(t, apptest.Options{}, lifeOfALeague)
	if err := app.Fsck(s.Store, nil); err != nil {
		t.Error(err)
	}
	s.Time += 700 // past the replay window
	s.Block()
	if err := app.Fsck(s.Store, nil); err != nil {
		t.Error(err)
	}
	if err := app.Fsck(apptest.New(t, apptest.Options{}).Store, nil); err != nil {
		t.Errorf("empty store: %v", err)
	}
}

func TestFsckNamesWhatIsWrong(t *testing.T) {
	for want, damage := range map[string]func(s *apptest.Script, b *state.Block) []state.KV{
		"belongs to no module": func(_ *apptest.Script, b *state.Block) []state.KV {
			b.Set([]byte("x/y"), []byte("z"))
			return nil
		},
		"not in JCS form": func(s *apptest.Script, b *state.Block) []state.KV {
			b.Set(identity.Key(s.DIDs["A"]), append(b.Get(identity.Key(s.DIDs["A"])), ' '))
			return nil
		},
		"version 1 is missing": func(s *apptest.Script, b *state.Block) []state.KV {
			b.Delete(identity.VersionKey(s.DIDs["A"], 1))
			return nil
		},
		"does not lead to version": func(s *apptest.Script, b *state.Block) []state.KV {
			b.Set(identity.VersionKey(s.DIDs["A"], 1), b.Get(identity.VersionKey(s.DIDs["A"], 2)))
			return nil
		},
		"belongs to no DID": func(s *apptest.Script, b *state.Block) []state.KV {
			b.Delete(identity.Key(s.DIDs["A"]))
			return nil
		},
		"stands under another DID's key": func(s *apptest.Script, b *state.Block) []state.KV {
			b.Set(identity.Key(s.DIDs["A"]), b.Get(identity.Key(s.Centers[0])))
			return nil
		},
		"no list of this id": func(s *apptest.Script, b *state.Block) []state.KV {
			b.Delete(status.Key(s.Lists["L"]))
			return nil
		},
		"is not what its history adds up to": func(s *apptest.Script, b *state.Block) []state.KV {
			for key, value := range b.Range([]byte("s/c/"), []byte("s/c0")) {
				changed := append([]byte(nil), value...)
				changed[10] ^= 1
				b.Set(key, changed)
				break
			}
			return nil
		},
		"lease at 3000, expected 0": func(_ *apptest.Script, b *state.Block) []state.KV {
			for key := range b.Range([]byte("s/e/"), []byte("s/e0")) {
				b.Delete(key)
				break
			}
			return nil
		},
		"root is not that of its operations": func(_ *apptest.Script, b *state.Block) []state.KV {
			b.Set(app.BlockRootKey(1), make([]byte, 32))
			return nil
		},
		"league": func(_ *apptest.Script, b *state.Block) []state.KV {
			b.Delete([]byte("g/league"))
			return nil
		},
		"validators": func(_ *apptest.Script, b *state.Block) []state.KV {
			b.Delete([]byte("g/v"))
			return nil
		},
		"batches": func(_ *apptest.Script, b *state.Block) []state.KV {
			for key := range b.Range([]byte("b/t/"), []byte("b/t0")) {
				b.Delete(key)
				break
			}
			return nil
		},
		"is not what the block says": func(s *apptest.Script, _ *state.Block) []state.KV {
			id := s.Results[0].ID
			return []state.KV{{Key: append([]byte("r/"), id[:]...)}}
		},
	} {
		t.Run(want, func(t *testing.T) {
			s := apptest.Run(t, apptest.Options{}, lifeOfALeague)
			b := s.Store.Begin()
			index := damage(s, b)
			if err := s.Store.Commit(b, s.Store.Version()+1, index); err != nil {
				t.Fatal(err)
			}
			err := app.Fsck(s.Store, nil)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v", err)
			}
		})
	}
}
