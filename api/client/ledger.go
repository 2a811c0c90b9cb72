package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// Receipt is what became of an operation, as GET /v1/operations/{id} says it.
type Receipt struct {
	ID     op.ID            `json:"id"`
	State  app.ReceiptState `json:"state"`
	Height int64            `json:"height,omitempty"`
	Index  int64            `json:"index,omitempty"`
	Code   exec.Code        `json:"code"`
	Name   string           `json:"codeName,omitempty"`
	Events []Event          `json:"events,omitempty"`
}

// Event is something an operation did, with the subjects it changed ("did/<did>", "list/<id>", …).
type Event struct {
	Type       string            `json:"type"`
	Subjects   []string          `json:"subjects"`
	Attributes map[string]string `json:"attributes,omitempty"`
}

// Final reports whether nothing more will happen to the operation.
func (r *Receipt) Final() bool { return r.State == app.Committed || r.State == app.Rejected }

// Submit sends one operation and waits at most wait for its final receipt. The receipt may still say accepted when the
// time is up. Repeating a Submit is safe: the same operation gets the first receipt.
func (c *Client) Submit(ctx context.Context, envelope []byte, wait time.Duration) (*Receipt, error) {
	r := Request{Method: http.MethodPost, Path: "/v1/operations", Type: "application/jose", Body: envelope}
	if len(envelope) > 0 && envelope[0] == '{' {
		r.Type = "application/jose+json"
	}
	if wait > 0 {
		r.Header = map[string]string{"Prefer": fmt.Sprintf("wait=%d", int(wait.Seconds()))}
	}
	receipt := &Receipt{}
	if _, err := c.call(ctx, r, nil, receipt); err != nil {
		return nil, err
	}
	return receipt, nil
}

// unknownOperation is the problem type of an operation that the center knows nothing of.
const unknownOperation = "https://hanse.id/problems/unknown-operation"

// Operation reads an operation's receipt; State unknown is no error.
func (c *Client) Operation(ctx context.Context, id op.ID) (*Receipt, error) {
	receipt := &Receipt{}
	_, err := c.call(ctx, Request{Method: http.MethodGet, Path: "/v1/operations/" + id.String()}, nil, receipt)
	if problem, ok := errors.AsType[*Problem](err); ok && problem.Type == unknownOperation {
		return &Receipt{ID: id, State: app.Unknown}, nil
	}
	if err != nil {
		return nil, err
	}
	return receipt, nil
}

// Resolution is a full DID resolution result (W3C DID Resolution).
type Resolution struct {
	Document   json.RawMessage    `json:"didDocument"`
	Resolution ResolutionMetadata `json:"didResolutionMetadata"`
	Metadata   DocumentMetadata   `json:"didDocumentMetadata"`
	Height     string             `json:"-"` // X-Hanse-Height
}

// ResolutionMetadata says how resolving went; Error is nil when it went well.
type ResolutionMetadata struct {
	ContentType string           `json:"contentType,omitempty"`
	Error       *ResolutionError `json:"error,omitempty"`
}

// ResolutionError is an error of the DID Resolution specification.
type ResolutionError struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
}

// DocumentMetadata is metadata of a document version.
type DocumentMetadata struct {
	Created       string          `json:"created,omitempty"`
	Updated       string          `json:"updated,omitempty"`
	Deactivated   bool            `json:"deactivated,omitempty"`
	VersionID     string          `json:"versionId,omitempty"`
	NextVersionID string          `json:"nextVersionId,omitempty"`
	NextUpdate    string          `json:"nextUpdate,omitempty"`
	CanonicalID   string          `json:"canonicalId,omitempty"`
	EquivalentID  []string        `json:"equivalentId,omitempty"`
	Proof         json.RawMessage `json:"proof,omitempty"`

	Recovery       *PendingRecovery `json:"recovery,omitempty"`       // of the DID; nil where none is pending
	Disputed       string           `json:"disputed,omitempty"`       // version id of the recovery that superseded this version
	DuringRecovery string           `json:"duringRecovery,omitempty"` // operation id of the recovery that was pending when this version was made
}

// PendingRecovery is a recovery that has not taken effect, as the metadata of a document has it. Times are RFC 3339 UTC.
type PendingRecovery struct {
	Operation op.ID  `json:"operation"`
	Base      string `json:"base"` // version id that it continues from; later versions become disputed
	Started   string `json:"started"`
	Due       string `json:"due"`
	By        string `json:"by"` // "set" or "league"
}

// Resolve resolves a DID or DID URL with options (versionId, versionTime, …). The result is returned with its error inside;
// did.ErrNotFound (wrapped) is returned beside it when the DID does not exist.
func (c *Client) Resolve(ctx context.Context, didURL string, options url.Values) (*Resolution, error) {
	answer, err := c.Do(ctx, Request{
		Method: http.MethodGet, Path: "/1.0/identifiers/" + encoded(didURL), Query: options,
		Header: map[string]string{"Accept": "application/did-resolution"},
	})
	if err != nil {
		return nil, err
	}
	result := &Resolution{Height: answer.Header.Get("X-Hanse-Height")}
	if err := json.Unmarshal(answer.Body, result); err != nil {
		return nil, problemOf(answer)
	}
	switch e := result.Resolution.Error; {
	case e != nil && e.Status == http.StatusNotFound:
		return result, fmt.Errorf("%w: %s", did.ErrNotFound, didURL)
	case e != nil:
		return result, &Problem{Type: e.Type, Title: e.Title, Status: e.Status, Detail: e.Detail}
	case answer.Status >= 400 && answer.Status != http.StatusGone:
		return nil, problemOf(answer)
	}
	return result, nil
}

// Readiness is what /readyz?verbose says.
type Readiness struct {
	Ready   bool            `json:"ready"`
	Reasons []string        `json:"reasons,omitempty"`
	Raw     json.RawMessage `json:"-"`
}

// Ready asks whether the center is ready to serve; a center that is not gives its reasons, and no error.
func (c *Client) Ready(ctx context.Context) (*Readiness, error) {
	answer, err := c.Do(ctx, Request{Method: http.MethodGet, Path: "/readyz", Query: url.Values{"verbose": {""}}})
	if err != nil {
		return nil, err
	}
	out := &Readiness{Raw: answer.Body}
	if err := json.Unmarshal(answer.Body, out); err != nil {
		return nil, problemOf(answer)
	}
	return out, nil
}

// encoded is a DID URL as one path segment. Its colons are encoded too: by the first of them a center tells a DID URL that is
// encoded from one that is not, and a did:web has percent-encoding of its own.
func encoded(didURL string) string { return strings.ReplaceAll(url.PathEscape(didURL), ":", "%3A") }
