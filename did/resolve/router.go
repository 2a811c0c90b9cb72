package resolve

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hanse-id/hanse/did"
)

// Router chooses a resolver by DID method. Safe for concurrent use.
type Router struct {
	methods map[string]did.Resolver
}

// NewRouter returns a router over these methods, by method name.
func NewRouter(methods map[string]did.Resolver) *Router {
	return &Router{methods: maps.Clone(methods)}
}

// Methods lists the method names in order.
func (r *Router) Methods() []string { return slices.Sorted(maps.Keys(r.methods)) }

// Resolve passes the request on to the DID's method; did.ErrMethodNotSupported if there is none, did.ErrInvalidDID for
// what is no DID.
func (r *Router) Resolve(ctx context.Context, id did.DID, at did.At) (did.Version, error) {
	if _, err := did.Parse(string(id)); err != nil {
		return did.Version{}, err
	}
	resolver, ok := r.methods[id.Method()]
	if !ok {
		return did.Version{}, fmt.Errorf("%w: %q", did.ErrMethodNotSupported, shorten(id.Method()))
	}
	return resolver.Resolve(ctx, id, at)
}

// Prove passes the request on to the DID's method, if that can prove.
func (r *Router) Prove(ctx context.Context, v did.Version) ([]map[string]any, error) {
	prover, ok := r.methods[v.DID.Method()].(Prover)
	if !ok {
		return nil, ErrNoProof
	}
	return prover.Prove(ctx, v)
}

// Func is a function that resolves.
type Func func(ctx context.Context, id did.DID, at did.At) (did.Version, error)

// Resolve calls f.
func (f Func) Resolve(ctx context.Context, id did.DID, at did.At) (did.Version, error) {
	return f(ctx, id, at)
}

func shorten(s string) string {
	const most = 64
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
