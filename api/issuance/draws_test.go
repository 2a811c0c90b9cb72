package issuance_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

// place on a list.
type spot struct {
	list  op.ID
	index int64
}

// witness remembers every index that ever came out on a credential.
type witness struct {
	mu   sync.Mutex
	seen map[spot]bool
}

// note reports whether an index was seen before.
func (w *witness) note(issued *issuance.Issued) (again bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seen == nil {
		w.seen = map[spot]bool{}
	}
	for _, e := range issued.Entries {
		again = again || w.seen[spot{e.List, e.Index}]
		w.seen[spot{e.List, e.Index}] = true
	}
	return again
}

func TestManyAtATimeNeverShareAnIndex(t *testing.T) {
	c := newCenter(t)
	services := []*issuance.Service{c.start(t), c.start(t)} // two processes over one store
	var w witness
	var work sync.WaitGroup
	for n := range 8 {
		work.Go(func() {
			for range 50 {
				issued, err := services[n%2].Issue(t.Context(), "demo", degree(c.did("demo"), ""), issuance.IssueOptions{})
				if err != nil {
					t.Error(err)
					return
				}
				if w.note(issued) {
					t.Error("an index was used twice")
				}
			}
		})
	}
	work.Wait()
	same(t, len(w.seen), 2*8*50)
}

func TestIndicesAreSpreadOverTheLease(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	var quarters [4]int
	ascending := 0
	last := int64(-1)
	for range 400 {
		index := entryFor(t, c.issue(t, s, "demo", ""), "revocation").Index
		quarters[index*4/issuance.MinLease]++
		if index > last {
			ascending++
		}
		last = index
	}
	for n, count := range quarters { // 100 expected; 50 is six sigma away
		if count < 50 {
			t.Errorf("quarter %d of the lease was drawn from %d times in 400", n, count)
		}
	}
	if ascending > 270 || ascending < 130 { // 200 expected
		t.Errorf("%d of 400 indices follow a smaller one", ascending)
	}
}

func TestALeaseIsToppedUpBeforeItRunsOutAndAFullListIsFollowed(t *testing.T) {
	c := newCenter(t)
	c.issuers = c.issuers[:1]
	c.issuers[0].Purposes = []string{issuance.Revocation}
	c.options.Lease = issuance.MinListSize // the whole list: the next lease needs the next list
	store := sqlite{}.Open(t, c.place)
	s := c.startOver(t, store)
	must(t, s.Prepare(t.Context()))
	lists, err := store.Lists(t.Context(), "demo")
	must(t, err)
	same(t, len(lists), 1)
	fillUp(t, store, lists[0].ID, issuance.MinListSize-40)
	s = c.startOver(t, store) // it finds 40 indices left
	var w witness
	used := map[op.ID]int{}
	for range 120 {
		issued := c.issue(t, s, "demo", "")
		if w.note(issued) {
			t.Fatal("an index was used twice")
		}
		used[issued.Entries[0].List]++
	}
	lists, err = store.Lists(t.Context(), "demo")
	must(t, err)
	same(t, len(lists), 2)
	if used[lists[0].ID] == 0 || used[lists[0].ID]+used[lists[1].ID] != 120 {
		t.Fatalf("lists were used %v", used)
	}
}

// fillUp draws the first n indices of a list.
func fillUp(t testing.TB, store issuance.Store, list op.ID, n int64) {
	t.Helper()
	for start := int64(0); start < n; start += 10_000 {
		var some []int64
		for index := start; index < min(n, start+10_000); index++ {
			some = append(some, index)
		}
		_, err := store.Draw(t.Context(), list, some)
		must(t, err)
	}
}

// unreliable is a signer that fails when told: the index of that issuance was drawn and never signed.
type unreliable struct {
	keystore.Signer
	broken *atomic.Bool
}

func (u unreliable) Sign(ctx context.Context, message []byte) ([]byte, error) {
	if u.broken.Load() {
		return nil, errors.New("hardware module does not answer")
	}
	return u.Signer.Sign(ctx, message)
}

// TestNoIndexIsUsedTwiceWhateverHappens issues through crashes between draw and signature, killed processes, lost stores
// and restored backups.
func TestNoIndexIsUsedTwiceWhateverHappens(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := newCenter(t)
		c.issuers = c.issuers[:1]
		c.issuers[0].Purposes = []string{issuance.Revocation}
		var broken atomic.Bool
		c.keys.more["university"] = unreliable{c.keys.more["university"], &broken}
		var w witness
		var backup string
		begin := rapid.SampledFrom([]func(testing.TB) *issuance.Service{c.start, c.start, c.scarce}).Draw(r, "begin")
		s := begin(t)
		for range rapid.IntRange(2, 8).Draw(r, "steps") {
			switch rapid.SampledFrom([]string{"issue", "issue", "fail", "kill", "lose", "backup", "restore", "revoke and restore"}).Draw(r, "step") {
			case "issue":
				for range rapid.IntRange(1, 20).Draw(r, "times") {
					if w.note(c.issue(t, s, "demo", "")) {
						r.Fatal("an index was used twice")
					}
				}
			case "fail":
				must(t, s.Prepare(t.Context()))
				broken.Store(true)
				_, err := s.Issue(t.Context(), "demo", degree(c.did("demo"), ""), issuance.IssueOptions{})
				broken.Store(false)
				if !errors.Is(err, issuance.ErrUnavailable) {
					r.Fatalf("error is %v", err)
				}
			case "kill":
				s = c.start(t) // the old process never closes
			case "lose":
				c.place, backup = sqlite{}.Place(t), ""
				s = begin(t)
			case "backup":
				backup = snapshot(t, c.place)
			case "restore":
				if backup == "" {
					continue
				}
				c.place, backup = snapshot(t, backup), ""
				c.options.Restored = true
				s = c.start(t)
				c.options.Restored = false
			case "revoke and restore": // nobody says so: the ledger shows it
				if backup == "" {
					continue
				}
				issued := c.issue(t, s, "demo", "urn:uuid:"+rapid.StringMatching(`[a-z]{20}`).Draw(r, "id"))
				if w.note(issued) {
					r.Fatal("an index was used twice")
				}
				e := issued.Entries[0]
				if _, err := s.SetStatus(t.Context(), issuance.Change{List: listURL(e), Index: e.Index, Value: 1}); err != nil {
					r.Fatal(err)
				}
				c.place, backup = snapshot(t, backup), ""
				s = c.start(t)
			}
		}
	})
}

// scarce starts over a new store with all but 64 indices of the first lease drawn: a mistake shows at once.
func (c *center) scarce(t testing.TB) *issuance.Service {
	t.Helper()
	store := sqlite{}.Open(t, c.place)
	must(t, c.startOver(t, store).Prepare(t.Context()))
	lists, err := store.Lists(t.Context(), "demo")
	must(t, err)
	leases, err := store.Leases(t.Context(), lists[len(lists)-1].ID)
	must(t, err)
	var some []int64
	for index := leases[0].Start; index < leases[0].Start+leases[0].Count-64; index++ {
		some = append(some, index)
	}
	_, err = store.Draw(t.Context(), lists[len(lists)-1].ID, some)
	must(t, err)
	return c.startOver(t, store)
}

// snapshot copies a store's files as a backup would, and returns the place of the copy.
func snapshot(t testing.TB, place string) string {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "api.db")
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(place + suffix)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		must(t, err)
		must(t, os.WriteFile(copied+suffix, data, 0o600))
	}
	return copied
}

func TestAStoreThatIsBehindTheLedgerDrawsNoMoreFromItsLeases(t *testing.T) {
	for name, happen := range map[string]func(*center, *issuance.Service){
		"a status that nobody drew": func(c *center, s *issuance.Service) {
			e := entryFor(t, c.issue(t, s, "demo", ""), "revocation")
			for drawAhead := 0; drawAhead < 40; drawAhead++ { // beyond what was drawn when the backup was made
				e = entryFor(t, c.issue(t, s, "demo", ""), "revocation")
			}
			_, err := s.SetStatus(t.Context(), issuance.Change{List: listURL(e), Index: e.Index, Value: 1})
			must(t, err)
		},
		"a lease that it does not know": func(c *center, _ *issuance.Service) {
			store := sqlite{}.Open(t, c.place)
			lists, err := store.Lists(t.Context(), "demo")
			must(t, err)
			fillUp(t, store, lists[0].ID, issuance.MinLease)
			s := c.startOver(t, store)
			for range 40 {
				c.issue(t, s, "demo", "")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCenter(t)
			c.issuers = c.issuers[:1]
			c.issuers[0].Purposes = []string{issuance.Revocation}
			s := c.start(t)
			c.issue(t, s, "demo", "")
			backup := snapshot(t, c.place)
			happen(c, s)
			c.place = backup
			if e := c.issue(t, c.start(t), "demo", "").Entries[0]; e.Index < issuance.MinLease {
				t.Fatalf("index %d comes from a lease that another store drew from", e.Index)
			}
		})
	}
}

func TestALostStoreLeavesItsLeasesAlone(t *testing.T) {
	c := newCenter(t)
	first := c.start(t)
	var w witness
	for range 50 {
		w.note(c.issue(t, first, "demo", ""))
	}
	c.place = sqlite{}.Place(t)
	second := c.start(t)
	for range 50 {
		if w.note(c.issue(t, second, "demo", "")) {
			t.Fatal("an index was used twice")
		}
	}
}

func TestTheOperatorKeyIsMadeOnceAndMustBeEd25519(t *testing.T) {
	c := newCenter(t)
	c.start(t)
	names, err := c.keys.Names(t.Context())
	must(t, err)
	same(t, names, []string{"operator"})
	c.options.Operator = "p256"
	_, err = c.keys.Generate(t.Context(), "p256", keys.ES256)
	must(t, err)
	options := c.options
	options.Store = sqlite{}.Open(t, c.place)
	if _, err := issuance.New(t.Context(), options); err == nil {
		t.Fatal("a P-256 operator key was accepted")
	}
}
