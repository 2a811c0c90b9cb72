package node

import (
	"fmt"
	"sync"
	"time"

	"github.com/cometbft/cometbft/consensus"
	cstypes "github.com/cometbft/cometbft/consensus/types"
	cmtlog "github.com/cometbft/cometbft/libs/log"
	cmtnode "github.com/cometbft/cometbft/node"

	"github.com/hanse-id/hanse/app"
)

// wasteStep is by how much the alarm waits longer with every block that it caused for nothing (twice as long each time).
const wasteStep = 100 * time.Millisecond

// timeout is CometBFT's consensus.timeoutInfo, whose name is not exported.
type timeout interface {
	~struct {
		Duration time.Duration         `json:"duration"`
		Height   int64                 `json:"height"`
		Round    int32                 `json:"round"`
		Step     cstypes.RoundStepType `json:"step"`
	}
}

type timeoutFields = struct {
	Duration time.Duration
	Height   int64
	Round    int32
	Step     cstypes.RoundStepType
}

// ticker is consensus.TimeoutTicker, for a type of timeouts that cannot be named.
type ticker[T timeout] interface {
	Start() error
	Stop() error
	Chan() <-chan T
	ScheduleTimeout(T)
	SetLogger(cmtlog.Logger)
}

// alarm ends consensus's wait for work as soon as there is some. CometBFT waits CreateEmptyBlocksInterval before it
// proposes, because it cannot see an application's pool (its AppMempool.TxsAvailable is nil). That wait is an ordinary
// timeout; the alarm stands between consensus and its timer and lets this one timeout come early. To consensus it is
// what a mempool with transactions would have caused: a node enters the propose step. Nodes need not agree on it.
type alarm[T timeout] struct {
	inner ticker[T]
	rings chan T
	bell  *bell
	quit  chan struct{}
	once  sync.Once

	mu    sync.Mutex
	wait  *T // the wait for work that consensus is in
	since time.Time
}

// bell is what the rest of the node knows of its alarm.
type bell struct {
	waiting func() bool   // whether a batch waits that the next block may take
	idle    time.Duration // beyond which nothing is delayed
	poke    chan struct{}

	mu     sync.Mutex
	rung   int64 // the height that was begun early
	wasted int   // blocks in a row that were begun early, and took nothing of what waits
}

func newBell(idle time.Duration, waiting func() bool) *bell {
	return &bell{waiting: waiting, idle: idle, poke: make(chan struct{}, 1)}
}

// ring says that there may be work. It never blocks.
func (b *bell) ring() {
	select {
	case b.poke <- struct{}{}:
	default:
	}
}

// follow takes note of a committed block. Where early blocks do not take what waits (no proposer has it, or the state
// machine leaves it out), they come less and less early: a league must not spin.
func (b *bell) follow(s app.Summary) {
	work := b.waiting()
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case len(s.Batches) > 0 || !work:
		b.wasted = 0
	case b.rung == s.Height:
		b.wasted++
	}
}

// delay is how long consensus waits although there is work.
func (b *bell) delay() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.wasted == 0 {
		return 0
	}
	return min(wasteStep<<min(b.wasted-1, 10), b.idle)
}

func (b *bell) rang(height int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rung = height
}

// install puts an alarm into a CometBFT node that does not run yet.
func (b *bell) install(comet *cmtnode.Node) error {
	env, err := comet.ConfigureRPC() // the one exported way to a node's consensus state
	if err != nil {
		return err
	}
	state, ok := env.ConsensusState.(*consensus.State)
	if !ok {
		return fmt.Errorf("consensus state is a %T", env.ConsensusState)
	}
	state.SetTimeoutTicker(newAlarm(consensus.NewTimeoutTicker(), b))
	return nil
}

func newAlarm[T timeout](inner ticker[T], b *bell) *alarm[T] {
	return &alarm[T]{inner: inner, bell: b, rings: make(chan T, 10), quit: make(chan struct{})}
}

// Start begins to pass timeouts on.
func (a *alarm[T]) Start() error {
	if err := a.inner.Start(); err != nil {
		return err
	}
	go a.run()
	return nil
}

// Stop ends it.
func (a *alarm[T]) Stop() error {
	a.once.Do(func() { close(a.quit) })
	return a.inner.Stop()
}

// Chan is where timeouts come, in the order they are due.
func (a *alarm[T]) Chan() <-chan T { return a.rings }

// SetLogger is the timer's.
func (a *alarm[T]) SetLogger(l cmtlog.Logger) { a.inner.SetLogger(l) }

// ScheduleTimeout is called by consensus, which holds its lock: it does not block.
func (a *alarm[T]) ScheduleTimeout(t T) {
	a.mu.Lock()
	a.wait = nil
	if timeoutFields(t).Step == cstypes.RoundStepNewRound {
		a.wait, a.since = &t, time.Now()
		a.bell.ring()
	}
	a.mu.Unlock()
	a.inner.ScheduleTimeout(t)
}

func (a *alarm[T]) run() {
	late := time.NewTimer(0)
	defer late.Stop()
	for {
		select {
		case t := <-a.inner.Chan():
			a.pass(t)
		case <-a.bell.poke:
			a.check(late)
		case <-late.C:
			a.check(late)
		case <-a.quit:
			return
		}
	}
}

func (a *alarm[T]) pass(t T) {
	select {
	case a.rings <- t:
	case <-a.quit:
	}
}

// check ends the wait for work if there is work, or sets the timer that will.
func (a *alarm[T]) check(late *time.Timer) {
	if !a.bell.waiting() {
		return
	}
	a.mu.Lock()
	wait, rest := a.wait, a.bell.delay()-time.Since(a.since)
	if wait == nil || rest > 0 {
		a.mu.Unlock()
		if wait != nil {
			late.Reset(rest)
		}
		return
	}
	a.wait = nil
	a.mu.Unlock()
	a.bell.rang(timeoutFields(*wait).Height)
	a.pass(*wait)
}
