package api

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/state"
	"github.com/hanse-id/hanse/did"
)

// read answers from one consistent view of the ledger, whose height goes onto the answer. Errors are of the edge.
func (s *Server) read(c echo.Context, fn func(*app.View) error) error {
	err := s.opts.Ledger.Read(c.Request().Context(), func(v *app.View) error {
		setHeight(c, v.Head().Height)
		return fn(v)
	})
	if errors.Is(err, state.ErrEmpty) {
		return unavailable("nothing can be proved before the first block", err)
	}
	return ledgerError(err)
}

// head reads the last committed block and puts its height on the answer.
func (s *Server) head(c echo.Context) (app.Head, error) {
	head, err := s.opts.Ledger.Head(c.Request().Context())
	if err != nil {
		return head, ledgerError(err)
	}
	setHeight(c, head.Height)
	return head, nil
}

// prover proves state records of the view that they were read from, where the request asks for it (?proof=true).
type prover struct {
	view  *app.View
	asked bool
}

// of returns the proof of a state key; nil if none was asked for.
func (p prover) of(key []byte) (*ProofView, error) {
	if !p.asked {
		return nil, nil
	}
	proof, err := p.view.Prove(key)
	if err != nil {
		return nil, err
	}
	return proofView(proof)
}

// sendRecord answers with one record and, on request, its proof. The only query parameter is "proof".
func (s *Server) sendRecord(c echo.Context, show func(*app.View, prover) (any, error)) error {
	if err := knownQuery(c, "proof"); err != nil {
		return err
	}
	asked, err := boolParam(c, "proof")
	if err != nil {
		return err
	}
	var view any
	if err := s.read(c, func(v *app.View) (err error) {
		view, err = show(v, prover{v, asked})
		return err
	}); err != nil {
		return err
	}
	return sendJSON(c, http.StatusOK, cacheRevalidate, view)
}

// PageView is a page of a list. Next is the address of the following page, relative to this center; absent at the end.
type PageView[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
}

// Page sizes of lists.
const (
	defaultLimit = 100
	maxLimit     = 1000
)

// sendPage answers with a page that list reads; list returns what is to be given as the parameter cursor for the following
// page, "" at the end.
func sendPage[T any](s *Server, c echo.Context, cursor string, list func(*app.View) (items []T, next string, err error)) error {
	page := PageView[T]{Items: []T{}}
	if err := s.read(c, func(v *app.View) error {
		items, next, err := list(v)
		if err != nil {
			return err
		}
		page.Items, page.Next = append(page.Items, items...), nextLink(c, cursor, next)
		return nil
	}); err != nil {
		return err
	}
	return sendJSON(c, http.StatusOK, cacheRevalidate, page)
}

// nextLink is the address of this request with another cursor.
func nextLink(c echo.Context, cursor, value string) string {
	if value == "" {
		return ""
	}
	query := url.Values{}
	for name, values := range c.QueryParams() {
		query[name] = values
	}
	query.Set(cursor, value)
	return c.Request().URL.EscapedPath() + "?" + query.Encode()
}

// limitParam reads the size of a page.
func limitParam(c echo.Context) (int, error) {
	limit, err := intParam(c, "limit", defaultLimit, maxLimit)
	if err != nil || limit == 0 {
		return 0, badParameter("limit", "an integer from 1 to "+strconv.Itoa(maxLimit)+" is expected")
	}
	return limit, nil
}

// textParam reads a query parameter that may be given once; "" if it is not given. An empty one is a mistake: it must not
// select everything.
func textParam(c echo.Context, name string) (string, error) {
	values := c.QueryParams()[name]
	switch {
	case len(values) == 0:
		return "", nil
	case len(values) > 1:
		return "", badParameter(name, "may be given once")
	case values[0] == "":
		return "", badParameter(name, "is empty")
	}
	return values[0], nil
}

// boolParam reads a query parameter that is true or false; false if it is not given.
func boolParam(c echo.Context, name string) (bool, error) {
	value, err := oneParam(c, name, "true", "false")
	return value == "true", err
}

// oneParam reads a query parameter that has one of the values; "" if it is not given.
func oneParam[T ~string](c echo.Context, name string, values ...T) (T, error) {
	text, err := textParam(c, name)
	if err != nil || text == "" || slices.Contains(values, T(text)) {
		return T(text), err
	}
	known := ""
	for i, value := range values {
		if i > 0 {
			known += ", "
		}
		known += string(value)
	}
	return "", badParameter(name, "known values are "+known)
}

// didParam reads a query parameter that is a DID; "" if it is not given.
func didParam(c echo.Context, name string) (did.DID, error) {
	text, err := textParam(c, name)
	if err != nil || text == "" {
		return "", err
	}
	id, err := did.Parse(text)
	if err != nil {
		return "", badParameter(name, "not a DID")
	}
	return id, nil
}

// idParam reads a query parameter that is the id of an operation; nil if it is not given.
func idParam(c echo.Context, name string) (*op.ID, error) {
	text, err := textParam(c, name)
	if err != nil || text == "" {
		return nil, err
	}
	id, err := op.ParseID(text)
	if err != nil {
		return nil, badParameter(name, "not an id: 32 bytes in base64url without padding")
	}
	return &id, nil
}

// instantParam reads a query parameter that is a time, not in the future; 0 if it is not given.
func (s *Server) instantParam(c echo.Context, name string) (int64, error) {
	text, err := textParam(c, name)
	if err != nil || text == "" {
		return 0, err
	}
	at, err := parseInstant(text)
	if err != nil || at.Unix() < 1 {
		return 0, badParameter(name, "a time like 2026-11-22T13:00:00Z is expected")
	}
	if at.After(s.opts.Now().Add(time.Minute)) {
		return 0, badParameter(name, "must not be in the future")
	}
	return at.Unix(), nil
}

// timeOrNone is timeText, and "" for 0: no bound, or genesis.
func timeOrNone(seconds int64) string {
	if seconds == 0 {
		return ""
	}
	return timeText(seconds)
}
