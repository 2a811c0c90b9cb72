package jose

import "errors"

// What can be wrong with a token. Errors of this package wrap exactly one of these.
var (
	ErrTooLarge  = errors.New("token too large")
	ErrMalformed = errors.New("malformed token")
	ErrType      = errors.New("unexpected token type")
	ErrAlgorithm = errors.New("algorithm not allowed")
	ErrSignature = errors.New("signature does not verify")
)
