package api

import (
	"context"
	"iter"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/did"
)

// LogEntry is one version of a DID in its log.
type LogEntry struct {
	VersionID   string         `json:"versionId"`
	Operation   string         `json:"operation,omitempty"` // id of the operation that made it; absent: genesis
	Time        string         `json:"time"`
	Height      int64          `json:"height"`
	Document    map[string]any `json:"didDocument"` // null: this version is the deactivation
	Threshold   int64          `json:"threshold"`
	Next        []string       `json:"next,omitempty"`     // pre-rotation hashes
	Recovery    map[string]any `json:"recovery,omitempty"` // declared recovery
	During      string         `json:"during,omitempty"`   // operation id of the recovery that was pending when it was made
	Deactivated bool           `json:"deactivated,omitempty"`
}

// Page sizes of logs.
const (
	defaultCount = 100
	maxCount     = 1000
)

// didLog answers GET /{did}/log: every version, oldest first, up to the last block whose state can be proved.
func (s *Server) didLog(c echo.Context) error {
	cache, err := s.mayMirror(c)
	if err != nil {
		return err
	}
	if err := knownQuery(c, "after", "count"); err != nil {
		return err
	}
	id, err := did.Parse(pathParam(c, "did"))
	if err != nil {
		return err
	}
	if id.Method() != "hanse" {
		return &Error{Name: "method-not-supported", Status: http.StatusNotImplemented, Detail: "only did:hanse has a log"}
	}
	after, err := intParam(c, "after", 0, 1<<53)
	if err != nil {
		return err
	}
	count, err := countParam(c)
	if err != nil {
		return err
	}
	return s.sendLog(c, id, logPage{int64(after), count, cache})
}

// logPage is what of a log is asked for, and how it may be cached.
type logPage struct {
	after int64
	count int
	cache string
}

func (s *Server) sendLog(c echo.Context, id did.DID, p logPage) error {
	ctx := c.Request().Context()
	present, height, err := s.record(ctx, id, identity.Key(id))
	if err != nil {
		return err
	}
	entries := []LogEntry{}
	n := p.after + 1
	for ; n <= present.N && len(entries) < p.count; n++ {
		record := present
		if n < present.N {
			if record, _, err = s.record(ctx, id, identity.VersionKey(id, n)); err != nil {
				return err
			}
		}
		entries = append(entries, logEntry(record))
	}
	page := map[string]any{"items": entries}
	if n <= present.N {
		page["next"] = logLink(string(id), n-1, p.count)
	}
	setHeight(c, height)
	return sendJSON(c, http.StatusOK, p.cache, page)
}

func logLink(id string, after int64, count int) string {
	return "/" + id + "/log?after=" + strconv.FormatInt(after, 10) + "&count=" + strconv.Itoa(count)
}

// record reads a version of id at a state key, with the height it was read at. did.ErrNotFound if there is none.
func (s *Server) record(ctx context.Context, id did.DID, key []byte) (*identity.Record, int64, error) {
	proof, err := s.opts.Ledger.Prove(ctx, key)
	if err != nil {
		return nil, 0, ledgerError(err)
	}
	record, err := identity.Get(oneRecord{key: identity.Key(id), value: proof.Value}, id)
	if err != nil {
		return nil, 0, err
	}
	if record == nil {
		return nil, 0, did.ErrNotFound
	}
	return record, proof.Height, nil
}

// oneRecord is a state with one record: what a proof showed.
type oneRecord struct{ key, value []byte }

func (r oneRecord) Get(key []byte) []byte {
	if string(key) != string(r.key) || len(r.value) == 0 {
		return nil
	}
	return r.value
}

func (r oneRecord) Range(_, _ []byte) iter.Seq2[[]byte, []byte] {
	return func(func([]byte, []byte) bool) {}
}

func logEntry(r *identity.Record) LogEntry {
	e := LogEntry{
		VersionID: r.VersionID, Time: timeText(r.Updated), Height: r.Height, Threshold: r.Threshold,
		Next: r.Next, Recovery: r.Recovery.Value(), During: r.During, Deactivated: r.Deactivated,
	}
	if _, operation, found := strings.Cut(r.VersionID, "-"); found {
		e.Operation = operation
	}
	if r.Document != nil {
		e.Document = r.Document.Value()
	}
	return e
}

// exportLog answers GET /export: the operations of the league in order, as far back as this center's index reaches.
func (s *Server) exportLog(c echo.Context) error {
	cache, err := s.mayMirror(c)
	if err != nil {
		return err
	}
	if err := knownQuery(c, "after", "count"); err != nil {
		return err
	}
	at := cursor{index: -1}
	if text := c.QueryParam("after"); text != "" {
		var ok bool
		if at, ok = parseCursor(text); !ok {
			return badParameter("after", "not a place in the log: <height>-<index>")
		}
	}
	count, err := countParam(c)
	if err != nil {
		return err
	}
	head, err := s.head(c)
	if err != nil {
		return err
	}
	items, last, more, err := s.exportPage(c.Request().Context(), at, count, head.Height)
	if err != nil {
		return err
	}
	page := map[string]any{"items": items}
	if more {
		page["next"] = "/export?after=" + last.String() + "&count=" + strconv.Itoa(count)
	}
	return sendJSON(c, http.StatusOK, cache, page)
}

// maxScan bounds the blocks that are read for one page: in a quiet league most are empty.
const maxScan = 2000

// exportPage collects up to count operations after a place, from a bounded number of blocks. last is where it got to;
// more says that there may be operations after it.
func (s *Server) exportPage(ctx context.Context, at cursor, count int, head int64) (items []ReceiptView, last cursor, more bool, err error) {
	items = []ReceiptView{}
	end := max(at.height, 0) + maxScan
	for from := at.height; from <= head && from < end; {
		blocks, err := s.opts.Ledger.Blocks(ctx, from, streamBlocks)
		if err != nil {
			return nil, at, false, ledgerError(err)
		}
		if len(blocks) == 0 {
			return items, at, false, nil
		}
		if blocks[0].Height > from { // the index begins later
			end = max(end, blocks[0].Height+maxScan)
		}
		for _, block := range blocks {
			for _, e := range logOf(block) {
				if e.at.height == at.height && e.at.index <= at.index {
					continue
				}
				if len(items) == count {
					return items, at, true, nil
				}
				items, at = append(items, e.view.(ReceiptView)), e.at
			}
			at = cursor{block.Height, max(0, len(block.Receipts)-1)}
			from = block.Height + 1
		}
	}
	return items, at, at.height < head, nil
}

// streamLog answers GET /export/stream.
func (s *Server) streamLog(c echo.Context) error {
	if _, err := s.mayMirror(c); err != nil {
		return err
	}
	if err := knownQuery(c, "after"); err != nil {
		return err
	}
	return s.stream(c, logOf)
}

// logOf is what the operation log says of a block.
func logOf(block app.BlockRecord) []entry {
	entries := make([]entry, 0, len(block.Receipts))
	for i, receipt := range block.Receipts {
		receipt.Height, receipt.Time, receipt.Index = block.Height, block.Time, int64(i)
		entries = append(entries, entry{at: cursor{block.Height, i}, event: "operation", view: receiptView(receipt)})
	}
	return entries
}

// intParam reads an integer query parameter within 0..maximum.
func intParam(c echo.Context, name string, fallback, maximum int) (int, error) {
	values := c.QueryParams()[name]
	if len(values) == 0 {
		return fallback, nil
	}
	n, err := strconv.Atoi(values[0])
	if err != nil || len(values) > 1 || n < 0 || n > maximum {
		return 0, badParameter(name, "an integer from 0 to "+strconv.Itoa(maximum)+" is expected")
	}
	return n, nil
}

func countParam(c echo.Context) (int, error) {
	count, err := intParam(c, "count", defaultCount, maxCount)
	if err != nil || count == 0 {
		return 0, badParameter("count", "an integer from 1 to "+strconv.Itoa(maxCount)+" is expected")
	}
	return count, nil
}
