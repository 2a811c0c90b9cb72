package statuslist

import (
	"cmp"
	"fmt"
	"sync"
	"time"
)

// Version says how new a copy of a list is. Height is the ledger height its bits were read at; where there is none (0), the
// list's validFrom takes its place.
type Version struct {
	Height    int64
	ValidFrom time.Time
	Digest    [32]byte // SHA-256 of the bits
}

// Watermark remembers the newest version seen of every list, so that an older one that is served again, or another one of
// the same height, is noticed. It holds at most a bounded number of lists and forgets those first seen longest ago. Safe for
// concurrent use. The zero value is ready.
type Watermark struct {
	mu    sync.Mutex
	seen  map[string]Version
	order []string // URLs in the order they were first seen
	Max   int      // lists remembered, default 65,536; not to be changed after the first Observe
}

// Observe takes note of a version. ErrVerification if a newer one was seen before, or one as new with other bits.
// Versions without height and validFrom cannot be told apart by age and are taken as they come.
func (w *Watermark) Observe(url string, v Version) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	last, known := w.seen[url]
	if !known {
		w.add(url, v)
		return nil
	}
	switch order, comparable := compare(v, last); {
	case !comparable:
	case order < 0:
		return fmt.Errorf("%w: older than the copy seen before (height %d, now %d)", ErrVerification, last.Height, v.Height)
	case order == 0 && v.Digest != last.Digest:
		return fmt.Errorf("%w: two contents for one version (height %d)", ErrVerification, v.Height)
	}
	w.seen[url] = v
	return nil
}

func (w *Watermark) add(url string, v Version) {
	if w.seen == nil {
		w.seen = make(map[string]Version)
	}
	limit := w.Max
	if limit <= 0 {
		limit = 65_536
	}
	if len(w.order) >= limit {
		delete(w.seen, w.order[0])
		w.order = w.order[1:]
	}
	w.seen[url] = v
	w.order = append(w.order, url)
}

// compare orders versions by height, or by time where either has none. Versions that have neither say nothing of their order:
// validFrom is optional.
func compare(a, b Version) (order int, comparable bool) {
	if a.Height != 0 && b.Height != 0 {
		return cmp.Compare(a.Height, b.Height), true
	}
	if a.ValidFrom.IsZero() || b.ValidFrom.IsZero() {
		return 0, false
	}
	return a.ValidFrom.Compare(b.ValidFrom), true
}
