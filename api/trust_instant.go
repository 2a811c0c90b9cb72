package api

import (
	"time"

	"github.com/hanse-id/hanse/app"
)

// instantOf is the instant (unix seconds) that a question about an instant at (0: now) means. Now is the time of the last
// block or, where that is some time ago because the league has halted, the clock's: what has expired since holds no longer. A
// clock that is behind the ledger does not make anything that is known unknown.
func instantOf(head app.Head, at int64, now time.Time) int64 {
	if at == 0 {
		at = max(head.Time, now.Unix())
	}
	return at
}
