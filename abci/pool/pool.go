package pool

import (
	"container/list"
	"context"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keystore"
)

// Machine is what the pool asks of the state machine; *app.App is one. All methods are safe for concurrent use.
type Machine interface {
	// Head is the last committed block.
	Head() app.Head
	// Admit says whether an operation may be pooled at block time now; an *exec.Error carries the reason.
	Admit(o *op.Operation, now int64) error
	// Open decompresses and decodes a batch: nil in place of what does not decode, an error if the frame is bad.
	Open(tx []byte) ([]*op.Operation, error)
	// Checks lists an operation's signature questions as far as committed state answers them.
	Checks(o *op.Operation) []op.Check
}

// Config of a pool.
type Config struct {
	Machine  Machine
	Rules    func() (Rules, error) // reads parameters and centers from committed state
	Verdicts *Verdicts             // the cache that Machine asks too
	Sponsor  keystore.Signer       // signs batches for the center whose sponsor key it is; nil: the node takes no operations
	Journal  string                // file of accepted operations
	Quorum   func() bool           // whether the node sees a quorum; nil: always
	Current  func() bool           // whether the node has caught up with the league; nil: always
	Ended    func(op.ID)           // told of outcomes that are no receipts; nil: nobody
	Work     func()                // told when there is a batch to propose; must not block; nil: nobody
	Fatal    func(error)           // told when nothing can be promised any more; the node must stop
	Now      func() time.Time      // nil: time.Now
	Logger   *slog.Logger          // nil: slog.Default()
	Metrics  prometheus.Registerer // nil: none
	Limits   Limits
}

// Pool is a center's operation pool. It is safe for concurrent use.
type Pool struct {
	cfg     Config
	limits  Limits
	log     *slog.Logger
	metrics *metrics
	journal *journal

	stop     context.Context
	stopping context.CancelFunc
	running  sync.WaitGroup
	wake     chan struct{} // a group, a retry or a tick is due
	outbox   chan struct{} // a batch may be reaped
	backlog  chan struct{} // a peer's batch waits to be verified
	admit    chan struct{} // slots of concurrent verification

	mu        sync.Mutex
	rules     Rules
	self      Sponsors // the center whose batches this node makes; zero: there is none (yet)
	head      app.Head
	expired   int64     // block time at which expire ran last
	headSeen  time.Time // when head was committed by this process; zero: by an earlier one
	strange   int       // how many blocks in a row had a time that is far from the local clock
	verifying map[[32]byte]*admission
	entries   map[op.ID]*entry
	perDID    map[did.DID]int
	bytes     int // of envelopes in entries
	open      *group
	closed    []*group
	ready     []*entry
	waiting   waitHeap
	own       *list.List // of *batch, in the order they were sealed
	batches   map[[32]byte]*batch
	carried   map[op.ID][]*batch // which peers' batches carry an operation
	peers     map[op.CenterHash]*peer
	settled   generations[[32]byte] // batches of the last blocks: gossip may bring them late
	seq       uint64                // of the last entry or own batch
	moved     int64                 // the last block that took one of our batches
	passed    uint64                // the latest of these batches
	ended     endings
	gossiped  gossip

	foreseeing atomic.Bool
	idle       sync.Once // all slots are taken
}

// New opens the journal and starts the pool. The operations in the journal are admitted again.
func New(cfg Config) (*Pool, error) {
	cfg = cfg.withDefaults()
	rules, err := cfg.Rules()
	if err != nil {
		return nil, err
	}
	j, records, err := openJournal(cfg.Journal)
	if err != nil {
		return nil, err
	}
	limits := cfg.Limits.withDefaults()
	p := &Pool{
		cfg: cfg, limits: limits, log: cfg.Logger, journal: j,
		wake: make(chan struct{}, 1), outbox: make(chan struct{}, 1), backlog: make(chan struct{}, 1),
		admit:     make(chan struct{}, runtime.GOMAXPROCS(0)),
		head:      cfg.Machine.Head(),
		verifying: map[[32]byte]*admission{}, entries: map[op.ID]*entry{}, perDID: map[did.DID]int{},
		own: list.New(), batches: map[[32]byte]*batch{}, carried: map[op.ID][]*batch{},
		peers: map[op.CenterHash]*peer{}, settled: generations[[32]byte]{limit: settledBatches}, ended: newEndings(limits.Ended),
	}
	p.adopt(rules)
	if j.cut > 0 {
		p.log.Warn("journal ended in a frame that was never finished", "bytes", j.cut)
	}
	p.stop, p.stopping = context.WithCancel(context.Background())
	p.metrics = newMetrics(cfg.Metrics, p)
	p.replay(records)
	p.running.Go(p.seal)
	p.running.Go(p.openBatches)
	return p, nil
}

// adopt takes up rules. Called with mu held, or before anyone else knows the pool.
func (p *Pool) adopt(rules Rules) {
	p.rules, p.self = rules, Sponsors{}
	if p.cfg.Sponsor != nil {
		p.self = rules.member(p.cfg.Sponsor.Public())
	}
}

func (c Config) withDefaults() Config {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Quorum == nil {
		c.Quorum = func() bool { return true }
	}
	if c.Current == nil {
		c.Current = func() bool { return true }
	}
	if c.Ended == nil {
		c.Ended = func(op.ID) {}
	}
	if c.Work == nil {
		c.Work = func() {}
	}
	if c.Fatal == nil {
		c.Fatal = func(error) {}
	}
	if c.Verdicts == nil {
		c.Verdicts = NewVerdicts(0)
	}
	return c
}

// Stop ends the pool: what is journaled stays journaled, everyone else gets ErrStopped. Nobody asks the machine after it.
func (p *Pool) Stop() error {
	p.stopping()
	p.running.Wait()
	p.idle.Do(func() {
		for range cap(p.admit) { // for ever
			p.admit <- struct{}{}
		}
	})
	p.metrics.unregister()
	return p.journal.Close()
}

// Receipt says what the pool knows of an operation: accepted, or ended without a receipt.
func (p *Pool) Receipt(id op.ID) (app.Receipt, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e := p.entries[id]; e != nil && e.journaled {
		return app.Receipt{ID: id, State: app.Accepted}, true
	}
	if end, ok := p.ended.get(id); ok {
		return app.Receipt{ID: id, State: app.Rejected, Time: end.At, Code: end.Code}, true
	}
	return app.Receipt{}, false
}

// Pending is the number of accepted operations without an outcome.
func (p *Pool) Pending() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.entries)
}

// signal wakes whoever waits on c, once.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// refusal is a typed error of admission.
func refusal(code exec.Code, format string, args ...any) *exec.Error {
	return exec.Errorf(code, format, args...)
}
