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

// ErrNoVersion says that a DID exists, and that none of its versions is the one that was asked for. It is an ErrNotFound too.
var ErrNoVersion error = noVersion{}

type noVersion struct{}

func (noVersion) Error() string        { return "the DID exists, but has no such version" }
func (noVersion) Is(target error) bool { return target == ErrNotFound }
