package pool

import "time"

// Limits bound the pool. Zero fields mean the defaults beside them.
type Limits struct {
	// BatchDelay is how long a group of operations stays open for others to join: 20 ms.
	BatchDelay time.Duration
	// BatchOps and BatchBytes (uncompressed) close a group early: 400 operations, 256 KiB.
	BatchOps   int
	BatchBytes int
	// PendingOps and PendingBytes bound accepted operations without an outcome: 50,000 and 64 MiB.
	PendingOps   int
	PendingBytes int
	// PeerBatches and PeerBytes bound what is kept of one other center's batches: 512 and 16 MiB.
	PeerBatches int
	PeerBytes   int
	// GossipBytes bounds what was handed to gossip in the last ten seconds and is not committed: 16 MiB.
	// CometBFT keeps a goroutine and a copy per slow peer for that long.
	GossipBytes int
	// Reoffer is the age at which an uncommitted batch is sealed anew; it doubles with every try: 3 s.
	Reoffer time.Duration
	// Ended is how many outcomes that are no receipts (expired, …) are remembered: 65,536.
	Ended int
	// JournalBytes is the size at which a journal that is mostly settled is rewritten: 16 MiB.
	JournalBytes int64
}

// Lifetimes that no one needs to tune.
const (
	batchLifetime  = 120 // seconds from sealing to a batch's notAfter
	readyMargin    = 2   // seconds an operation waits beyond "not too early": block time lags the clock
	gossipMemory   = 10 * time.Second
	maxReoffer     = time.Minute
	reofferHeights = 4 // blocks that must have passed: a full block is no reason to send again
	freshHead      = 10 * time.Second
	signTimeout    = 10 * time.Second
	endedLifetime  = time.Hour // that ended outcomes survive in the journal
	reapWait       = 500 * time.Millisecond
	reapBytes      = 4 << 20
	settledBatches = 4096 // that are remembered, to twice as many
	reviveOps      = 512  // operations that are admitted again before journaling goes on
	tick           = 250 * time.Millisecond
)

func (l Limits) withDefaults() Limits {
	set := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&l.BatchOps, 400)
	set(&l.BatchBytes, 256<<10)
	set(&l.PendingOps, 50_000)
	set(&l.PendingBytes, 64<<20)
	set(&l.PeerBatches, 512)
	set(&l.PeerBytes, 16<<20)
	set(&l.GossipBytes, 16<<20)
	set(&l.Ended, 1<<16)
	if l.BatchDelay <= 0 {
		l.BatchDelay = 20 * time.Millisecond
	}
	if l.Reoffer <= 0 {
		l.Reoffer = 3 * time.Second
	}
	if l.JournalBytes <= 0 {
		l.JournalBytes = 16 << 20
	}
	return l
}
