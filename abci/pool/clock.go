package pool

import (
	"time"

	"github.com/hanse-id/hanse/app"
)

// Block time and the local clock are far apart beyond this. One or two such blocks come after a halt (the first
// block carries a time from before it, `ledger.md` 2) and at genesis; more of them mean that the local clock is wrong.
const (
	farApart   = time.Minute
	persistent = 3
)

// tell takes note of a committed block. Called with mu held.
func (p *Pool) tell(head app.Head) {
	local := p.cfg.Now()
	p.head, p.headSeen = head, local
	if local.Sub(time.Unix(head.Time, 0)).Abs() > farApart {
		p.strange++
	} else {
		p.strange = 0
	}
}

// now is the pool's idea of block time, in unix seconds. While blocks come it runs on from the last block's time, so
// a wrong local clock does no harm; without blocks (a halt, a start) it is the local clock, never before the last
// block. Called with mu held.
func (p *Pool) now() int64 {
	local := p.cfg.Now()
	since := local.Sub(p.headSeen)
	halted := p.headSeen.IsZero() || since >= freshHead || p.strange > 0 && p.strange < persistent
	if halted {
		return max(p.head.Time, local.Unix())
	}
	return p.head.Time + int64(since/time.Second)
}
