package api

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
)

// headerIdempotency names a request that may be repeated (draft-ietf-httpapi-idempotency-key-header).
const headerIdempotency = "Idempotency-Key"

// issueAs answers POST /issuers/{issuer}/credentials/issue.
func (a credentialAPI) issueAs(c echo.Context) error {
	r, credential, opts, err := a.readIssue(c)
	if err != nil {
		return err
	}
	return a.answerIssue(c, r, pathParam(c, "issuer"), credential, opts)
}

// issue answers POST /credentials/issue: the issuer is the one that the credential names.
func (a credentialAPI) issue(c echo.Context) error {
	if a.opts.Issuance == nil {
		return noIssuance()
	}
	r, credential, opts, err := a.readIssue(c)
	if err != nil {
		return err
	}
	if opts.Template != "" {
		return badMember("/options/template", "belongs to an issuer: use /issuers/{issuer}/credentials/issue")
	}
	named, err := issuance.NamedIssuer(credential)
	if err != nil {
		return issuanceError(err, "/credential")
	}
	issuer, err := a.opts.Issuance.IssuerFor(did.DID(named), opts.Form)
	if err != nil {
		return issuanceError(err, "/credential")
	}
	if err := requireIssuerScope(c, "write", issuer.Name, "/credentials/issue"); err != nil {
		return err
	}
	return a.answerIssue(c, r, issuer.Name, credential, opts)
}

// readIssue reads the request of both: a credential, or the claims that a template makes one of.
func (a credentialAPI) readIssue(c echo.Context) (*vcRequest, map[string]any, issuance.IssueOptions, error) {
	var opts issuance.IssueOptions
	r, err := a.readRequest(c, "credential", "claims", "subject", "id", "options")
	if err != nil {
		return nil, nil, opts, err
	}
	if opts, err = issueOptions(r); err != nil {
		return nil, nil, opts, err
	}
	input, err := issueInput(r, opts.Template != "")
	if err != nil {
		return nil, nil, opts, err
	}
	if err := a.finish(c, r); err != nil {
		return nil, nil, opts, err
	}
	return r, input, opts, nil
}

// issueInput is what is issued: the credential, or with a template everything beside the options.
func issueInput(r *vcRequest, template bool) (map[string]any, error) {
	credential, has := r.body["credential"]
	if !template {
		for _, name := range []string{"claims", "subject", "id"} {
			if _, given := r.body[name]; given {
				return nil, badMember("/"+name, "is for options.template")
			}
		}
		object, ok := credential.(map[string]any)
		if !ok {
			return nil, badMember("/credential", "credential must be an object")
		}
		return object, nil
	}
	if has {
		return nil, badMember("/credential", "the template makes it: give claims")
	}
	input := map[string]any{}
	for _, name := range []string{"claims", "subject", "id"} {
		if value, given := r.body[name]; given {
			input[name] = value
		}
	}
	return input, nil
}

func (a credentialAPI) answerIssue(c echo.Context, r *vcRequest, name string, credential map[string]any, opts issuance.IssueOptions) error {
	if a.opts.Issuance == nil {
		return noIssuance()
	}
	switch keys := c.Request().Header.Values(headerIdempotency); {
	case len(keys) > 1:
		return badParameter(headerIdempotency, "give one key")
	case len(keys) == 1:
		opts.Idempotency = &issuance.Idempotency{Principal: principalOf(c).Key.ID, Key: keys[0], Request: r.raw}
	}
	issued, err := a.opts.Issuance.Issue(c.Request().Context(), name, credential, opts)
	if err != nil && opts.Template != "" {
		return templateError(err)
	}
	if err != nil {
		return issuanceError(err, "/credential")
	}
	h := c.Response().Header()
	h.Set(echo.HeaderCacheControl, cacheNever)
	if issued.Replayed {
		h.Set("Idempotent-Replayed", "true")
	}
	member := "verifiableCredential"
	if issued.Copies {
		member = "verifiableCredentials"
	}
	return writeJSON(c, http.StatusCreated, mediaJSON, map[string]any{member: issued.Body})
}

// templateError is issuanceError where a template made the credential: pointers are into the request, and not into what was made of it.
func templateError(err error) error {
	edge := issuanceError(err, "")
	if e, ok := errors.AsType[*Error](edge); ok {
		e.Pointer = requestPointer(e.Pointer)
	}
	return edge
}

// requestPointer says where a request with a template has what stands at a place of the credential: what is wrong with its subject is
// wrong with the claims, and what no caller says is the template's.
func requestPointer(at string) string {
	switch at {
	case "", "/id", "/subject":
		return at
	case "/credentialSubject/id", "/claims/sub":
		return "/subject"
	case "/claims/jti":
		return "/id"
	}
	if rest, inside := strings.CutPrefix(at, "/credentialSubject"); inside {
		return "/claims" + rest
	}
	if at == "/claims" || strings.HasPrefix(at, "/claims/") || strings.HasPrefix(at, "/options/") {
		return at
	}
	return "/options/template"
}

func noIssuance() *Error { return unavailable("this center issues nothing", nil) }

// issuanceError is the edge form of what package issuance says. at is the JSON pointer of the credential in the body.
func issuanceError(err error, at string) error {
	if edge, ok := errors.AsType[*Error](err); ok {
		return edge
	}
	if problem, ok := errors.AsType[*credentials.ProblemError](err); ok {
		status := http.StatusUnprocessableEntity
		if errors.Is(err, credentials.ErrForeignIssuer) {
			status = http.StatusForbidden
		}
		return &Error{Name: problem.Problem.Type, Title: problem.Problem.Title, Status: status,
			Detail: problem.Problem.Detail, Pointer: at + problem.Problem.Pointer, Err: err}
	}
	for _, row := range issuanceTable {
		if errors.Is(err, row.reason) {
			return row.edge(err, at)
		}
	}
	return edgeOrInternal(err)
}

// issuanceRow says how a reason of package issuance looks at the edge.
type issuanceRow struct {
	reason error
	name   string
	status int
	inside bool // pointers are into the credential
}

var issuanceTable = []issuanceRow{
	{reason: issuance.ErrUnknownIssuer, name: "unknown-issuer", status: http.StatusNotFound},
	{reason: issuance.ErrForeignIssuer, name: "foreign-issuer", status: http.StatusForbidden, inside: true},
	{reason: issuance.ErrInvalid, name: credentials.ProblemMalformed, status: http.StatusUnprocessableEntity, inside: true},
	{reason: issuance.ErrRequest, name: "invalid-request", status: http.StatusBadRequest, inside: true},
	{reason: issuance.ErrDuplicate, name: "credential-exists", status: http.StatusConflict, inside: true},
	{reason: issuance.ErrInFlight, name: "idempotency-in-flight", status: http.StatusConflict},
	{reason: issuance.ErrKeyReused, name: "idempotency-key-reused", status: http.StatusUnprocessableEntity},
	{reason: issuance.ErrNotAccredited, name: "not-accredited", status: http.StatusForbidden},
	{reason: issuance.ErrFixed, name: "fixed", status: http.StatusConflict},
	{reason: issuance.ErrNotFound, name: "not-found", status: http.StatusNotFound},
	{reason: issuance.ErrGone, name: "gone", status: http.StatusGone},
	{reason: issuance.ErrUnavailable, name: "unavailable", status: http.StatusServiceUnavailable},
}

func (row issuanceRow) edge(err error, at string) *Error {
	e := &Error{Name: row.name, Status: row.status, Err: err}
	if refusal, ok := errors.AsType[*issuance.Refusal](err); ok {
		e.Detail, e.Pointer = refusal.Detail, refusal.Pointer
		if row.inside && e.Pointer != "" && !strings.HasPrefix(e.Pointer, "/options/") {
			e.Pointer = at + e.Pointer
		}
	}
	if row.status == http.StatusServiceUnavailable {
		return unavailable(e.Detail, err)
	}
	if row.status == http.StatusBadRequest && strings.HasPrefix(e.Pointer, "/options/") {
		e.Name = badMember("", "").Name
	}
	if errors.Is(row.reason, issuance.ErrInFlight) {
		e.Retryable, e.After = true, time.Second
	}
	return e
}
