package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// headerHeight tells at which ledger height an answer was read.
const headerHeight = "X-Hanse-Height"

// ledgerError keeps what a Ledger says in its own words and calls everything else unavailable: an outage never reads as absence.
func ledgerError(err error) error {
	if err == nil {
		return nil
	}
	_, refused := errors.AsType[*exec.Error](err)
	if refused || errors.Is(err, did.ErrNotFound) || errors.Is(err, did.ErrInvalidDID) || errors.Is(err, did.ErrMethodNotSupported) {
		return err
	}
	if edge, ok := errors.AsType[*Error](err); ok {
		return edge
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return unavailable("the request took too long", err)
	}
	return unavailable("the ledger does not answer at present", err)
}

// setHeight sets X-Hanse-Height; heights below 1 mean that no ledger was asked.
func setHeight(c echo.Context, height int64) {
	if height > 0 {
		c.Response().Header().Set(headerHeight, strconv.FormatInt(height, 10))
	}
}

// Cache policies.
const (
	cacheImmutable  = "public, max-age=31536000, immutable" // what a block has settled: receipts, lists of past times
	cacheRevalidate = "public, no-cache"                    // the present: keep it, ask each time
	cachePrivate    = "private, no-cache"                   // the present, for whoever showed an API key
	cacheNever      = "no-store"                            // verdicts, states in progress
)

// answer is a view in its representation: what conditional requests and caches need to know of it.
type answer struct {
	status int
	media  string
	cache  string
	vary   string
	body   []byte
	tag    string // entity tag; empty: made from media and body
}

// entityTag is a strong ETag of a representation.
func entityTag(media string, body []byte) string {
	digest := sha256.Sum256(append([]byte(media+"\n"), body...))
	return `"` + base64.RawURLEncoding.EncodeToString(digest[:16]) + `"`
}

// send answers with an ETag, and with 304 where the client has the same representation already (RFC 9110, section 13).
func send(c echo.Context, a answer) error {
	h := c.Response().Header()
	h.Set(echo.HeaderCacheControl, a.cache)
	if a.vary != "" {
		h.Add(echo.HeaderVary, a.vary)
	}
	if a.status == http.StatusOK && a.cache != cacheNever {
		if a.tag == "" {
			a.tag = entityTag(a.media, a.body)
		}
		h.Set("Etag", a.tag)         // the canonical spelling: no other one has to be made
		method := c.Request().Method // of others, a matching tag says nothing that 304 would be an answer to
		if (method == http.MethodGet || method == http.MethodHead) && matches(c.Request().Header.Values("If-None-Match"), a.tag) {
			return c.NoContent(http.StatusNotModified)
		}
	}
	return c.Blob(a.status, a.media, a.body)
}

// sendJSON is send for a view whose representation is JSON.
func sendJSON(c echo.Context, status int, cache string, view any) error {
	data, err := encodeJSON(view)
	if err != nil {
		return err
	}
	return send(c, answer{status: status, media: mediaJSON, cache: cache, body: data})
}

// matches applies If-None-Match by weak comparison.
func matches(values []string, tag string) bool {
	for _, value := range values {
		for candidate := range strings.SplitSeq(value, ",") {
			candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/")
			if candidate == tag || candidate == "*" {
				return true
			}
		}
	}
	return false
}

// ReceiptView is a receipt as the API shows it.
type ReceiptView struct {
	ID        op.ID            `json:"id"`
	State     app.ReceiptState `json:"state"`
	Height    int64            `json:"height,omitempty"`
	Index     *int64           `json:"index,omitempty"`
	Time      string           `json:"time,omitempty"`
	Code      *int64           `json:"code,omitempty"` // final receipts: 0 is success
	CodeName  string           `json:"codeName,omitempty"`
	Retryable bool             `json:"retryable,omitempty"`
	Events    []EventView      `json:"events,omitempty"`
	Oldest    int64            `json:"-"`                  // unknown: the lowest height this center's index covers
	NoQuorum  bool             `json:"noQuorum,omitempty"` // accepted, but the league has no quorum at present
}

// final reports whether nothing will change any more.
func (v ReceiptView) final() bool { return v.State == app.Committed || v.State == app.Rejected }

func receiptView(r app.Receipt) ReceiptView {
	view := ReceiptView{ID: r.ID, State: r.State, Height: r.Height, Oldest: r.Oldest}
	if !view.final() {
		return view
	}
	code, index := int64(r.Code), r.Index
	view.Code, view.CodeName, view.Retryable = &code, r.Code.Info().Name, r.Code.Info().Retryable
	if r.Height > 0 {
		view.Index, view.Time = &index, timeText(r.Time)
	}
	for _, ev := range r.Events {
		view.Events = append(view.Events, eventView(app.Head{Height: r.Height, Time: r.Time}, ev, nil))
	}
	return view
}
