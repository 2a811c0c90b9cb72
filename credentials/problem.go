package credentials

import (
	"errors"
	"strings"
)

// Problem types of the VC Data Model 2.0 (appendix on processing errors) and of Bitstring Status List 1.0 (section 3.5).
const (
	ProblemParsing            = "https://www.w3.org/TR/vc-data-model#PARSING_ERROR"
	ProblemCryptography       = "https://www.w3.org/TR/vc-data-model#CRYPTOGRAPHIC_SECURITY_ERROR"
	ProblemMalformed          = "https://www.w3.org/TR/vc-data-model#MALFORMED_VALUE_ERROR"
	ProblemRange              = "https://www.w3.org/TR/vc-data-model#RANGE_ERROR"
	ProblemStatusRetrieval    = "https://www.w3.org/ns/credentials/status-list#STATUS_RETRIEVAL_ERROR"
	ProblemStatusVerification = "https://www.w3.org/ns/credentials/status-list#STATUS_VERIFICATION_ERROR"
	ProblemStatusLength       = "https://www.w3.org/ns/credentials/status-list#STATUS_LIST_LENGTH_ERROR"
)

// Problem types of our own, for what these vocabularies have no word for.
const (
	ProblemNotSupported  = "https://hanse.id/problems/not-supported"  // a securing form or DID method that is not implemented
	ProblemUnavailable   = "https://hanse.id/problems/unavailable"    // something needed to decide could not be reached
	ProblemNotAccredited = "https://hanse.id/problems/not-accredited" // the issuer may not issue this type
	ProblemNotAccepted   = "https://hanse.id/problems/not-accepted"   // the verifier's policy does not take such credentials
	ProblemNotLinked     = "https://hanse.id/problems/not-linked"     // the issuer is not linked with a domain that was asked for
	ProblemDisputed      = "https://hanse.id/problems/disputed"       // a recovery disputes who held the issuer's key
)

// Problem is a problem detail (RFC 9457) with a type from the VC data model or status list vocabularies.
type Problem struct {
	Type    string `json:"type"`
	Title   string `json:"title"`
	Detail  string `json:"detail,omitempty"`
	Pointer string `json:"pointer,omitempty"` // JSON pointer into the credential
}

// ProblemError is an error with a problem type of a credential vocabulary.
type ProblemError struct {
	Problem Problem
	Err     error // a sentinel of this package or the cause; may be nil
}

// Error returns the detail of the problem, with the pointer where there is one.
func (e *ProblemError) Error() string {
	text := e.Problem.Detail
	if text == "" {
		text = e.Problem.Title
	}
	if e.Problem.Pointer != "" {
		text = e.Problem.Pointer + ": " + text
	}
	return text
}

// Unwrap returns the cause.
func (e *ProblemError) Unwrap() error { return e.Err }

// Sentinels that a ProblemError may wrap.
var (
	// ErrForeignIssuer: the credential names another issuer than the one that is asked to sign (403).
	ErrForeignIssuer = errors.New("foreign issuer")
	// ErrContextUnknown: a context that is not pinned.
	ErrContextUnknown = errors.New("unknown context")
)

// malformed is the problem of a member that breaks the data model.
func malformed(pointer, detail string) *ProblemError {
	return &ProblemError{Problem: Problem{Type: ProblemMalformed, Title: "malformed value", Detail: detail, Pointer: pointer}}
}

// problemOf returns the problem of err, or one of type kind made from its text.
func problemOf(err error, kind, title string) *Problem {
	var p *ProblemError
	if errors.As(err, &p) {
		out := p.Problem
		return &out
	}
	return &Problem{Type: kind, Title: title, Detail: beside(title, err)}
}

// beside is what err says beside title: a detail that begins with its title says everything twice.
func beside(title string, err error) string {
	text := err.Error()
	if rest, ok := strings.CutPrefix(text, title); ok && (rest == "" || strings.HasPrefix(rest, ": ")) {
		return strings.TrimPrefix(rest, ": ")
	}
	return text
}
