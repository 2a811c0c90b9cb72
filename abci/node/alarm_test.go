package node

import (
	"sync/atomic"
	"testing"
	"time"

	cstypes "github.com/cometbft/cometbft/consensus/types"
	cmtlog "github.com/cometbft/cometbft/libs/log"

	"github.com/hanse-id/hanse/app"
)

type info struct {
	Duration time.Duration         `json:"duration"`
	Height   int64                 `json:"height"`
	Round    int32                 `json:"round"`
	Step     cstypes.RoundStepType `json:"step"`
}

// timer never fires by itself.
type timer struct {
	due       chan info
	scheduled atomic.Int64
}

func (t *timer) Start() error            { return nil }
func (t *timer) Stop() error             { return nil }
func (t *timer) Chan() <-chan info       { return t.due }
func (t *timer) ScheduleTimeout(info)    { t.scheduled.Add(1) }
func (t *timer) SetLogger(cmtlog.Logger) {}

func newTestAlarm(t *testing.T, work *atomic.Bool) (*alarm[info], *timer, *bell) {
	t.Helper()
	inner := &timer{due: make(chan info)}
	b := newBell(time.Hour, work.Load)
	a := newAlarm(inner, b)
	if err := a.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Stop(); err != nil {
			t.Error(err)
		}
	})
	return a, inner, b
}

func idle(height int64) info {
	return info{Duration: time.Hour, Height: height, Step: cstypes.RoundStepNewRound}
}

func received(t *testing.T, a *alarm[info]) info {
	t.Helper()
	select {
	case got := <-a.Chan():
		return got
	case <-time.After(30 * time.Second):
		t.Fatal("no timeout came")
		return info{}
	}
}

func TestAlarmEndsTheWaitForWorkWhenWorkComes(t *testing.T) {
	var work atomic.Bool
	a, inner, b := newTestAlarm(t, &work)
	a.ScheduleTimeout(idle(5))
	b.ring() // for nothing
	select {
	case got := <-a.Chan():
		t.Fatal("woken without work", got)
	case <-time.After(20 * time.Millisecond):
	}
	work.Store(true)
	b.ring()
	if got := received(t, a); got != idle(5) {
		t.Fatal(got)
	}
	// Work that is there when the wait begins ends it at once.
	a.ScheduleTimeout(idle(6))
	if got := received(t, a); got != idle(6) {
		t.Fatal(got)
	}
	// Other timeouts are the timer's.
	propose := info{Duration: time.Hour, Height: 6, Step: cstypes.RoundStepPropose}
	a.ScheduleTimeout(propose)
	b.ring()
	inner.due <- propose
	if got := received(t, a); got != propose {
		t.Fatal(got)
	}
	if n := inner.scheduled.Load(); n != 3 {
		t.Errorf("%d timeouts reached the timer", n)
	}
}

func TestAlarmIsNotHeardByAStepThatFollowed(t *testing.T) {
	var work atomic.Bool
	a, inner, b := newTestAlarm(t, &work)
	a.ScheduleTimeout(idle(5))
	propose := info{Height: 5, Step: cstypes.RoundStepPropose}
	a.ScheduleTimeout(propose)
	work.Store(true)
	b.ring()
	inner.due <- propose
	if got := received(t, a); got != propose {
		t.Fatal(got)
	}
}

// A batch that no proposer takes must not make an idle league spin.
func TestBlocksBegunForNothingComeLessAndLessOften(t *testing.T) {
	b := newBell(time.Second, func() bool { return true })
	block := func(height int64, batches ...[32]byte) time.Duration {
		b.rang(height)
		b.follow(app.Summary{Head: app.Head{Height: height}, Batches: batches})
		return b.delay()
	}
	last := time.Duration(0)
	for h := int64(1); h < 20; h++ {
		next := block(h)
		if next < last || next > time.Second {
			t.Fatalf("block %d: %v after %v", h, next, last)
		}
		last = next
	}
	if last != time.Second {
		t.Fatal(last)
	}
	if d := block(20, [32]byte{1}); d != 0 {
		t.Fatal("a block with a batch does not reset the delay:", d)
	}
	block(21)
	b.waiting = func() bool { return false }
	if d := block(22); d != 0 {
		t.Fatal("the end of work does not reset the delay:", d)
	}
}
