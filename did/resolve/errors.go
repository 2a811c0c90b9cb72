package resolve

import (
	"encoding/json"
	"errors"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

// Code names an error of DID Resolution 11, or of Controlled Identifiers 3.5.
type Code string

// The errors of DID resolution and dereferencing.
const (
	InvalidDID                 Code = "INVALID_DID"
	InvalidDIDURL              Code = "INVALID_DID_URL"
	InvalidOptions             Code = "INVALID_OPTIONS"
	NotFound                   Code = "NOT_FOUND"
	RepresentationNotSupported Code = "REPRESENTATION_NOT_SUPPORTED"
	InvalidDIDDocument         Code = "INVALID_DID_DOCUMENT"
	InternalError              Code = "INTERNAL_ERROR"
	MethodNotSupported         Code = "METHOD_NOT_SUPPORTED"
	FeatureNotSupported        Code = "FEATURE_NOT_SUPPORTED"
	InvalidVerificationMethod  Code = "INVALID_VERIFICATION_METHOD"
	InvalidRelationship        Code = "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD"
)

// rows is the one table of errors: title, HTTP status, and the name of the error before 2025.
var rows = map[Code]struct {
	title  string
	status int
	legacy string
}{
	InvalidDID:                 {"The DID is not valid.", 400, "invalidDid"},
	InvalidDIDURL:              {"The DID URL is not valid.", 400, "invalidDidUrl"},
	InvalidOptions:             {"The options are not valid.", 400, "invalidOptions"},
	NotFound:                   {"The DID or the resource was not found.", 404, "notFound"},
	RepresentationNotSupported: {"The representation is not supported.", 406, "representationNotSupported"},
	InvalidDIDDocument:         {"The DID document is not valid.", 500, "invalidDidDocument"},
	InternalError:              {"The DID could not be resolved.", 500, "internalError"},
	MethodNotSupported:         {"The DID method is not supported.", 501, "methodNotSupported"},
	FeatureNotSupported:        {"The feature is not supported.", 501, "featureNotSupported"},
	InvalidVerificationMethod:  {"The DID URL names no verification method.", 400, "invalidVerificationMethod"},
	InvalidRelationship:        {"The verification method is not authorized for this relationship.", 400, "invalidVerificationRelationship"},
}

// Error is an error of resolution or dereferencing. Its JSON form is that of RFC 9457.
type Error struct {
	Code   Code
	Detail string // for the client; quotes little of what a stranger sent, and never the cause of an internal error
	Err    error  // the cause, for logs; may be nil
}

func (e *Error) Error() string {
	if e.Err != nil {
		return string(e.Code) + ": " + e.Err.Error()
	}
	return string(e.Code) + ": " + e.Detail
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Type returns the URL that identifies the kind of error.
func (e *Error) Type() string {
	switch e.Code {
	case InvalidVerificationMethod, InvalidRelationship:
		return "https://w3id.org/security#" + string(e.Code)
	}
	return "https://www.w3.org/ns/did#" + string(e.Code)
}

// Title returns a sentence that says what the kind of error is.
func (e *Error) Title() string { return rows[e.Code].title }

// Status returns the HTTP status of the error (DID Resolution 12.1).
func (e *Error) Status() int {
	if row, ok := rows[e.Code]; ok {
		return row.status
	}
	return rows[InternalError].status
}

// Legacy returns the name that the error had before errors were objects, such as "notFound".
func (e *Error) Legacy() string { return rows[e.Code].legacy }

// MarshalJSON writes the problem details object of RFC 9457.
func (e *Error) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail,omitempty"`
	}{e.Type(), e.Title(), e.Status(), e.Detail})
}

func fail(code Code, detail string) *Error { return &Error{Code: code, Detail: detail} }

// classify turns what a resolver said into an error of the specification. What it does not know is an internal error, whose
// cause is for the log alone.
func classify(err error) *Error {
	var typed *Error
	switch {
	case errors.As(err, &typed):
		return typed
	case errors.Is(err, did.ErrInvalidDID):
		return &Error{Code: InvalidDID, Detail: err.Error(), Err: err}
	case errors.Is(err, did.ErrInvalidURL):
		return &Error{Code: InvalidDIDURL, Detail: err.Error(), Err: err}
	case errors.Is(err, did.ErrNotFound):
		return &Error{Code: NotFound, Detail: err.Error(), Err: err}
	case errors.Is(err, did.ErrMethodNotSupported):
		return &Error{Code: MethodNotSupported, Detail: err.Error(), Err: err}
	case errors.Is(err, did.ErrInvalidDocument):
		return &Error{Code: InvalidDIDDocument, Detail: err.Error(), Err: err}
	case errors.Is(err, keys.ErrUnsupported), errors.Is(err, ErrNoProof):
		return &Error{Code: FeatureNotSupported, Detail: err.Error(), Err: err}
	}
	return &Error{Code: InternalError, Detail: "the resolver is not available", Err: err}
}
