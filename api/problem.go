package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
)

// problemBase is the prefix of hanse's own problem types: a stable, kebab-case name follows.
const problemBase = "https://hanse.id/problems/"

// Media types of what the API says.
const (
	mediaJSON    = "application/json"
	mediaProblem = "application/problem+json"
)

// Problem is a problem detail (RFC 9457) with hanse's extension members. Clients branch on Type.
type Problem struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail,omitempty"`
	Pointer   string `json:"pointer,omitempty"`   // JSON pointer to the bad member of the request body
	Parameter string `json:"parameter,omitempty"` // name of the bad query parameter, path parameter or header
	Code      *int64 `json:"code,omitempty"`      // ledger code (app/exec), where one is to blame
	Retryable bool   `json:"retryable,omitempty"`
	RequestID string `json:"requestId,omitempty"`

	Extra map[string]any `json:"-"` // further members, never overriding those above
}

// MarshalJSON writes p with its further members.
func (p Problem) MarshalJSON() ([]byte, error) {
	type plain Problem
	data, err := json.Marshal(plain(p))
	if err != nil || len(p.Extra) == 0 {
		return data, err
	}
	var own map[string]json.RawMessage
	if err := json.Unmarshal(data, &own); err != nil {
		return nil, err
	}
	all := make(map[string]any, len(own)+len(p.Extra))
	for name, value := range p.Extra {
		all[name] = value
	}
	for name, value := range own {
		all[name] = value
	}
	return json.Marshal(all)
}

// Error is the one typed error of the edge. Handlers return it (or an error that problemOf knows); Err is logged and never shown.
type Error struct {
	Name      string // problem type: a kebab-case name of ours, or an absolute URI that a protocol defines
	Title     string // empty: the name in words
	Status    int
	Detail    string // shown to the client: what is wrong and what to do
	Pointer   string // JSON pointer to the bad member of the body
	Parameter string // bad parameter or header
	Retryable bool
	After     time.Duration     // Retry-After, if positive
	Header    map[string]string // further response headers
	Extra     map[string]any    // further problem members
	Err       error             // cause, for the log
}

// Error describes e with its cause.
func (e *Error) Error() string {
	text := e.Name
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// badRequest is a malformed request as a whole.
func badRequest(detail string) *Error {
	return &Error{Name: "malformed-request", Status: http.StatusBadRequest, Detail: detail}
}

// badMember is a bad member of the body, named by JSON pointer.
func badMember(pointer, detail string) *Error {
	return &Error{Name: "invalid-member", Status: http.StatusBadRequest, Pointer: pointer, Detail: detail}
}

// badParameter is a bad query parameter, path parameter or header.
func badParameter(name, detail string) *Error {
	return &Error{Name: "invalid-parameter", Status: http.StatusBadRequest, Parameter: name, Detail: detail}
}

// notFound says that what (a noun) is absent.
func notFound(what string) *Error {
	return &Error{Name: "not-found", Status: http.StatusNotFound, Detail: what + " not found"}
}

// conflict is a request at odds with the present state.
func conflict(name, detail string) *Error {
	return &Error{Name: name, Status: http.StatusConflict, Detail: detail}
}

// forbidden is a request of a known principal that lacks the right.
func forbidden(detail string) *Error {
	return &Error{Name: "forbidden", Status: http.StatusForbidden, Detail: detail}
}

// unavailable says that something hanse depends on does not answer: it never reads as absence.
func unavailable(detail string, err error) *Error {
	return &Error{Name: "unavailable", Status: http.StatusServiceUnavailable, Detail: detail, Retryable: true, After: time.Second, Err: err}
}

// codeError is the edge form of a ledger refusal.
func codeError(refusal *exec.Error) *Error {
	info := refusal.Code.Info()
	code := int64(refusal.Code)
	detail := refusal.Detail
	if info.Status >= http.StatusInternalServerError && info.Status != http.StatusServiceUnavailable {
		detail = ""
	}
	e := &Error{
		Name: kebab(info.Name), Status: info.Status, Detail: detail, Pointer: refusal.Pointer,
		Retryable: info.Retryable, Extra: map[string]any{"code": code}, Err: refusal,
	}
	if info.Retryable {
		e.After = time.Second
	}
	return e
}

// edgeError is the one mapping from any error to an *Error. What it does not know is internal.
func edgeError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*exec.Error](err); ok {
		return codeError(e)
	}
	if e, ok := errors.AsType[*op.Error](err); ok {
		return &Error{Name: "malformed", Status: http.StatusBadRequest, Pointer: e.Pointer, Detail: e.Reason,
			Extra: map[string]any{"code": int64(exec.CodeMalformed)}, Err: err}
	}
	if e, ok := errors.AsType[*credentials.ProblemError](err); ok {
		return &Error{Name: e.Problem.Type, Title: e.Problem.Title, Status: http.StatusUnprocessableEntity,
			Detail: e.Problem.Detail, Pointer: e.Problem.Pointer, Err: err}
	}
	if e, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge(e.Limit)
	}
	switch {
	case errors.Is(err, did.ErrNoVersion):
		return &Error{Name: "unknown-did", Status: http.StatusNotFound, Detail: err.Error(), Err: err}
	case errors.Is(err, did.ErrNotFound):
		return &Error{Name: "unknown-did", Status: http.StatusNotFound, Detail: "no such DID, or no such version of it", Err: err}
	case errors.Is(err, did.ErrInvalidDID), errors.Is(err, did.ErrInvalidURL):
		return &Error{Name: "invalid-did", Status: http.StatusBadRequest, Detail: err.Error(), Err: err}
	case errors.Is(err, did.ErrInvalidDocument):
		return &Error{Name: "invalid-document", Status: http.StatusBadRequest, Detail: err.Error(), Err: err}
	case errors.Is(err, did.ErrMethodNotSupported):
		return &Error{Name: "method-not-supported", Status: http.StatusNotImplemented, Detail: err.Error(), Err: err}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return unavailable("the request took too long", err)
	}
	if e, ok := errors.AsType[*echo.HTTPError](err); ok {
		return routerError(e)
	}
	return &Error{Name: "internal", Status: http.StatusInternalServerError, Detail: "something went wrong here; the request id finds it in the log", Err: err}
}

// routerError turns what Echo itself says (404, 405, 413…) into an Error.
func routerError(e *echo.HTTPError) *Error {
	switch e.Code {
	case http.StatusNotFound:
		return notFound("resource")
	case http.StatusMethodNotAllowed:
		return &Error{Name: "method-not-allowed", Status: e.Code, Detail: "see the Allow header for what this resource offers"}
	}
	name := kebab(http.StatusText(e.Code))
	if name == "" {
		name = "internal"
	}
	return &Error{Name: name, Status: e.Code, Err: e}
}

func tooLarge(limit int64) *Error {
	return &Error{Name: "body-too-large", Status: http.StatusRequestEntityTooLarge,
		Detail: "the body exceeds " + strconv.FormatInt(limit, 10) + " bytes"}
}

// problemOf is the problem document of e.
func problemOf(e *Error, requestID string) Problem {
	p := Problem{
		Type: e.Name, Title: e.Title, Status: e.Status, Detail: e.Detail, Pointer: e.Pointer,
		Parameter: e.Parameter, Retryable: e.Retryable, RequestID: requestID, Extra: e.Extra,
	}
	if !strings.Contains(p.Type, ":") {
		p.Type = problemBase + e.Name
	}
	if p.Title == "" {
		name := e.Name
		if i := strings.LastIndexAny(name, "#/"); i >= 0 {
			name = name[i+1:]
		}
		p.Title = strings.ToLower(strings.NewReplacer("-", " ", "_", " ").Replace(name))
	}
	return p
}

// handleError is Echo's one HTTPErrorHandler: it logs once and answers with a problem document.
func (s *Server) handleError(err error, c echo.Context) {
	e := edgeError(err)
	s.logError(c, e)
	if c.Response().Committed {
		return
	}
	header := c.Response().Header()
	for name, value := range e.Header {
		header.Set(name, value)
	}
	if e.After > 0 {
		header.Set("Retry-After", strconv.FormatInt(int64((e.After+time.Second-1)/time.Second), 10))
	}
	header.Del("ETag")
	header.Set("Cache-Control", "no-store")
	if err := writeJSON(c, e.Status, mediaProblem, problemOf(e, requestID(c))); err != nil {
		s.log.Debug("answer not written", "requestId", requestID(c), "error", err)
	}
}

func (s *Server) logError(c echo.Context, e *Error) {
	level := slog.LevelDebug
	if e.Status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	if e.Status == http.StatusServiceUnavailable || e.Status == http.StatusNotImplemented {
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{
		slog.String("requestId", requestID(c)), slog.String("route", c.Path()),
		slog.Int("status", e.Status), slog.String("problem", e.Name),
	}
	if level >= slog.LevelWarn { // a client's mistake may quote what it sent: that stays out of the log
		attrs = append(attrs, slog.Any("error", e.Err))
	}
	s.log.LogAttrs(c.Request().Context(), level, "request refused", attrs...)
}

// kebab turns a stable name ("VersionMismatch", "version_mismatch", "version mismatch") into kebab-case.
func kebab(name string) string {
	var b strings.Builder
	for i, r := range name {
		switch {
		case r == '_' || r == ' ':
			b.WriteByte('-')
		case r >= 'A' && r <= 'Z':
			if i > 0 && name[i-1] >= 'a' && name[i-1] <= 'z' {
				b.WriteByte('-')
			}
			b.WriteRune(r + 'a' - 'A')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
