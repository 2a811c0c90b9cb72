package credentials

import (
	"context"
	"sync"
	"time"

	"github.com/hanse-id/hanse/did"
)

// resolved is a resolver that asks another one once for each DID and instant. It lives for one batch, so that it never
// gives an answer that is older than the question, and holds no more than one answer for each credential.
type resolved struct {
	next did.Resolver
	mu   sync.Mutex
	made map[resolvedKey]*resolution
}

type resolvedKey struct {
	id      did.DID
	version string
	at      time.Time
}

// resolution is one answer, or the wait for it.
type resolution struct {
	done    chan struct{}
	version did.Version
	err     error
}

// newResolved returns nil for no resolver: a Verifier says so itself.
func newResolved(next did.Resolver) did.Resolver {
	if next == nil {
		return nil
	}
	return &resolved{next: next, made: map[resolvedKey]*resolution{}}
}

// Resolve returns the answer of the first one who asked.
func (r *resolved) Resolve(ctx context.Context, id did.DID, at did.At) (did.Version, error) {
	key := resolvedKey{id, at.VersionID, at.Time}
	r.mu.Lock()
	known, asked := r.made[key]
	if !asked {
		known = &resolution{done: make(chan struct{})}
		r.made[key] = known
	}
	r.mu.Unlock()
	if !asked {
		known.err = errPanic // stays where the resolver panics: those who wait are not told that there is no such DID
		defer close(known.done)
		known.version, known.err = r.next.Resolve(ctx, id, at)
		return known.version, known.err
	}
	select {
	case <-known.done:
		return known.version, known.err
	case <-ctx.Done():
		return did.Version{}, ctx.Err()
	}
}
