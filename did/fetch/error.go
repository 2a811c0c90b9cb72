package fetch

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
)

// Kind says what a failed fetch means to the caller.
type Kind string

// The kinds. Refused is final: the guard's rules forbid the URL, an address or a redirect. Unavailable may pass: no name, no
// connection, no valid certificate, no complete answer in time. TooLarge: the answer has more bytes than are taken.
const (
	Refused     Kind = "refused"
	Unavailable Kind = "unavailable"
	TooLarge    Kind = "tooLarge"
)

// Error is why nothing was fetched. Its text is for strangers too: it names no address, neither one that was refused nor this
// machine's nor its name server's, because what a network looks like inside is nobody's business. Err may name them.
type Error struct {
	Kind   Kind
	URL    string // that was being fetched, after redirects; shortened
	Reason string
	Err    error // the cause, may be nil: for logs
}

// Error says which URL it was and why.
func (e *Error) Error() string { return fmt.Sprintf("%q %s: %s", e.URL, e.Kind, e.Reason) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// unanswered says in words for everybody why there was no answer.
func unanswered(err error) string {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return "the name cannot be looked up"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "no certificate that is trusted for this name"
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "dial" {
		return "no connection"
	}
	return "no answer"
}

// refusal is a rule that was broken; Get makes an *Error of it.
type refusal string

func (r refusal) Error() string { return string(r) }

// shown is a URL as errors have it.
func shown(url string) string {
	const most = 256
	if len(url) > most {
		return url[:most] + "…"
	}
	return url
}
