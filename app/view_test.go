package app_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"testing"

	ics23 "github.com/cosmos/ics23/go"
	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/state"
	"github.com/hanse-id/hanse/did"
)

func view(t *testing.T, l *apptest.League, version int64) *app.View {
	t.Helper()
	v, err := l.App.View(version)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

func TestReceiptsSayWhatBecameOfAnOperation(t *testing.T) {
	s := apptest.Run(t, apptest.Options{}, `
		create A keys=a1 by a1
		{
		update A keys=a1 services=1 by a1
		update A keys=a1 services=2 prev=1 by a1 -> version-mismatch
		update A keys=a1 services=2 by a2        -> unknown-key
		}
	`)
	check := func(t *testing.T) {
		v := view(t, s.League, 0)
		subject := []string{exec.SubjectDID(s.DIDs["A"])}
		for i, want := range []app.Receipt{
			{State: app.Committed, Height: 1, Index: 0, Time: apptest.Start, Events: []exec.Event{{Type: "did.created", Subjects: subject}}},
			{State: app.Committed, Height: 2, Index: 0, Time: apptest.Start + 1, Events: []exec.Event{{Type: "did.updated", Subjects: subject}}},
			{State: app.Rejected, Height: 2, Index: 1, Time: apptest.Start + 1, Code: exec.CodeVersionMismatch},
			{State: app.Unknown, Oldest: 1},
		} {
			want.ID = s.Results[i].ID
			for k := range want.Events {
				id := []string{"1-", "2-"}[i] + want.ID.String()
				want.Events[k].Attributes = []exec.Attribute{{Name: "versionId", Value: id}}
			}
			got, err := v.Receipt(t.Context(), want.ID)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("operation %d: %s", i, diff)
			}
		}
		block, err := v.Block(2)
		if err != nil {
			t.Fatal(err)
		}
		if len(block.Receipts) != 2 || block.Height != 2 || block.Time != apptest.Start+1 {
			t.Errorf("got %+v", block)
		}
		blocks, err := v.Blocks(0, 10)
		if err != nil || len(blocks) != 2 {
			t.Errorf("%d blocks (%v)", len(blocks), err)
		}
		if _, err := v.Block(3); !errors.Is(err, app.ErrNoBlock) {
			t.Errorf("got %v", err)
		}
	}
	t.Run("at once", check)
	s.Restart()
	t.Run("after a restart", check)
}

func TestOldVersionsStayReadable(t *testing.T) {
	s := apptest.Run(t, apptest.Options{}, "create A keys=a1 by a1")
	v := view(t, s.League, 1)
	s.Play("update A keys=a1 services=1 by a1")
	if presentVersion(v, s.DIDs["A"])[:2] != "1-" || v.Head().Height != 1 {
		t.Error("a view moved with the chain")
	}
	if presentVersion(view(t, s.League, 0), s.DIDs["A"])[:2] != "2-" {
		t.Error("a new view shows an old version")
	}
	if r, err := v.Receipt(t.Context(), s.Results[1].ID); err != nil || r.State != app.Unknown {
		t.Errorf("a view knows a later receipt: %+v %v", r, err)
	}
	for _, version := range []int64{-1, 3, 1 << 60} {
		if _, err := s.App.View(version); !errors.Is(err, state.ErrVersion) {
			t.Errorf("version %d: got %v", version, err)
		}
	}
}

// Every record, and the absence of one, is provable with the ics23 library alone.
func TestRecordsAreProvable(t *testing.T) {
	s := apptest.Run(t, apptest.Options{}, "create A keys=a1 by a1")
	v := view(t, s.League, 0)
	for _, key := range [][]byte{identity.Key(s.DIDs["A"]), app.BlockRootKey(1), identity.Key("did:hanse:test:nobody")} {
		p, err := v.Prove(key)
		if err != nil {
			t.Fatal(err)
		}
		good := ics23.VerifyNonMembership(ics23.SmtSpec, p.AppHash, p.ICS23, key)
		if p.Value != nil {
			good = ics23.VerifyMembership(ics23.SmtSpec, p.AppHash, p.ICS23, key, p.Value)
		}
		if !good || !bytes.Equal(p.AppHash, s.App.Head().AppHash) || p.Height != 1 {
			t.Errorf("%q: not proved", key)
		}
	}
}

func hashed(key []byte) []byte {
	h := sha256.Sum256(key)
	return h[:]
}

// The root that stays for ever is RFC 6962 over (id, code), written out here once more by hand.
func TestBlockRootIsRFC6962(t *testing.T) {
	s := apptest.Run(t, apptest.Options{}, "{\ncreate A keys=a1 by a1\ncreate B keys=b1 by b1\ncreate C keys=c1 by c1\n}")
	leaf := func(i int) []byte {
		return hashed(append([]byte{0}, app.ReceiptLeaf(s.Results[i].ID, s.Results[i].Code)...))
	}
	node := func(l, r []byte) []byte { return hashed(append(append([]byte{1}, l...), r...)) }
	want := node(node(leaf(0), leaf(1)), leaf(2))
	if diff := cmp.Diff(want, view(t, s.League, 0).Reader().Get(app.BlockRootKey(1))); diff != "" {
		t.Error(diff)
	}
}

func TestGenesisIsReadableBeforeTheFirstBlock(t *testing.T) {
	l := apptest.New(t, apptest.Options{})
	v := view(t, l, 0)
	centers, err := governance.Centers(v.Reader())
	if err != nil || len(centers) != 4 {
		t.Fatalf("%d centers (%v)", len(centers), err)
	}
	r, err := identity.Select(v.Reader(), l.Centers[0], did.At{})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Version(0); got.N != 1 || !got.Created.IsZero() || got.Document.ID != l.Centers[0] {
		t.Errorf("got %+v", got)
	}
	if _, err := v.Prove(identity.Key(l.Centers[0])); !errors.Is(err, state.ErrEmpty) {
		t.Errorf("got %v", err)
	}
	if err := l.App.Admit(l.Decode(create(l, "a")), l.Time); err != nil {
		t.Error(err)
	}
	root := l.App.Head().AppHash
	if _, _, err := l.App.Init(l.Genesis); err != nil || !bytes.Equal(root, l.App.Head().AppHash) {
		t.Errorf("the second Init differs (%v)", err)
	}
	l.Block()
	if _, _, err := l.App.Init(l.Genesis); !errors.Is(err, app.ErrNotEmpty) {
		t.Errorf("got %v", err)
	}
	if !bytes.Equal(root, l.App.Head().AppHash) {
		t.Error("an empty block changed the state")
	}
}

func TestSummariesNameWhatChanged(t *testing.T) {
	s := apptest.Run(t, apptest.Options{}, "create A keys=a1 by a1")
	in := s.Input(s.Batch(0, create(s.League, "b"), create(s.League, "a"), []byte("x")))
	in.Misbehaviour = []string{s.Genesis.Centers[2].Validator, "z6MkUnknown"}
	if _, err := s.App.Execute(in); err != nil {
		t.Fatal(err)
	}
	summary, err := s.App.Commit()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, name := range []string{"a", "b"} {
		id, _ := op.CreatedDID(apptest.Name, map[string]any{"document": apptest.Document(name), "salt": apptest.Salt(name)})
		want = append(want, exec.SubjectDID(id))
	}
	if want[0] > want[1] {
		want[0], want[1] = want[1], want[0]
	}
	want = append([]string{exec.SubjectCenter(s.Centers[2])}, want...)
	if diff := cmp.Diff(want, summary.Changed); diff != "" {
		t.Error(diff)
	}
	if len(summary.Ops) != 2 || len(summary.Batches) != 1 || summary.Height != 2 {
		t.Errorf("got %+v", summary)
	}
	if _, err := s.App.Commit(); !errors.Is(err, app.ErrNoExecuted) {
		t.Errorf("got %v", err)
	}
}

// A view of genesis stays what it was when blocks come.
func TestAViewOfGenesisDoesNotMove(t *testing.T) {
	l := apptest.New(t, apptest.Options{})
	v := view(t, l, 0)
	records := func() (n int) {
		for range v.Reader().Range(nil, nil) {
			n++
		}
		return n
	}
	before := records()
	e := create(l, "a")
	l.Do(e)
	r, err := identity.Get(v.Reader(), l.Decode(e).By)
	if err != nil || r != nil || records() != before || v.Head().Height != 0 {
		t.Errorf("the view shows a later block: %+v (%v), %d records after %d", r, err, records(), before)
	}
}
