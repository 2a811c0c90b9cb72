package cache

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
)

// Fill reads a value from the ledger and says at which height it was read. An empty value means that the record is
// absent: absence is cached too, as an empty entry, never as an error. Errors are not cached.
// The context is that of the first caller without its cancellation, and ends after Options.FillTimeout.
type Fill func(ctx context.Context) (value []byte, height int64, err error)

// Options of a Cache. Zero fields mean the defaults.
type Options struct {
	L2          L2            // shared cache behind L1; nil: this process is alone
	Key         []byte        // HMAC key that the center's replicas share, at least 32 bytes; required with L2
	Namespace   string        // begins every key in L2: the league
	StartHeight int64         // height of the ledger when this replica began to see its changes
	MaxBytes    int64         // of L1, about; default 64 MiB
	TTL         time.Duration // of entries in both levels; default 10 minutes
	L2Timeout   time.Duration // of one call to L2; default 50 ms
	FillTimeout time.Duration // of one fill; default 10 s
}

const (
	minKeyBytes     = 32
	defaultMaxBytes = 64 << 20
	defaultTTL      = 10 * time.Minute
	defaultL2Call   = 50 * time.Millisecond
	defaultFill     = 10 * time.Second
	maxL2Value      = 8 << 20
	writers         = 64 // L2 writes under way at once; more are dropped
)

func (o Options) withDefaults() (Options, error) {
	if o.L2 != nil && len(o.Key) < minKeyBytes {
		return o, fmt.Errorf("cache key has %d bytes, at least %d are needed beside a shared cache", len(o.Key), minKeyBytes)
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = defaultMaxBytes
	}
	if o.TTL <= 0 {
		o.TTL = defaultTTL
	}
	if o.L2Timeout <= 0 {
		o.L2Timeout = defaultL2Call
	}
	if o.FillTimeout <= 0 {
		o.FillTimeout = defaultFill
	}
	return o, nil
}

// Cache is a read-through cache of byte values by key, each bound to a subject (exec.Event.Subjects) that invalidates
// it. A key always goes with the same subject. All methods are for concurrent use.
type Cache struct {
	options Options
	seal    sealer
	floors  *floors
	l1      *otter.Cache[string, entry]
	l2      *guard // nil without L2
	once    *guard // where one-time values live: l2, or memory
	flights flights
	slots   chan struct{}
	writes  sync.WaitGroup
	closed  atomic.Bool
	count   counters
}

// New returns an empty cache, which owns options.L2 from then on.
func New(options Options) (*Cache, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	seal, err := newSealer(options.Key, options.Namespace)
	if err != nil {
		return nil, err
	}
	l1, err := otter.New(&otter.Options[string, entry]{
		MaximumWeight:    uint64(options.MaxBytes),
		Weigher:          weigh,
		ExpiryCalculator: otter.ExpiryWriting[string, entry](options.TTL),
	})
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	c := &Cache{
		options: options,
		seal:    seal,
		floors:  newFloors(options.StartHeight),
		l1:      l1,
		slots:   make(chan struct{}, writers),
	}
	if options.L2 != nil {
		c.l2 = newGuard(options.L2, options.L2Timeout)
		c.once = c.l2
	} else {
		c.once = newGuard(NewMemory(defaultMaxBytes/4), options.L2Timeout)
	}
	return c, nil
}

// Get returns the value of key, from L1, L2 or fill, and the height at which it was read. subject names what
// invalidates it. An empty value means absent. The value is shared: it must not be modified. Errors are fill's own, or
// ctx's. Concurrent calls for one key share a fill, but none gets a value that was asked for before a change that
// Invalidate had reported when it called.
func (c *Cache) Get(ctx context.Context, key, subject string, fill Fill) (value []byte, height int64, err error) {
	floor := c.floors.of(subject)
	need := floor.Load()
	if e, ok := c.l1.GetIfPresent(key); ok && e.height >= need && e.subject == subject {
		c.count.l1Hits.Add(1)
		return e.value, e.height, nil
	}
	name := flightName{key, subject, need}
	f, leads := c.flights.join(name)
	if leads {
		// What others wait for must not end with the request that happened to come first.
		c.lead(context.WithoutCancel(ctx), name, f, fill)
	}
	select {
	case <-f.done:
		return f.entry.value, f.entry.height, f.err
	case <-ctx.Done():
		return nil, 0, context.Cause(ctx)
	}
}

// lead looks into L2 itself, which takes a bounded and short time, and leaves the fill to a goroutine, so that the
// caller can go when it has had enough.
func (c *Cache) lead(ctx context.Context, name flightName, f *flight, fill Fill) {
	floor := c.floors.of(name.subject)
	if e, ok := c.fromL2(ctx, name.key, name.subject, floor); ok {
		c.l1.Set(name.key, e)
		c.count.l2Hits.Add(1)
		c.flights.land(name, f, e, nil)
		return
	}
	c.count.misses.Add(1)
	go func() {
		ctx, cancel := context.WithTimeout(ctx, c.options.FillTimeout)
		defer cancel()
		e, err := c.load(ctx, name.key, name.subject, floor, fill)
		c.flights.land(name, f, e, err)
	}()
}

// load reads from the ledger, and keeps what it read unless a change overtook it.
func (c *Cache) load(ctx context.Context, key, subject string, floor *atomic.Int64, fill Fill) (e entry, err error) {
	defer func() {
		// On a goroutine of its own a panic would end the process instead of one request.
		if v := recover(); v != nil {
			e, err = entry{}, fmt.Errorf("reading %.80q: %w: %v", key, errFillPanicked, v)
		}
	}()
	value, height, err := fill(ctx)
	if err != nil {
		return entry{}, err
	}
	e = entry{subject: subject, value: value, height: height}
	if height < floor.Load() { // lost a race with a change: good for who asked before it, not to be kept
		c.count.discarded.Add(1)
		return e, nil
	}
	c.l1.Set(key, e)
	c.toL2(ctx, key, e)
	return e, nil
}

var errFillPanicked = errors.New("panic")

func (c *Cache) fromL2(ctx context.Context, key, subject string, floor *atomic.Int64) (entry, bool) {
	if c.l2 == nil {
		return entry{}, false
	}
	data, err := c.l2.get(ctx, c.seal.name(key))
	switch {
	case errors.Is(err, ErrUnavailable):
		c.count.skipped.Add(1)
		return entry{}, false
	case err != nil:
		c.count.errors.Add(1)
		return entry{}, false
	case data == nil:
		return entry{}, false
	}
	e, ok := c.seal.open(key, subject, data)
	if !ok {
		c.count.rejected.Add(1)
		return entry{}, false
	}
	if e.height < floor.Load() {
		c.count.stale.Add(1)
		return entry{}, false
	}
	return e, true
}

// toL2 writes behind the caller's back: a slow L2 must not hold up an answer that is there.
func (c *Cache) toL2(ctx context.Context, key string, e entry) {
	if c.l2 == nil || len(e.value) > maxL2Value || c.closed.Load() {
		return
	}
	select {
	case c.slots <- struct{}{}:
	default:
		c.count.skipped.Add(1)
		return
	}
	ctx = context.WithoutCancel(ctx)
	c.writes.Go(func() {
		defer func() { <-c.slots }()
		err := c.l2.set(ctx, c.seal.name(key), c.seal.seal(key, e), c.options.TTL)
		if errors.Is(err, ErrUnavailable) {
			c.count.skipped.Add(1)
		} else if err != nil {
			c.count.errors.Add(1)
		}
	})
}

// Invalidate drops everything bound to the subjects that block height changed, before it returns. A fill that began
// before it is not kept. Call it for every committed block that changed something.
func (c *Cache) Invalidate(height int64, subjects []string) {
	for _, s := range subjects {
		raise(c.floors.of(s), height)
	}
}

// Reset drops everything that was read below height: what to do when blocks may have passed unseen.
func (c *Cache) Reset(height int64) { c.floors.raiseAll(height) }

// Close waits for writes under way and closes L2. Get works after it, without L2.
func (c *Cache) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	c.writes.Wait()
	c.l1.StopAllGoroutines()
	return c.once.close()
}
