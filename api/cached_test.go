package api

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/api/cache"
	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/status"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/resolve"
)

// counting counts the reads that reach the ledger, and may hide blocks from watchers.
type counting struct {
	*ledgertest.Ledger
	reads atomic.Int64
	deaf  atomic.Bool
}

func (c *counting) DID(ctx context.Context, id did.DID, at did.At) (did.Version, error) {
	c.reads.Add(1)
	return c.Ledger.DID(ctx, id, at)
}

func (c *counting) List(ctx context.Context, id op.ID) (*status.List, int64, error) {
	c.reads.Add(1)
	return c.Ledger.List(ctx, id)
}

func (c *counting) Bits(ctx context.Context, id op.ID, at time.Time) ([]byte, app.Head, error) {
	c.reads.Add(1)
	return c.Ledger.Bits(ctx, id, at)
}

func (c *counting) Watch(ctx context.Context, fn func(app.Summary)) error {
	return c.Ledger.Watch(ctx, func(s app.Summary) {
		if !c.deaf.Load() {
			fn(s)
		}
	})
}

// startCached nests a league in a cache that follows it.
func startCached(t *testing.T) (*counting, *Cached) {
	t.Helper()
	ledger := &counting{Ledger: ledgertest.New(t, ledgertest.Options{})}
	store, err := cache.New(cache.Options{})
	ok(t, err)
	cached := NewCached(ledger, store, nil)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- cached.Follow(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Follow ended with %v", err)
		}
		_ = store.Close()
	})
	caughtUp(t, ledger, cached)
	return ledger, cached
}

// caughtUp waits until the cache has followed the ledger.
func caughtUp(t *testing.T, ledger *counting, cached *Cached) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for head, _ := ledger.Head(t.Context()); cached.through.Load() < head.Height; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("followed to %d of %d", cached.through.Load(), head.Height)
		}
	}
}

func TestCachedAnswersAreTheLedgersOwn(t *testing.T) {
	ledger, cached := startCached(t)
	person := ledger.Create(t)
	first, err := ledger.Ledger.DID(t.Context(), person.DID, did.At{})
	ok(t, err)
	ledger.Update(t, person, ledgertest.Document(person.Signer.Public(), map[string]any{"id": "#s", "type": "Web", "serviceEndpoint": "https://a.example/"}))
	gone := ledger.Create(t)
	ledger.Deactivate(t, gone)
	caughtUp(t, ledger, cached)
	for name, q := range map[string]struct {
		id did.DID
		at did.At
	}{
		"latest": {person.DID, did.At{}}, "by version": {person.DID, did.At{VersionID: first.VersionID}},
		"by time": {person.DID, did.At{Time: first.Created}}, "deactivated": {gone.DID, did.At{}},
	} {
		want, err := ledger.Ledger.DID(t.Context(), q.id, q.at)
		ok(t, err)
		for range 2 {
			got, err := cached.DID(t.Context(), q.id, q.at)
			ok(t, err)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-ledger +cached)\n%s", name, diff)
			}
		}
	}
}

func TestARecordIsReadFromTheLedgerOnce(t *testing.T) {
	ledger, cached := startCached(t)
	person := ledger.Create(t)
	other := did.DID(string(person.DID[:len(person.DID)-1]) + "1")
	caughtUp(t, ledger, cached)
	ledger.reads.Store(0)
	for range 10 {
		_, err := cached.DID(t.Context(), person.DID, did.At{})
		ok(t, err)
		if _, err := cached.DID(t.Context(), other, did.At{}); !errors.Is(err, did.ErrNotFound) {
			t.Fatalf("error is %v", err)
		}
	}
	if n := ledger.reads.Load(); n != 2 {
		t.Errorf("the ledger was read %d times", n)
	}
	height := func() int64 {
		v, err := cached.DID(t.Context(), person.DID, did.At{})
		ok(t, err)
		return v.Height
	}
	before := height()
	ledger.Block(t)
	caughtUp(t, ledger, cached)
	if after := height(); after != before+1 {
		t.Errorf("an unchanged record is known at height %d, want %d", after, before+1)
	}
}

func TestAMissingVersionOfADIDIsCachedAsThat(t *testing.T) {
	ledger, cached := startCached(t)
	person := ledger.Create(t)
	caughtUp(t, ledger, cached)
	ledger.reads.Store(0)
	for range 3 {
		if _, err := cached.DID(t.Context(), person.DID, did.At{VersionID: "9-x"}); !errors.Is(err, did.ErrNoVersion) {
			t.Fatalf("error is %v", err)
		}
	}
	if n := ledger.reads.Load(); n != 1 {
		t.Errorf("the ledger was read %d times", n)
	}
}

func TestWhatWasWrittenIsReadEvenBeforeItsBlockIsFollowed(t *testing.T) {
	ledger, cached := startCached(t)
	person := ledger.Create(t)
	caughtUp(t, ledger, cached)
	_, err := cached.DID(t.Context(), person.DID, did.At{})
	ok(t, err)
	ledger.deaf.Store(true)
	ledger.Update(t, person, ledgertest.Document(person.Signer.Public(), map[string]any{"id": "#s", "type": "Web", "serviceEndpoint": "https://a.example/"}))
	v, err := cached.DID(t.Context(), person.DID, did.At{})
	ok(t, err)
	if v.N != 2 {
		t.Fatalf("version %d was answered after 2 was committed", v.N)
	}
	ledger.deaf.Store(false)
	ledger.Block(t) // the stream goes on with a gap, which is read
	caughtUp(t, ledger, cached)
	ledger.reads.Store(0)
	for range 3 {
		v, err = cached.DID(t.Context(), person.DID, did.At{})
		ok(t, err)
		if v.N != 2 {
			t.Fatalf("version %d came back from the cache", v.N)
		}
	}
	if n := ledger.reads.Load(); n != 1 {
		t.Errorf("the ledger was read %d times after the gap was closed", n)
	}
}

func TestWhoWantsNoCacheAsksTheLedger(t *testing.T) {
	ledger, cached := startCached(t)
	person := ledger.Create(t)
	caughtUp(t, ledger, cached)
	for range 3 {
		_, err := cached.DID(resolve.WithNoCache(t.Context()), person.DID, did.At{})
		ok(t, err)
	}
	if n := ledger.reads.Load(); n != 3 {
		t.Errorf("the ledger was read %d times, want 3", n)
	}
}

// Whoever asks for one document at many times makes a value each time: what counts is their size.
func TestDecodedValuesAreBoundedInBytes(t *testing.T) {
	_, cached := startCached(t)
	const size = 32 << 10
	for n := range 4 * maxDecoded / (decodedFactor * size) {
		_, err := cached.decode(fmt.Sprint("did/x?versionTime=", n), make([]byte, size), func(raw []byte) (any, error) { return 0, nil })
		ok(t, err)
	}
	cached.decoded.CleanUp()
	if held := cached.decoded.EstimatedSize() * size * decodedFactor; held > maxDecoded {
		t.Errorf("%d bytes are held, at most %d should be", held, maxDecoded)
	}
}

// In a quiet league no later block shows that one was missed.
func TestABlockThatTheStreamLostIsFound(t *testing.T) {
	ledger, cached := startCached(t)
	person := ledger.Create(t)
	caughtUp(t, ledger, cached)
	ledger.deaf.Store(true)
	ledger.Update(t, person, ledgertest.Document(person.Signer.Public()))
	caughtUp(t, ledger, cached)
}

func TestAnOutageIsNeverCachedAsAbsence(t *testing.T) {
	ledger, cached := startCached(t)
	person := ledger.Create(t)
	caughtUp(t, ledger, cached)
	ledger.SetDown(true)
	if _, err := cached.DID(t.Context(), person.DID, did.At{}); err == nil || errors.Is(err, did.ErrNotFound) {
		t.Fatalf("error is %v", err)
	}
	ledger.SetDown(false)
	_, err := cached.DID(t.Context(), person.DID, did.At{})
	ok(t, err)
}

func TestListsAndBitsAreCachedAndFollowTheirChanges(t *testing.T) {
	ledger, cached := startCached(t)
	c := &issuingCenter{issuers: map[string]did.DID{}}
	s := c.startIssuance(t, ledger.Ledger)
	list, _, err := s.EnsureList(t.Context(), "demo", "revocation")
	ok(t, err)
	caughtUp(t, ledger, cached)
	for range 3 {
		caughtUp(t, ledger, cached)
		ledger.reads.Store(0)
		for range 3 {
			wantRecord, _, err := ledger.Ledger.List(t.Context(), list.ID)
			ok(t, err)
			record, _, err := cached.List(t.Context(), list.ID)
			ok(t, err)
			wantBits, wantHead, err := ledger.Ledger.Bits(t.Context(), list.ID, time.Time{})
			ok(t, err)
			bits, head, err := cached.Bits(t.Context(), list.ID, time.Time{})
			ok(t, err)
			if diff := cmp.Diff([]any{wantRecord, wantBits, wantHead}, []any{record, bits, head}); diff != "" {
				t.Fatalf("(-ledger +cached)\n%s", diff)
			}
		}
		if n := ledger.reads.Load(); n > 2 {
			t.Errorf("the ledger was read %d times for three answers", n)
		}
		c.revokeOne(t, s)
	}
	if _, _, err := cached.List(t.Context(), op.ID{1}); !errors.Is(err, did.ErrNotFound) {
		t.Errorf("error is %v", err)
	}
}
