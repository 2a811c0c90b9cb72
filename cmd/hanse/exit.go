package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode"

	"github.com/hanse-id/hanse/api/client"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keystore"
)

// Exit codes. Scripts branch on them, so they never change.
const (
	exitOK            = 0
	exitError         = 1
	exitUsage         = 2
	exitNotVerified   = 3
	exitNotAuthorised = 4
	exitNotFound      = 5
	exitUpgrade       = 75 // the league goes on with a newer version of this program
)

// cliError is an error with its exit code and a hint that says what to do. Err nil: the output said it all.
type cliError struct {
	Code int
	Err  error
	Hint string
}

func (e *cliError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit %d", e.Code)
	}
	return e.Err.Error()
}

func (e *cliError) Unwrap() error { return e.Err }

func usage(err error, hint string, args ...any) error {
	return &cliError{Code: exitUsage, Err: err, Hint: fmt.Sprintf(hint, args...)}
}

func usagef(format string, args ...any) error {
	return &cliError{Code: exitUsage, Err: fmt.Errorf(format, args...)}
}

// hinted says what to do about an error, unless the error says so itself.
func hinted(err error, hint string, args ...any) error {
	e := *classify(err)
	if e.Hint == "" {
		e.Hint = fmt.Sprintf(hint, args...)
	}
	return &e
}

// classify gives an error without an exit code the one its kind has.
func classify(err error) *cliError {
	var known *cliError
	var problem *client.Problem
	var upgrade *app.UpgradeError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &problem):
		return classifyProblem(problem)
	case errors.Is(err, did.ErrNotFound), errors.Is(err, keystore.ErrNotFound):
		return &cliError{Code: exitNotFound, Err: err}
	case errors.Is(err, keystore.ErrExists):
		return &cliError{Code: exitError, Err: err, Hint: "a key is never written over: give the new one another name; 'hanse key list' shows yours"}
	case errors.Is(err, did.ErrInvalidDID), errors.Is(err, did.ErrInvalidURL):
		return &cliError{Code: exitUsage, Err: err}
	case errors.Is(err, client.ErrUnreachable) && untrusted(err):
		return &cliError{Code: exitError, Err: err, Hint: "if an authority of your own signed its certificate, name it with --ca FILE or HANSE_CA; for 'hanse dev --tls' that is DIR/tls/ca.pem"}
	case errors.Is(err, client.ErrUnreachable) && strings.Contains(err.Error(), "HTTP response to HTTPS client"):
		return &cliError{Code: exitError, Err: err, Hint: "that port answers plain http: name the center with --api http://HOST:PORT"}
	case errors.Is(err, client.ErrUnreachable):
		return &cliError{Code: exitError, Err: err, Hint: "is the center running? start a league with 'hanse dev', or name another center with --api URL (https:// where 'hanse dev --tls' runs)"}
	case errors.As(err, &upgrade):
		return &cliError{Code: exitUpgrade, Err: err, Hint: "start the center again with that version or a later one; 'hanse league show' at another center has the digests"}
	case errors.Is(err, context.Canceled):
		return &cliError{Code: exitError, Err: errors.New("interrupted")}
	default:
		return &cliError{Code: exitError, Err: err}
	}
}

// untrusted reports whether a connection failed because of the other side's certificate.
func untrusted(err error) bool {
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	return ok
}

func classifyProblem(p *client.Problem) *cliError {
	e := &cliError{Code: exitError, Err: p, Hint: hintOf(exec.Code(p.Code))}
	switch p.Type {
	case "https://www.w3.org/ns/did#INVALID_DID":
		e.Code, e.Hint = exitUsage, "a DID looks like did:hanse:LEAGUE:Qm…, did:key:z6Mk…, did:jwk:… or did:web:HOST"
	case "https://www.w3.org/ns/did#METHOD_NOT_SUPPORTED":
		e.Hint = "a center resolves did:hanse, did:key, did:jwk and did:web"
	}
	switch p.Status {
	case http.StatusBadRequest:
		if strings.Contains(p.Title+p.Detail, "HTTP request to an HTTPS server") {
			e.Hint = "that port answers https only: name the center with --api https://HOST:PORT, and its authority with --ca FILE"
		}
	case http.StatusUnauthorized:
		e.Code, e.Hint = exitNotAuthorised, "give a token of this center with --token-file FILE; there, 'hanse api-key list' says which are valid and 'hanse api-key create' makes one"
	case http.StatusForbidden:
		e.Code = exitNotAuthorised
		if _, scope, found := strings.Cut(p.Detail, "lacks the scope "); found {
			e.Hint = fmt.Sprintf("'hanse api-key create NAME --scope %s' makes a token that has it", scope)
		}
	case http.StatusNotFound, http.StatusGone:
		e.Code = exitNotFound
	}
	return e
}

// printable replaces control characters, so that no name, DID or answer can write escapes to a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unsafeRune(r) {
			return '�'
		}
		return r
	}, s)
}

func unsafeRune(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }
