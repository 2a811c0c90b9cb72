package node

import (
	"time"

	cmtconfig "github.com/cometbft/cometbft/config"

	"github.com/hanse-id/hanse/app"
)

// After a block with operations others are likely to follow: for a while an empty league waits only briefly for
// the next block, so that whoever works with it does not wait an idle interval for every step.
const (
	busyFor      = 5 * time.Second
	busyInterval = 100 * time.Millisecond
)

// pace adapts the time that consensus waits before an empty block. CometBFT reads the setting when it enters a round,
// in the goroutine that commits blocks, which is where follow is called: so changing it there is no race. It is
// local; nodes need not agree on it.
type pace struct {
	idle      time.Duration
	consensus *cmtconfig.ConsensusConfig
	busy      time.Time // of the last block with operations
}

// follow takes note of a committed block.
func (p *pace) follow(s app.Summary) {
	if p.consensus == nil {
		return
	}
	now := time.Now()
	if len(s.Ops) > 0 {
		p.busy = now
	}
	interval := p.idle
	if now.Sub(p.busy) < busyFor {
		interval = min(busyInterval, p.idle)
	}
	p.consensus.CreateEmptyBlocksInterval = interval
}
