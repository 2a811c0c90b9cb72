package cache_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hanse-id/hanse/api/cache"
	"github.com/hanse-id/hanse/api/cache/redistest"
)

// world is a small ledger with replicas that cache it, and an oracle that knows what every answer may be. Record i was
// last changed at some height, and its value says so: "<i>@<height>".
type world struct {
	mu      sync.Mutex
	height  int64
	changes [records][]int64 // heights at which each record changed, ascending

	replicas []*cache.Cache
	reported [records]atomic.Int64 // last change that every replica has been told of

	answers, wrong atomic.Int64
	slowest        atomic.Int64 // nanoseconds
}

const records = 40

func newWorld(t *testing.T, replicas int, l2 func() cache.L2) *world {
	w := &world{height: 1}
	for i := range w.changes {
		w.changes[i] = []int64{1}
	}
	for range replicas {
		w.start(t, l2())
	}
	return w
}

// start adds a replica as it would come up now; it is told of every block from then on.
func (w *world) start(t *testing.T, l2 cache.L2) *cache.Cache {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := open(t, cache.Options{L2: l2, Namespace: "world", StartHeight: w.height, MaxBytes: 1 << 20})
	w.replicas = append(w.replicas, c)
	return c
}

func (w *world) all() []*cache.Cache {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.replicas)
}

// commit is one block: it changes some records, and tells every replica.
func (w *world) commit() {
	w.mu.Lock()
	w.height++
	height := w.height
	var changed []int
	var subjects []string
	for range 3 {
		i := rand.IntN(records / 2) // the other half never changes
		if last := w.changes[i]; last[len(last)-1] != height {
			w.changes[i] = append(last, height)
			changed, subjects = append(changed, i), append(subjects, subject(i))
		}
	}
	replicas := slices.Clone(w.replicas)
	w.mu.Unlock()
	for _, r := range replicas {
		r.Invalidate(height, subjects)
	}
	for _, i := range changed {
		w.reported[i].Store(height)
	}
}

func subject(i int) string { return fmt.Sprint("did/", i) }

// lastChange is the height of the last change of record i at a height.
func (w *world) lastChange(i int, height int64) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	last := int64(0)
	for _, h := range w.changes[i] {
		if h <= height {
			last = h
		}
	}
	return last
}

// read is what a Fill does, and takes a moment so that it can lose races.
func (w *world) read(i int) cache.Fill {
	return func(context.Context) ([]byte, int64, error) {
		w.mu.Lock()
		height := w.height
		last := w.changes[i][len(w.changes[i])-1]
		w.mu.Unlock()
		if rand.IntN(4) == 0 {
			time.Sleep(time.Duration(rand.IntN(500)) * time.Microsecond)
		}
		return fmt.Appendf(nil, "%d@%d", i, last), height, nil
	}
}

// ask reads a record through a replica and judges the answer: it must be what the record was at the height that comes
// with it, and that height must not be below a change the replica had been told of.
func (w *world) ask(t *testing.T, c *cache.Cache, i int) {
	need := w.reported[i].Load()
	start := time.Now()
	value, height, err := c.Get(t.Context(), fmt.Sprint("doc/", i), subject(i), w.read(i))
	spent := time.Since(start)
	for slowest := w.slowest.Load(); int64(spent) > slowest; slowest = w.slowest.Load() {
		w.slowest.CompareAndSwap(slowest, int64(spent))
	}
	w.answers.Add(1)
	want := fmt.Sprintf("%d@%d", i, w.lastChange(i, height))
	if err != nil || string(value) != want || height < need {
		if w.wrong.Add(1) < 5 {
			t.Errorf("record %d: %q at %d, want %q at %d or later (%v)", i, value, height, want, need, err)
		}
	}
}

// underLoad runs readers and a chain of blocks while fault does its work.
func (w *world) underLoad(t *testing.T, fault func()) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var load sync.WaitGroup
	replicas := w.all()
	for n := range 8 {
		load.Go(func() {
			for ctx.Err() == nil {
				w.ask(t, replicas[n%len(replicas)], rand.IntN(records))
			}
		})
	}
	load.Go(func() {
		for ctx.Err() == nil {
			w.commit()
			time.Sleep(2 * time.Millisecond)
		}
	})
	defer func() {
		stop()
		load.Wait()
		if w.wrong.Load() > 0 || w.answers.Load() < 1000 {
			t.Errorf("%d wrong answers of %d", w.wrong.Load(), w.answers.Load())
		}
		t.Logf("%d answers, slowest %v", w.answers.Load(), time.Duration(w.slowest.Load()))
	}()
	w.more(t, 500)
	fault()
	w.more(t, 500)
}

// more waits for some more answers.
func (w *world) more(t *testing.T, n int64) {
	t.Helper()
	until := w.answers.Load() + n
	eventually(t, "answers go on", func() bool { return w.answers.Load() >= until })
}

// total adds a counter up over all replicas.
func (w *world) total(count func(cache.Stats) uint64) uint64 {
	sum := uint64(0)
	for _, r := range w.all() {
		sum += count(r.Stats())
	}
	return sum
}

func (w *world) waitFor(t *testing.T, what string, count func(cache.Stats) uint64) {
	t.Helper()
	before := w.total(count)
	eventually(t, what, func() bool { return w.total(count) > before })
}

// waitAvailable waits until each replica has seen Redis come or go.
func (w *world) waitAvailable(t *testing.T, want bool) {
	t.Helper()
	for _, r := range w.all() {
		eventually(t, fmt.Sprintf("available is %t", want), func() bool { return r.Stats().Available == want })
	}
}

func l2Hits(s cache.Stats) uint64   { return s.L2Hits }
func rejected(s cache.Stats) uint64 { return s.Rejected }
func stale(s cache.Stats) uint64    { return s.Stale }

// slowEnough is far above what a hung Redis may cost a request, and far below what a missing timeout would.
const slowEnough = 3 * time.Second

func (w *world) wantQuick(t *testing.T) {
	t.Helper()
	if slowest := time.Duration(w.slowest.Load()); slowest > slowEnough {
		t.Errorf("an answer took %v", slowest)
	}
}

func TestAnswersStayRightWithRedisWorking(t *testing.T) {
	server := redistest.Start(t)
	w := newWorld(t, 2, func() cache.L2 { return openRedis(t, server) })
	w.underLoad(t, func() { w.waitFor(t, "replicas use what others read", l2Hits) })
}

func TestAnswersStayRightWithRedisAbsentAtStart(t *testing.T) {
	server := redistest.Reserve(t)
	w := newWorld(t, 2, func() cache.L2 { return openRedis(t, server) })
	w.underLoad(t, func() {
		w.waitAvailable(t, false)
		server.Restart()
		w.waitAvailable(t, true)
		w.waitFor(t, "Redis is used once it is there", l2Hits)
	})
	w.wantQuick(t)
}

func TestAnswersStayRightWithRedisKilled(t *testing.T) {
	server := redistest.Start(t)
	w := newWorld(t, 2, func() cache.L2 { return openRedis(t, server) })
	w.underLoad(t, func() {
		server.Kill()
		w.waitAvailable(t, false)
		w.more(t, 500)
		server.Restart()
		w.waitAvailable(t, true)
		w.waitFor(t, "Redis is used again", l2Hits)
	})
	w.wantQuick(t)
}

func TestAnswersStayRightWithRedisHung(t *testing.T) {
	server := redistest.Start(t)
	w := newWorld(t, 2, func() cache.L2 { return openRedis(t, server) })
	w.underLoad(t, func() {
		server.Stop()
		w.waitAvailable(t, false)
		w.more(t, 500)
		server.Continue()
		w.waitAvailable(t, true)
		w.waitFor(t, "Redis is used again", l2Hits)
	})
	w.wantQuick(t)
}

func TestAnswersStayRightWithRedisFlushed(t *testing.T) {
	server := redistest.Start(t)
	w := newWorld(t, 2, func() cache.L2 { return openRedis(t, server) })
	w.underLoad(t, func() {
		for range 20 {
			server.Flush()
			w.more(t, 50)
		}
		w.waitFor(t, "Redis is used again", l2Hits)
	})
}

func TestAnswersStayRightWithRedisPoisonedWithGarbage(t *testing.T) {
	server := redistest.Start(t)
	w := newWorld(t, 2, func() cache.L2 { return openRedis(t, server) })
	w.underLoad(t, func() {
		before := w.total(rejected)
		eventually(t, "garbage is met", func() bool {
			poison(t, server, func(_, value string) string {
				switch rand.IntN(4) {
				case 0:
					return "garbage"
				case 1:
					return value[:rand.IntN(len(value))]
				case 2:
					return value + "x"
				}
				bytes := []byte(value)
				bytes[rand.IntN(len(bytes))] ^= 1 << rand.IntN(8)
				return string(bytes)
			})
			return w.total(rejected) > before+100
		})
	})
}

func TestAnswersStayRightWithRedisPoisonedWithOldGenuineEntries(t *testing.T) {
	server := redistest.Start(t)
	w := newWorld(t, 2, func() cache.L2 { return openRedis(t, server) })
	old := map[string]string{}
	w.underLoad(t, func() {
		poison(t, server, func(key, value string) string {
			old[key] = value
			return value
		})
		before := w.total(stale)
		eventually(t, "old entries are met", func() bool {
			poison(t, server, func(key, value string) string {
				if genuine, ok := old[key]; ok {
					return genuine
				}
				return value
			})
			return w.total(stale) > before+100
		})
		// A replica that starts now has seen no change at all, and must not believe them either.
		late := w.start(t, openRedis(t, server))
		for i := range records {
			w.ask(t, late, i)
		}
	})
}

func TestAnswersStayRightWithEntriesSwapped(t *testing.T) {
	server := redistest.Start(t)
	w := newWorld(t, 2, func() cache.L2 { return openRedis(t, server) })
	w.underLoad(t, func() {
		before := w.total(rejected)
		eventually(t, "swapped entries are met", func() bool {
			previous := ""
			poison(t, server, func(_, value string) string {
				swapped := previous
				if previous = value; swapped == "" {
					return value
				}
				return swapped
			})
			return w.total(rejected) > before+100
		})
	})
}

// poison replaces every value in Redis with what change makes of it.
func poison(t *testing.T, server *redistest.Server, change func(key, value string) string) {
	t.Helper()
	keys, err := server.Keys()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		value, err := server.Do("GET", key)
		if err != nil {
			t.Fatal(err)
		}
		if len(value) > 0 {
			server.MustDo("SET", key, change(key, value))
		}
	}
}
