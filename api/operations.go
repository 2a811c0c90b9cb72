package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
)

// Media types of operations (RFC 7515, section 9.2).
const (
	mediaJOSE     = "application/jose"
	mediaJOSEJSON = "application/jose+json"
)

// maxSubmit bounds the operations of one request.
const maxSubmit = 1000

// operationRoutes are those of interfaces.md, section 3, and the operation log.
func (s *Server) operationRoutes() []route {
	return []route{
		{Method: http.MethodPost, Path: "/v1/operations", Handler: s.submitOperations, CORS: true},
		{Method: http.MethodGet, Path: "/v1/operations/:id", Handler: s.getOperation},
		{Method: http.MethodGet, Path: "/v1/operations/:id/proof", Handler: s.getOperationProof},
		{Method: http.MethodGet, Path: "/v1/events", Handler: s.streamEvents, Stream: true},
		{Method: http.MethodGet, Path: "/export", Handler: s.exportLog},
		{Method: http.MethodGet, Path: "/export/stream", Handler: s.streamLog, Stream: true},
	}
}

// SubmissionView is what became of one operation of a request: a receipt, or why it was refused.
type SubmissionView struct {
	ReceiptView
	Problem *Problem `json:"problem,omitempty"` // State is "refused" then, and the id may be absent
}

// stateRefused is the state of an operation that was not admitted.
const stateRefused app.ReceiptState = "refused"

// MarshalJSON writes a refusal without the members of a receipt.
func (v SubmissionView) MarshalJSON() ([]byte, error) {
	if v.Problem == nil {
		return json.Marshal(v.ReceiptView)
	}
	refusal := map[string]any{"state": v.State, "problem": v.Problem}
	if v.ID != (op.ID{}) {
		refusal["id"] = v.ID
	}
	return json.Marshal(refusal)
}

// submitOperations answers POST /v1/operations.
func (s *Server) submitOperations(c echo.Context) error {
	if err := knownQuery(c); err != nil {
		return err
	}
	wait, err := s.preferredWait(c)
	if err != nil {
		return err
	}
	envelopes, many, err := s.readOperations(c)
	if err != nil {
		return err
	}
	views, err := s.submit(c.Request().Context(), envelopes)
	if err != nil {
		return err
	}
	if wait > 0 {
		s.awaitAll(c.Request().Context(), views, wait)
		c.Response().Header().Set("Preference-Applied", "wait="+strconv.Itoa(int(wait/time.Second)))
	}
	return answerSubmissions(c, views, many)
}

// answerSubmissions answers one operation by itself and several as a list.
func answerSubmissions(c echo.Context, views []SubmissionView, many bool) error {
	status := http.StatusOK
	for i := range views {
		if views[i].Problem == nil && !views[i].final() {
			status = http.StatusAccepted
		}
	}
	c.Response().Header().Set(echo.HeaderCacheControl, cacheNever)
	if many {
		return writeJSON(c, status, mediaJSON, map[string]any{"items": views})
	}
	view := views[0]
	if view.Problem != nil {
		return problemError(*view.Problem, view.ID)
	}
	c.Response().Header().Set(echo.HeaderLocation, "/v1/operations/"+view.ID.String())
	setHeight(c, view.Height)
	return writeJSON(c, status, mediaJSON, view)
}

// problemError is the error form of a refusal; the id, where known, is a member of the problem.
func problemError(p Problem, id op.ID) *Error {
	e := &Error{Name: p.Type, Title: p.Title, Status: p.Status, Detail: p.Detail, Pointer: p.Pointer, Retryable: p.Retryable, Extra: map[string]any{}}
	for name, value := range p.Extra {
		e.Extra[name] = value
	}
	if id != (op.ID{}) {
		e.Extra["id"] = id
	}
	if p.Retryable {
		e.After = time.Second
	}
	return e
}

// readOperations reads the envelopes of a request body: a compact JWS, a General JSON JWS, or a JSON array of either.
func (s *Server) readOperations(c echo.Context) (envelopes [][]byte, many bool, err error) {
	media, err := contentType(c, mediaJOSE, mediaJOSEJSON, mediaJSON)
	if err != nil {
		return nil, false, err
	}
	body, err := s.readBody(c)
	if err != nil {
		return nil, false, err
	}
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0:
		return nil, false, badRequest("the body is empty; an operation (a JWS) is expected")
	case media == mediaJOSE:
		return [][]byte{body}, false, nil
	case body[0] != '[':
		return [][]byte{body}, false, nil
	}
	envelopes, err = s.splitArray(body)
	return envelopes, true, err
}

// splitArray returns the envelopes of a JSON array: strings are compact JWSs, objects General JSON ones, byte for byte as sent.
func (s *Server) splitArray(body []byte) ([][]byte, error) {
	if _, err := s.parseJSON(body); err != nil { // strict reading first: no duplicate members, bounded
		return nil, err
	}
	var items []json.RawMessage
	if err := json.Unmarshal(body, &items); err != nil {
		return nil, badRequest("the body is not a JSON array")
	}
	if len(items) == 0 || len(items) > maxSubmit {
		return nil, badRequest(fmt.Sprintf("1 to %d operations can be sent at once", maxSubmit))
	}
	envelopes := make([][]byte, len(items))
	for i, item := range items {
		switch item[0] {
		case '"':
			var compact string
			if err := json.Unmarshal(item, &compact); err != nil {
				return nil, badMember("/"+strconv.Itoa(i), "not a compact JWS")
			}
			envelopes[i] = []byte(compact)
		case '{':
			envelopes[i] = item
		default:
			return nil, badMember("/"+strconv.Itoa(i), "an operation is a compact JWS (string) or a JWS in JSON serialization (object)")
		}
	}
	return envelopes, nil
}

// submit decodes all envelopes and hands the good ones to the ledger; views are in the order of envelopes.
// An error means that nothing was journaled.
func (s *Server) submit(ctx context.Context, envelopes [][]byte) ([]SubmissionView, error) {
	views := make([]SubmissionView, len(envelopes))
	var good [][]byte
	var places []int
	for i, envelope := range envelopes {
		decoded, err := s.checkOperation(envelope)
		if decoded != nil {
			views[i].ID = decoded.ID
		}
		if err != nil {
			views[i].refuse(err)
			continue
		}
		good, places = append(good, envelope), append(places, i)
	}
	if len(good) == 0 {
		return views, nil
	}
	submissions, err := s.opts.Ledger.Submit(ctx, good)
	if err != nil {
		return nil, ledgerError(err)
	}
	if len(submissions) != len(good) {
		return nil, fmt.Errorf("ledger answered %d submissions for %d envelopes", len(submissions), len(good))
	}
	for i, submission := range submissions {
		view := &views[places[i]]
		if err := s.describe(ctx, view, submission); err != nil {
			return nil, err
		}
	}
	return views, nil
}

// describe fills a view from what the pool said. An operation that was committed before is answered by its first receipt.
func (s *Server) describe(ctx context.Context, view *SubmissionView, submission app.Submission) error {
	if submission.Error == nil {
		view.State, view.NoQuorum = app.Accepted, submission.NoQuorum
		return nil
	}
	if submission.Error.Code == exec.CodeDuplicate {
		receipt, err := s.opts.Ledger.Receipt(ctx, view.ID)
		if err == nil && (receipt.State == app.Committed || receipt.State == app.Rejected) {
			view.ReceiptView = receiptView(receipt)
			return nil
		}
	}
	view.refuse(submission.Error)
	return nil
}

func (v *SubmissionView) refuse(err error) {
	problem := problemOf(edgeError(err), "")
	v.State, v.Problem = stateRefused, &problem
}

// checkOperation decodes an envelope and refuses other leagues, so that the pool sees only what could be meant for it.
func (s *Server) checkOperation(envelope []byte) (*op.Operation, error) {
	normal, err := op.NormalizeS(envelope)
	if err != nil {
		return nil, err
	}
	decoded, err := op.Decode(normal)
	if err != nil {
		return nil, err
	}
	if decoded.League != s.opts.League {
		return decoded, &exec.Error{Code: exec.CodeWrongLeague, Detail: "the operation names another league", Pointer: "/league"}
	}
	return decoded, nil
}

// preferredWait reads "Prefer: wait=<seconds>" (RFC 7240), capped by the server's limit; 0 without it.
func (s *Server) preferredWait(c echo.Context) (time.Duration, error) {
	for _, value := range c.Request().Header.Values("Prefer") {
		for preference := range strings.SplitSeq(value, ",") {
			name, argument, _ := strings.Cut(strings.TrimSpace(preference), "=")
			if !strings.EqualFold(strings.TrimSpace(name), "wait") {
				continue
			}
			argument, _, _ = strings.Cut(argument, ";")
			seconds, err := strconv.Atoi(strings.Trim(strings.TrimSpace(argument), `"`))
			if err != nil || seconds < 0 {
				return 0, badParameter("Prefer", "wait takes a number of seconds")
			}
			return min(time.Duration(min(seconds, 3600))*time.Second, s.opts.Limits.Wait), nil
		}
	}
	return 0, nil
}

// awaitAll waits until every accepted operation has its final receipt or the time is up; what is known then stands.
func (s *Server) awaitAll(ctx context.Context, views []SubmissionView, wait time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for i := range views {
		if views[i].Problem != nil || views[i].final() {
			continue
		}
		receipt, err := s.opts.Ledger.Wait(ctx, views[i].ID)
		if err != nil {
			return // accepted stands; the receipt can be asked for
		}
		if view := receiptView(receipt); view.final() {
			views[i].ReceiptView = view
		}
	}
}

// getOperation answers GET /v1/operations/{id}.
func (s *Server) getOperation(c echo.Context) error {
	if err := knownQuery(c); err != nil {
		return err
	}
	id, err := operationID(c)
	if err != nil {
		return err
	}
	wait, err := s.preferredWait(c)
	if err != nil {
		return err
	}
	receipt, err := s.receipt(c.Request().Context(), id, wait)
	if err != nil {
		return ledgerError(err)
	}
	view := receiptView(receipt)
	setHeight(c, view.Height)
	switch {
	case view.final() && view.Height > 0:
		return sendJSON(c, http.StatusOK, cacheImmutable, view)
	case view.final(): // dropped by this center's pool: nothing was consumed, so another center may still commit it
		return sendJSON(c, http.StatusOK, cacheNever, view)
	case view.State == app.Accepted:
		view.NoQuorum = !s.opts.Ledger.Health(c.Request().Context()).Quorum
		return sendJSON(c, http.StatusOK, cacheNever, view)
	}
	return unknownOperation(view)
}

// unknownOperation says 404 with the state as members: this center knows of no such operation since height oldest.
func unknownOperation(view ReceiptView) *Error {
	return &Error{Name: "unknown-operation", Status: http.StatusNotFound,
		Detail: "this center knows no such operation; its index begins at height " + strconv.FormatInt(view.Oldest, 10),
		Extra:  map[string]any{"id": view.ID, "state": view.State, "oldest": view.Oldest}}
}

// receipt reads what is known of id, waiting for its end as long as asked.
func (s *Server) receipt(ctx context.Context, id op.ID, wait time.Duration) (app.Receipt, error) {
	receipt, err := s.opts.Ledger.Receipt(ctx, id)
	if err != nil || wait == 0 || receipt.State != app.Accepted {
		return receipt, err
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	return s.opts.Ledger.Wait(ctx, id)
}

func operationID(c echo.Context) (op.ID, error) {
	id, err := op.ParseID(pathParam(c, "id"))
	if err != nil {
		return id, badParameter("id", "not an operation id: 32 bytes in base64url without padding")
	}
	return id, nil
}
