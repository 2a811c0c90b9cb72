package exec

import "fmt"

// Error is a typed failure of Validate, Authorize or Apply. Detail is for people and never under consensus.
type Error struct {
	Code    Code
	Detail  string
	Pointer string // JSON pointer (RFC 6901) to the bad member of the payload, if one is to blame
}

// Error returns the detail, or the code's name where there is none.
func (e *Error) Error() string {
	if e.Detail == "" {
		return e.Code.Info().Name
	}
	return e.Detail
}

// Errorf makes a typed failure whose detail is formatted as fmt.Sprintf does.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// At returns a copy of e that blames the member at pointer (RFC 6901).
func (e *Error) At(pointer string) *Error {
	at := *e
	at.Pointer = pointer
	return &at
}
