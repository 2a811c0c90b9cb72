package trust_test

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/exec/exectest"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/state"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/did"
)

// levels are the accreditations of the registry under measurement: 100,000 in all, five on a path.
var levels = [...]int{10, 100, 1000, 10_000, 88_890}

// registry is a committed state and, beside it, the same in maps.
type registry struct {
	store   *state.Snapshot
	sorted  *exectest.Store
	issuers []did.DID
	byID    map[op.ID]*trust.Accreditation
	byRight map[string]*trust.Accreditation
	left    map[did.DID]int64
}

var build = sync.OnceValue(func() *registry {
	db, err := pebble.Open("state", &pebble.Options{FS: vfs.NewMem(), Logger: state.Logger{}})
	if err != nil {
		panic(err)
	}
	store, err := state.Open(db, state.Options{LeafCacheBytes: -1})
	if err != nil {
		panic(err)
	}
	block := store.Begin()
	r := &registry{
		sorted: exectest.NewStore(), byID: map[op.ID]*trust.Accreditation{}, byRight: map[string]*trust.Accreditation{}, left: map[did.DID]int64{},
	}
	r.fill(found(fatal{}, block, 4, "prefix:Example"))
	if err := store.Commit(block, 1, nil); err != nil {
		panic(err)
	}
	if r.store, err = store.Snapshot(0); err != nil {
		panic(err)
	}
	for key, value := range r.store.Range([]byte{1}, nil) {
		r.sorted.Set(key, value)
	}
	return r
})

// fatal ends a run that cannot make its state.
type fatal struct{}

func (fatal) Helper()           {}
func (fatal) Fatal(args ...any) { panic(fmt.Sprint(args...)) }

func (r *registry) fill(w *world) {
	above := []*trust.Accreditation{{Subject: w.dids["c1"]}, {Subject: w.dids["c2"]}}
	n := 0
	for level, size := range levels {
		var next []*trust.Accreditation
		for i := range size {
			parent := above[i%len(above)]
			n++
			a := &trust.Accreditation{
				ID: sha256.Sum256(fmt.Append(nil, n)), Authority: string(parent.Subject), Subject: w.create(fmt.Sprint("d", n)),
				Action: trust.Accredit, Resource: "prefix:Example", Limits: trust.Limits{Depth: int64(4 - level)},
				ValidFrom: worldStart, ValidUntil: worldStart + 1<<30, Granted: worldStart, Height: 1, Level: int64(level) + 1,
			}
			if level > 0 {
				a.Parent = &parent.ID
			}
			if level == len(levels)-1 {
				a.Action, a.Resource, a.Limits.Depth = trust.Issue, degree, 0
				r.issuers = append(r.issuers, a.Subject)
			}
			w.must(trust.Add(w.store, a))
			r.byID[a.ID], r.byRight[right(a.Subject, a.Action, a.Resource)] = a, a
			next = append(next, a)
		}
		above = next
	}
}

func right(d did.DID, action trust.Action, res governance.Resource) string {
	return string(d) + "\x00" + string(action) + "\x00" + string(res)
}

// walk is the control: the same question over maps in memory, without anything decoded or proven.
func (r *registry) walk(issuer did.DID, at int64) int {
	a, hops := r.byRight[right(issuer, trust.Issue, degree)], 0
	for a != nil && a.StateAt(at) == trust.Active && a.Resource.Covers(degree) {
		if _, gone := r.left[did.DID(a.Authority)]; gone {
			return 0
		}
		hops++
		if a.Parent == nil {
			return hops
		}
		a = r.byID[*a.Parent]
	}
	return 0
}

// BenchmarkPath asks a registry of 100,000 accreditations for paths of five, over the real store (a committed version, in
// memory), over a sorted slice, and over plain maps. "×map" is how many times the maps' time in the same run.
func BenchmarkPath(b *testing.B) {
	for name, reader := range map[string]func(*registry) exec.Reader{
		"store":  func(r *registry) exec.Reader { return r.store },
		"sorted": func(r *registry) exec.Reader { return r.sorted },
	} {
		b.Run(name, func(b *testing.B) {
			r := build()
			random := rand.New(rand.NewPCG(1, 2))
			b.ReportAllocs()
			b.ResetTimer()
			for b.Loop() {
				q := trust.Question{Subject: r.issuers[random.IntN(len(r.issuers))], Action: trust.Issue, Resource: degree}
				p, err := trust.Find(reader(r), worldStart+10, q)
				if err != nil || !p.Held || len(p.Hops) != len(levels)+1 {
					b.Fatal(p, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(r.control(b)), "×map")
		})
	}
	b.Run("control: maps", func(b *testing.B) {
		r := build()
		random := rand.New(rand.NewPCG(1, 2))
		b.ResetTimer()
		for b.Loop() {
			if r.walk(r.issuers[random.IntN(len(r.issuers))], worldStart+10) != len(levels) {
				b.Fatal("no path")
			}
		}
	})
}

// control is the time of one walk over the maps.
func (r *registry) control(b *testing.B) time.Duration {
	const n = 100_000
	random := rand.New(rand.NewPCG(1, 2))
	start := time.Now()
	for range n {
		if r.walk(r.issuers[random.IntN(len(r.issuers))], worldStart+10) != len(levels) {
			b.Fatal("no path")
		}
	}
	return max(time.Since(start)/n, 1)
}

// BenchmarkGrant is the work of one accreditation at the greatest depth that the default parameter allows, signatures left out: of
// such a block may hold thousands. "fat": every authority's document is as large as it may be, and every accreditation above was
// changed as often, with as long notes, as it may be.
func BenchmarkGrant(b *testing.B) {
	for _, fat := range []bool{false, true} {
		b.Run(fmt.Sprintf("fat=%t", fat), func(b *testing.B) {
			w := newLargeWorld(b, 1, "prefix:")
			parent, by := w.deepest(fat)
			subject := w.named(100)
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				n++
				w.give(by, subject, trust.Issue, fmt.Sprint("type:A", n), parent, nil)
			}
		})
	}
}

// deepest makes a chain that leaves room for one accreditation more, by the returned DID under the returned parent.
func (w *world) deepest(fat bool) (parent *op.ID, by string) {
	by = "c1"
	for n := range int(w.params.MaxTrustDepth) - 1 {
		name := fmt.Sprint("d", n)
		if fat {
			w.createFat(name)
		}
		given := w.give(by, w.named(n), trust.Accredit, "prefix:", parent, depth(int64(14-n)))
		for i := 0; fat && i < 14; i++ {
			kind := [...]string{"trust.suspend", "trust.reinstate"}[i%2]
			if _, err := w.try(kind, by, body{"accreditation": given.String(), "note": strings.Repeat("\"", 1<<8)}); err != nil {
				w.must(err)
			}
		}
		parent, by = given, name
	}
	return parent, by
}

// createFat makes a DID whose document is about as large as the default parameters allow.
func (w *world) createFat(name string) {
	document := apptest.Document(name)
	var services []any
	for i := range w.params.MaxServices {
		services = append(services, body{
			"id": fmt.Sprint("#s", i), "type": "Long", "serviceEndpoint": "https://a.example/" + strings.Repeat("x", 1400),
		})
	}
	document["service"] = services
	create := body{"document": document, "salt": apptest.Salt(name)}
	c, err := identity.ValidateGenesis(apptest.Name, create, w.params)
	w.must(err)
	w.must(c.ApplyGenesis(w.store, create))
	w.know(name, c.DID())
}
