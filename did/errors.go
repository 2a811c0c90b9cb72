package did

import "errors"

// What a resolver can say. Absent, unavailable and invalid are three different errors: an error that is none of these means unavailable.
var (
	ErrInvalidDID         = errors.New("invalid DID")
	ErrInvalidURL         = errors.New("invalid DID URL")
	ErrInvalidDocument    = errors.New("invalid DID document")
	ErrNotFound           = errors.New("DID not found")
	ErrMethodNotSupported = errors.New("DID method not supported")
)
