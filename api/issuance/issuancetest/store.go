package issuancetest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
)

// Backend opens stores for the suite. Open may be called several times with the same place: it opens the same data, also
// when the store that had it was not closed (its process was killed). Stores are closed when the test ends.
type Backend interface {
	Place(t testing.TB) string
	Open(t testing.TB, place string) issuance.Store
}

// TestStore runs the conformance suite of issuance.Store.
func TestStore(t *testing.T, b Backend) {
	for name, test := range map[string]func(*testing.T, Backend){
		"identity is made once":                              testIdentity,
		"issuers are kept by name":                           testIssuers,
		"templates are kept by issuer and name":              testTemplates,
		"lists are unique per issuer, purpose and seq":       testLists,
		"only lists that are not ready are replaced":         testReplace,
		"leases are unique per list and start":               testLeases,
		"an index is drawn once":                             testDraw,
		"an index is drawn once by many at a time":           testDrawConcurrently,
		"an index is drawn once over crashes":                testDrawProperty,
		"a record is kept once per issuer and id":            testRecords,
		"records without id do not collide":                  testAnonymousRecords,
		"an index is on one record":                          testRecordIndex,
		"erasing keeps id and indices":                       testErase,
		"a key is claimed once":                              testClaim,
		"a key is claimed once by many at a time":            testClaimConcurrently,
		"a claim that was taken over stores nothing":         testClaimTakenOver,
		"an answer outlives a crash, an open claim does not": testClaimCrash,
		"a job is stored once":                               testJobs,
		"a job's parts and progress are one write":           testJobProgress,
		"the entries of many records are read together":      testManyEntries,
	} {
		t.Run(name, func(t *testing.T) { test(t, b) })
	}
}

func open(t testing.TB, b Backend) issuance.Store {
	t.Helper()
	return b.Open(t, b.Place(t))
}

func id(t testing.TB) (id op.ID) {
	t.Helper()
	if _, err := rand.Read(id[:]); err != nil {
		t.Fatal(err)
	}
	return id
}

func want(t testing.TB, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("error is %v, want %v", err, target)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same(t testing.TB, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("(-want +got)\n%s", diff)
	}
}

func testIdentity(t *testing.T, b Backend) {
	place := b.Place(t)
	first, second, other := b.Open(t, place), b.Open(t, place), open(t, b)
	if first.Identity() == "" || first.Identity() != second.Identity() || first.Identity() == other.Identity() {
		t.Fatalf("identities %q, reopened %q, of another store %q", first.Identity(), second.Identity(), other.Identity())
	}
}

func testIssuers(t *testing.T, b Backend) {
	s, ctx := open(t, b), t.Context()
	const key = did.DID("did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK")
	one := issuance.Issuer{Name: "b", DID: key, Method: string(key) + "#z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", Key: "k", Form: credentials.FormJWT}
	two := one
	two.Name = "a"
	must(t, s.PutIssuer(ctx, one))
	must(t, s.PutIssuer(ctx, two))
	one.Retain = true
	must(t, s.PutIssuer(ctx, one))
	all, err := s.Issuers(ctx)
	must(t, err)
	same(t, all, []issuance.Issuer{two, one})
}

func aList(t testing.TB, seq int64) issuance.List {
	l := issuance.List{ID: id(t), Issuer: "demo", Purpose: "revocation", Seq: seq, Envelope: []byte("op"), Expires: 7}
	l.URL = "https://a.example/status-lists/" + l.ID.String()
	return l
}

func testLists(t *testing.T, b Backend) {
	s, ctx := open(t, b), t.Context()
	one, two, rival := aList(t, 1), aList(t, 2), aList(t, 2)
	must(t, s.AddList(ctx, two))
	must(t, s.AddList(ctx, one))
	want(t, s.AddList(ctx, rival), issuance.ErrExists)
	must(t, s.ListReady(ctx, one.ID))
	want(t, s.ListReady(ctx, rival.ID), issuance.ErrNotFound)
	one.Ready = true
	for _, issuer := range []string{"demo", ""} {
		all, err := s.Lists(ctx, issuer)
		must(t, err)
		same(t, all, []issuance.List{one, two})
	}
	none, err := s.Lists(ctx, "other")
	must(t, err)
	same(t, len(none), 0)
}

func testReplace(t *testing.T, b Backend) {
	s, ctx := open(t, b), t.Context()
	old, fresh := aList(t, 1), aList(t, 1)
	must(t, s.AddList(ctx, old))
	must(t, s.ReplaceList(ctx, old.ID, fresh))
	want(t, s.ReplaceList(ctx, old.ID, aList(t, 1)), issuance.ErrNotFound)
	must(t, s.ListReady(ctx, fresh.ID))
	want(t, s.ReplaceList(ctx, fresh.ID, aList(t, 1)), issuance.ErrNotFound)
	all, err := s.Lists(ctx, "demo")
	must(t, err)
	fresh.Ready = true
	same(t, all, []issuance.List{fresh})
}

func testLeases(t *testing.T, b Backend) {
	s, ctx := open(t, b), t.Context()
	list := id(t)
	one, two := issuance.Lease{List: list, Start: 0, Count: 10}, issuance.Lease{List: list, Start: 10, Count: 5}
	must(t, s.AddLease(ctx, two))
	must(t, s.AddLease(ctx, one))
	want(t, s.AddLease(ctx, one), issuance.ErrExists)
	must(t, s.AddLease(ctx, issuance.Lease{List: id(t), Start: 0, Count: 10}))
	must(t, s.AbandonLeases(ctx, list))
	all, err := s.Leases(ctx, list)
	must(t, err)
	one.Abandoned, two.Abandoned = true, true
	same(t, all, []issuance.Lease{one, two})
}

func testDraw(t *testing.T, b Backend) {
	s, ctx := open(t, b), t.Context()
	list, other := id(t), id(t)
	fresh, err := s.Draw(ctx, list, []int64{7, 3, 131071})
	must(t, err)
	same(t, fresh, []int64{3, 7, 131071})
	fresh, err = s.Draw(ctx, list, []int64{3, 4, 7, 4})
	must(t, err)
	same(t, fresh, []int64{4})
	fresh, err = s.Draw(ctx, other, []int64{3})
	must(t, err)
	same(t, fresh, []int64{3})
	drawn, err := s.Drawn(ctx, list, 3, 4)
	must(t, err)
	same(t, drawn, []int64{3, 4})
}

func testDrawConcurrently(t *testing.T, b Backend) {
	place := b.Place(t)
	stores := []issuance.Store{b.Open(t, place), b.Open(t, place)}
	list := id(t)
	var mu sync.Mutex
	owner := map[int64]int{}
	var work sync.WaitGroup
	for worker := range 8 {
		work.Go(func() {
			for n := range int64(20) {
				fresh, err := stores[worker%2].Draw(t.Context(), list, []int64{n, n + 1, n + 2})
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				for _, index := range fresh {
					owner[index]++
				}
				mu.Unlock()
			}
		})
	}
	work.Wait()
	for index, times := range owner {
		if times != 1 {
			t.Errorf("index %d was drawn %d times", index, times)
		}
	}
	same(t, len(owner), 22)
}

func record(name string, entries ...issuance.Entry) issuance.Record {
	return issuance.Record{
		Issuer: "demo", ID: name, Form: credentials.FormJWT, Digest: "d", Issued: time.Unix(1_700_000_000, 0).UTC(), Entries: entries,
	}
}

func testRecords(t *testing.T, b Backend) {
	s, ctx := open(t, b), t.Context()
	list := id(t)
	one := record("urn:1", issuance.Entry{Purpose: "revocation", List: list, Index: 1}, issuance.Entry{Purpose: "suspension", List: list, Index: 2})
	one.Credential = []byte("sealed")
	must(t, s.Complete(ctx, one, nil))
	again := record("urn:1", issuance.Entry{Purpose: "revocation", List: list, Index: 3})
	want(t, s.Complete(ctx, again, nil), issuance.ErrDuplicate)
	other := again
	other.Issuer = "another"
	must(t, s.Complete(ctx, other, nil))
	all, err := s.Records(ctx, "urn:1")
	must(t, err)
	same(t, all, []issuance.Record{other, one})
	has, err := hasRecord(ctx, s, "urn:1")
	must(t, err)
	has2, err := hasRecord(ctx, s, "urn:2")
	must(t, err)
	same(t, []bool{has, has2}, []bool{true, false})
}

func testAnonymousRecords(t *testing.T, b Backend) {
	s, ctx := open(t, b), t.Context()
	must(t, s.Complete(ctx, record(""), nil))
	must(t, s.Complete(ctx, record(""), nil))
	all, err := s.Records(ctx, "")
	must(t, err)
	same(t, len(all), 0)
}

func testRecordIndex(t *testing.T, b Backend) {
	s, ctx := open(t, b), t.Context()
	entry := issuance.Entry{Purpose: "revocation", List: id(t), Index: 9}
	must(t, s.Complete(ctx, record("urn:1", entry), nil))
	want(t, s.Complete(ctx, record("urn:2", entry), nil), issuance.ErrExists)
	if has, err := hasRecord(ctx, s, "urn:2"); err != nil || has {
		t.Fatalf("a refused record was kept (%v, %v)", has, err)
	}
}

func testErase(t *testing.T, b Backend) {
	s, ctx := open(t, b), t.Context()
	one := record("urn:1", issuance.Entry{Purpose: "revocation", List: id(t), Index: 1})
	one.Credential = []byte("sealed")
	claim := aClaim(t, "k")
	_, err := s.ClaimKey(ctx, claim, time.Unix(0, 0))
	must(t, err)
	claim.Answer = []byte("sealed too")
	must(t, s.Complete(ctx, one, &claim))
	must(t, s.Erase(ctx, "demo", "urn:1"))
	want(t, s.Erase(ctx, "demo", "urn:1"), issuance.ErrGone)
	want(t, s.Erase(ctx, "demo", "urn:2"), issuance.ErrNotFound)
	all, err := s.Records(ctx, "urn:1")
	must(t, err)
	one.Credential, one.Erased = nil, true
	same(t, all, []issuance.Record{one})
	held, err := s.ClaimKey(ctx, aClaim(t, "k"), time.Unix(0, 0))
	must(t, err)
	same(t, held, (*issuance.Claim)(nil))
	want(t, s.Complete(ctx, record("urn:1"), nil), issuance.ErrDuplicate)
}

func aClaim(t testing.TB, key string) issuance.Claim {
	token := id(t)
	return issuance.Claim{
		Key: sha256.Sum256([]byte(key)), Fingerprint: sha256.Sum256([]byte("request")), Replica: "a",
		Token: token.String(), Expires: time.Unix(100, 0).UTC(),
	}
}

func testClaim(t *testing.T, b Backend) {
	s, ctx := open(t, b), t.Context()
	now := time.Unix(50, 0)
	mine, yours := aClaim(t, "k"), aClaim(t, "k")
	held, err := s.ClaimKey(ctx, mine, now)
	must(t, err)
	same(t, held, (*issuance.Claim)(nil))
	held, err = s.ClaimKey(ctx, yours, now)
	must(t, err)
	same(t, held, &mine)
	must(t, s.ReleaseClaim(ctx, yours)) // another one's: nothing happens
	held, err = s.ClaimKey(ctx, yours, now)
	must(t, err)
	same(t, held, &mine)
	must(t, s.ReleaseClaim(ctx, mine))
	held, err = s.ClaimKey(ctx, yours, now)
	must(t, err)
	same(t, held, (*issuance.Claim)(nil))
	must(t, s.ExpireClaims(ctx, time.Unix(100, 0)))
	held, err = s.ClaimKey(ctx, mine, now)
	must(t, err)
	same(t, held, (*issuance.Claim)(nil))
}

func testClaimConcurrently(t *testing.T, b Backend) {
	place := b.Place(t)
	stores := []issuance.Store{b.Open(t, place), b.Open(t, place)}
	var mu sync.Mutex
	var won int
	var work sync.WaitGroup
	for worker := range 16 {
		claim := aClaim(t, "k")
		work.Go(func() {
			held, err := stores[worker%2].ClaimKey(t.Context(), claim, time.Unix(0, 0))
			if err != nil {
				t.Error(err)
			}
			if held == nil {
				mu.Lock()
				won++
				mu.Unlock()
			}
		})
	}
	work.Wait()
	same(t, won, 1)
}

func testClaimTakenOver(t *testing.T, b Backend) {
	s, ctx := open(t, b), t.Context()
	slow, quick := aClaim(t, "k"), aClaim(t, "k")
	_, err := s.ClaimKey(ctx, slow, time.Unix(50, 0))
	must(t, err)
	held, err := s.ClaimKey(ctx, quick, slow.Expires)
	must(t, err)
	same(t, held, (*issuance.Claim)(nil))
	slow.Answer, quick.Answer = []byte("slow"), []byte("quick")
	want(t, s.Complete(ctx, record("urn:slow"), &slow), issuance.ErrInFlight)
	must(t, s.Complete(ctx, record("urn:quick"), &quick))
	want(t, s.Complete(ctx, record("urn:again"), &quick), issuance.ErrInFlight)
	for name, kept := range map[string]bool{"urn:slow": false, "urn:quick": true, "urn:again": false} {
		has, err := hasRecord(ctx, s, name)
		must(t, err)
		same(t, has, kept)
	}
}

func testClaimCrash(t *testing.T, b Backend) {
	place, ctx := b.Place(t), t.Context()
	s := b.Open(t, place)
	answered, open, foreign := aClaim(t, "answered"), aClaim(t, "open"), aClaim(t, "foreign")
	foreign.Replica = "b"
	for _, c := range []issuance.Claim{answered, open, foreign} {
		_, err := s.ClaimKey(ctx, c, time.Unix(0, 0))
		must(t, err)
	}
	answered.Answer = []byte("answer")
	must(t, s.Complete(ctx, record("urn:1"), &answered))

	s = b.Open(t, place)
	must(t, s.ReleaseReplica(ctx, "a"))
	var free []string
	for _, key := range []string{"answered", "open", "foreign"} {
		held, err := s.ClaimKey(ctx, aClaim(t, key), time.Unix(0, 0))
		must(t, err)
		if held == nil {
			free = append(free, key)
		} else if key == "answered" && !slices.Equal(held.Answer, answered.Answer) {
			t.Fatalf("answer is %q", held.Answer)
		}
	}
	same(t, fmt.Sprint(free), "[open]")
}

// hasRecord reports whether issuer demo has a record of id.
func hasRecord(ctx context.Context, s issuance.Store, id string) (bool, error) {
	all, err := s.Records(ctx, id)
	return slices.ContainsFunc(all, func(r issuance.Record) bool { return r.Issuer == "demo" }), err
}
