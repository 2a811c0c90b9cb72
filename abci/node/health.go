package node

import (
	"sync/atomic"
	"time"

	"github.com/hanse-id/hanse/app"
)

// silence is how long a league may be without blocks before its quorum is doubted, beyond several idle intervals.
const silence = 5 * time.Second

// pulse is when the node last saw a block, by the clock that cannot be set.
type pulse struct {
	start time.Time
	last  atomic.Pointer[time.Time]
}

func (p *pulse) beat() {
	now := time.Now()
	p.last.Store(&now)
}

// age is the time since the last block of this process, or since its start.
func (p *pulse) age() time.Duration {
	if last := p.last.Load(); last != nil {
		return time.Since(*last)
	}
	return time.Since(p.start)
}

// health is the node's condition. It has a quorum if enough centers are connected for one, and blocks come.
func (n *Node) health() app.Health {
	head := n.state.App.Head()
	h := app.Health{Height: head.Height, BlockAge: n.blockAge(head)}
	if n.stopped() {
		h.Reasons = []string{"stopped"}
		return h
	}
	if !n.running.Load() {
		h.Reasons = []string{"starting"}
		return h
	}
	centers := int(n.centers.Load())
	h.Peers = n.comet.Switch().Peers().Size()
	h.CatchingUp = n.comet.ConsensusReactor().WaitSync()
	h.Quorum = (h.Peers+1)*3 > 2*centers && n.pulse.age() < silence+3*n.cfg.IdleInterval
	if h.CatchingUp {
		h.Reasons = append(h.Reasons, "catching_up")
	}
	if h.Peers == 0 && centers > 1 {
		h.Reasons = append(h.Reasons, "no_peers")
	}
	if !h.Quorum {
		h.Reasons = append(h.Reasons, "no_quorum")
	}
	if h.Height == 0 {
		h.Reasons = append(h.Reasons, "no_block")
	}
	h.Ready = len(h.Reasons) == 0
	return h
}

// blockAge is how old the state that readers see may be, in seconds. Without a block of this process only block
// time can tell.
func (n *Node) blockAge(head app.Head) int64 {
	if n.pulse.last.Load() != nil {
		return int64(n.pulse.age() / time.Second)
	}
	return max(0, time.Now().Unix()-head.Time)
}

func (n *Node) stopped() bool {
	select {
	case <-n.done:
		return true
	default:
		return false
	}
}
