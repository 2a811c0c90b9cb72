package op

import "fmt"

// Error says what is wrong with an operation or a batch.
type Error struct {
	// Pointer is a JSON pointer (RFC 6901): "/exp" for members of the payload, "/protected/kid" or
	// "/signatures/1/protected/kid" for the envelope, "" for the whole.
	Pointer string
	Reason  string
}

// Error returns the reason.
func (e *Error) Error() string { return e.Reason }

func refuse(pointer, format string, args ...any) *Error {
	return &Error{Pointer: pointer, Reason: fmt.Sprintf(format, args...)}
}
