package dataintegrity

import "errors"

// What can be wrong with a proof. Errors of this package wrap exactly one of these. ErrUnsupported says nothing about the
// proof: it may be good or forged.
var (
	ErrMalformed   = errors.New("malformed proof")
	ErrUnsupported = errors.New("not supported")
	ErrSignature   = errors.New("proof does not verify")
	ErrContext     = errors.New("context not pinned") // nothing can be said without its meaning
)
