package api

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/status"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
)

// listLedger is a ledger with one list, at a height that the test sets.
type listLedger struct {
	mu   sync.Mutex
	list status.List
	bits []byte
	head app.Head
	err  error
}

func (l *listLedger) List(_ context.Context, id op.ID) (*status.List, int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return nil, 0, l.err
	}
	if id != l.list.ID {
		return nil, 0, did.ErrNotFound
	}
	list := l.list
	return &list, l.head.Height, nil
}

func (l *listLedger) Read(context.Context, func(*app.View) error) error {
	return errors.New("no view of this ledger")
}

func (l *listLedger) Bits(context.Context, op.ID, time.Time) ([]byte, app.Head, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bits, l.head, l.err
}

func (l *listLedger) at(height int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.head.Height = height
}

const listSize = 131_072

func newListLedger() (*listLedger, credentials.StatusQuery) {
	id := op.ID{7}
	l := &listLedger{
		list: status.List{ID: id, Issuer: "did:example:university", Purposes: []string{"revocation"}, Size: listSize, Bits: 1,
			URL: "https://a.example/status-lists/" + id.String()},
		bits: make([]byte, listSize/8), head: app.Head{Height: 10, Time: 1_000},
	}
	l.bits[0] = 0x40 // index 1: the second most significant bit
	l.bits[listSize/8-1] = 0x01
	return l, credentials.StatusQuery{Issuer: "did:example:university", Entry: credentials.StatusEntry{
		Type: bitstringEntry, Purpose: "revocation", Index: 1, List: l.list.URL, Size: 1,
	}}
}

func at1030() time.Time { return time.Unix(1_030, 0) }

func TestAStatusIsReadFromTheLedgerWithEvidence(t *testing.T) {
	l, q := newListLedger()
	source := NewLedgerStatus(l, at1030)
	for index, want := range map[int64]uint64{0: 0, 1: 1, 2: 0, listSize - 2: 0, listSize - 1: 1} {
		q.Entry.Index = index
		got, err := source.Status(t.Context(), q)
		ok(t, err)
		if got.Value != want || got.Evidence != (credentials.Evidence{Source: "ledger", Height: 10, Age: 30}) {
			t.Errorf("index %d: %+v", index, got)
		}
	}
}

// TestAStatusThatCannotBeTrustedIsAProblem is reliability.md (3) 61 and 62 for lists on the ledger.
func TestAStatusThatCannotBeTrustedIsAProblem(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*listLedger, *credentials.StatusQuery)
		kind   string
	}{
		"a list of another league": {func(_ *listLedger, q *credentials.StatusQuery) { q.Entry.List = "https://b.example/lists/1" }, credentials.ProblemStatusRetrieval},
		"a list id of another league": {func(_ *listLedger, q *credentials.StatusQuery) {
			q.Entry.List = "https://b.example/status-lists/" + op.ID{1}.String()
		}, credentials.ProblemStatusRetrieval},
		"our list's id on another host": {func(l *listLedger, q *credentials.StatusQuery) {
			q.Entry.List = "https://evil.example/status-lists/" + l.list.ID.String()
		}, credentials.ProblemStatusVerification},
		"our list's URL with a query": {func(_ *listLedger, q *credentials.StatusQuery) { q.Entry.List += "?x" }, credentials.ProblemStatusRetrieval},
		"our list's URL with a port": {func(l *listLedger, q *credentials.StatusQuery) {
			q.Entry.List = "https://a.example:8443/status-lists/" + l.list.ID.String()
		}, credentials.ProblemStatusVerification},
		"no URL":                          {func(_ *listLedger, q *credentials.StatusQuery) { q.Entry.List = "" }, credentials.ProblemStatusRetrieval},
		"a list of another issuer":        {func(_ *listLedger, q *credentials.StatusQuery) { q.Issuer = "did:example:mill" }, credentials.ProblemStatusVerification},
		"another purpose":                 {func(_ *listLedger, q *credentials.StatusQuery) { q.Entry.Purpose = "suspension" }, credentials.ProblemStatusVerification},
		"another size":                    {func(_ *listLedger, q *credentials.StatusQuery) { q.Entry.Size = 2 }, credentials.ProblemStatusVerification},
		"a short list":                    {func(l *listLedger, _ *credentials.StatusQuery) { l.list.Size = listSize - 8 }, credentials.ProblemStatusLength},
		"fewer bits than the record says": {func(l *listLedger, q *credentials.StatusQuery) { l.bits = l.bits[:8]; q.Entry.Index = 64 }, credentials.ProblemStatusLength},
		"an index before the first":       {func(_ *listLedger, q *credentials.StatusQuery) { q.Entry.Index = -1 }, credentials.ProblemRange},
		"an index behind the last":        {func(_ *listLedger, q *credentials.StatusQuery) { q.Entry.Index = listSize }, credentials.ProblemRange},
		"an index beyond 2^53":            {func(_ *listLedger, q *credentials.StatusQuery) { q.Entry.Index = 1<<53 + 1 }, credentials.ProblemRange},
		"a ledger that does not answer":   {func(l *listLedger, _ *credentials.StatusQuery) { l.err = errors.New("down") }, credentials.ProblemStatusRetrieval},
		"the future":                      {func(_ *listLedger, q *credentials.StatusQuery) { q.At = time.Unix(5_000, 0) }, credentials.ProblemStatusRetrieval},
	} {
		t.Run(name, func(t *testing.T) {
			l, q := newListLedger()
			test.change(l, &q)
			_, err := NewLedgerStatus(l, at1030).Status(t.Context(), q)
			problem, is := errors.AsType[*credentials.ProblemError](err)
			if !is || problem.Problem.Type != test.kind {
				t.Fatalf("error is %v", err)
			}
		})
	}
}

// TestAnOlderListThanOneSeenIsRefused is reliability.md (3) 63.
func TestAnOlderListThanOneSeenIsRefused(t *testing.T) {
	l, q := newListLedger()
	source := NewLedgerStatus(l, at1030)
	_, err := source.Status(t.Context(), q)
	ok(t, err)
	l.at(9)
	_, err = source.Status(t.Context(), q)
	problem, is := errors.AsType[*credentials.ProblemError](err)
	if !is || problem.Problem.Type != credentials.ProblemStatusVerification {
		t.Fatalf("error is %v", err)
	}
	l.at(10)
	_, err = source.Status(t.Context(), q)
	ok(t, err)
}

func TestReadsAtATimeAreNotTakenForOlderOnes(t *testing.T) {
	l, q := newListLedger()
	source := NewLedgerStatus(l, at1030)
	var work sync.WaitGroup
	work.Go(func() {
		for height := int64(10); height < 2_000; height++ {
			l.at(height)
		}
	})
	for range 4 {
		work.Go(func() {
			for range 500 {
				if _, err := source.Status(t.Context(), q); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	work.Wait()
}
