package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// EventView is one event of the ledger, as streams show it.
type EventView struct {
	Type       string            `json:"type"`
	Height     int64             `json:"height"`
	Time       string            `json:"time"`                // of the block, RFC 3339
	Operation  *op.ID            `json:"operation,omitempty"` // absent: the block itself did it
	Subjects   []string          `json:"subjects,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
}

// cursor is a place in a stream: an entry of a block. Its text form, "<height>-<index>", is the SSE event id.
type cursor struct {
	height int64
	index  int // of the last entry seen; −1: none of this block
}

func (p cursor) String() string { return strconv.FormatInt(p.height, 10) + "-" + strconv.Itoa(p.index) }

func parseCursor(s string) (cursor, bool) {
	height, index, found := strings.Cut(s, "-")
	h, errH := strconv.ParseInt(height, 10, 64)
	i, errI := strconv.Atoi(index)
	p := cursor{height: h, index: i}
	return p, found && errH == nil && errI == nil && h >= 0 && i >= 0 && p.String() == s
}

// eventFilter selects events; empty fields select all.
type eventFilter struct {
	types    []string // exact, or a prefix followed by "*"
	subjects []string
}

func (f eventFilter) selects(ev exec.Event) bool {
	return f.selectsType(ev.Type) && (len(f.subjects) == 0 || slices.ContainsFunc(ev.Subjects, func(s string) bool { return slices.Contains(f.subjects, s) }))
}

func (f eventFilter) selectsType(kind string) bool {
	return len(f.types) == 0 || slices.ContainsFunc(f.types, func(want string) bool {
		prefix, open := strings.CutSuffix(want, "*")
		return want == kind || (open && strings.HasPrefix(kind, prefix))
	})
}

// maxFilters bounds the values of one filter parameter.
const maxFilters = 50

func parseEventFilter(c echo.Context) (eventFilter, error) {
	if err := knownQuery(c, "type", "did", "subject", "after"); err != nil {
		return eventFilter{}, err
	}
	f := eventFilter{types: listParam(c, "type"), subjects: listParam(c, "subject")}
	dids := listParam(c, "did")
	for name, values := range map[string][]string{"type": f.types, "subject": f.subjects, "did": dids} {
		if len(values) > maxFilters {
			return f, badParameter(name, fmt.Sprintf("at most %d values are taken", maxFilters))
		}
	}
	for _, subject := range f.subjects {
		if !isSubject(subject) {
			return f, badParameter("subject", "no subject of events; subjects are "+strings.Join(slices.Concat(soleSubjects, subjectKinds), ", "))
		}
	}
	for _, text := range dids {
		id, err := did.Parse(text)
		if err != nil {
			return f, badParameter("did", "not a DID")
		}
		f.subjects = append(f.subjects, exec.SubjectDID(id), exec.SubjectCenter(id), exec.SubjectTrust(id))
	}
	return f, nil
}

// What events are about: subjects of which there is one, and the beginnings of the others.
var (
	soleSubjects = []string{exec.SubjectParams, exec.SubjectRules, exec.SubjectUpgrade}
	subjectKinds = []string{
		exec.SubjectDID(""), exec.SubjectList(""), exec.SubjectCenter(""), "proposal/", exec.SubjectTrust(""), exec.SubjectGrant(""),
		exec.SubjectSchema(""),
	}
)

func isSubject(subject string) bool {
	return slices.Contains(soleSubjects, subject) ||
		slices.ContainsFunc(subjectKinds, func(kind string) bool { return strings.HasPrefix(subject, kind) && subject != kind })
}

// listParam reads a query parameter that may be repeated and may hold a comma-separated list.
func listParam(c echo.Context, name string) []string {
	var values []string
	for _, value := range c.QueryParams()[name] {
		for part := range strings.SplitSeq(value, ",") {
			if part != "" {
				values = append(values, part)
			}
		}
	}
	return values
}

// knownQuery refuses query parameters that are not named: a typo must not pass silently.
func knownQuery(c echo.Context, names ...string) error {
	var unknown []string
	for name := range c.QueryParams() {
		if !slices.Contains(names, name) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown)
	known := "there are none here"
	if len(names) > 0 {
		known = "known are " + strings.Join(names, ", ")
	}
	return badParameter(unknown[0], "unknown parameter; "+known)
}

// streamEvents answers GET /v1/events.
func (s *Server) streamEvents(c echo.Context) error {
	filter, err := parseEventFilter(c)
	if err != nil {
		return err
	}
	return s.stream(c, func(block app.BlockRecord) []entry { return eventsOf(block, filter) })
}

// eventsOf numbers the events of a block (its own first, then those of its operations) and keeps what filter selects.
func eventsOf(block app.BlockRecord, filter eventFilter) []entry {
	var entries []entry
	index := 0
	add := func(ev exec.Event, id *op.ID) {
		if filter.selects(ev) {
			entries = append(entries, entry{at: cursor{block.Height, index}, event: ev.Type, view: eventView(block.Head, ev, id)})
		}
		index++
	}
	for _, ev := range block.Events {
		add(ev, nil)
	}
	for i := range block.Receipts {
		for _, ev := range block.Receipts[i].Events {
			add(ev, &block.Receipts[i].ID)
		}
	}
	return entries
}

func eventView(head app.Head, ev exec.Event, id *op.ID) EventView {
	view := EventView{Type: ev.Type, Height: head.Height, Time: timeText(head.Time), Operation: id, Subjects: ev.Subjects}
	if len(ev.Attributes) > 0 {
		view.Attributes = make(map[string]string, len(ev.Attributes))
		for _, a := range ev.Attributes {
			view.Attributes[a.Name] = a.Value
		}
	}
	return view
}

// timeText is the RFC 3339 form, without sub-seconds, of Unix seconds.
func timeText(seconds int64) string { return time.Unix(seconds, 0).UTC().Format(time.RFC3339) }

// eventHub wakes streams when a block is committed. It watches the ledger while somebody listens, and keeps the last
// blocks so that a thousand streams cost one read.
type eventHub struct {
	ledger Ledger
	max    int
	log    *slog.Logger

	mu      sync.Mutex
	streams int
	clients map[string]int // streams by client
	stop    context.CancelFunc
	signal  chan struct{} // closed at the next block

	blocksMu sync.Mutex
	recent   []app.BlockRecord // ascending, without gaps
}

const (
	keptBlocks  = 64 // recent blocks that the hub keeps
	streamShare = 10 // one client may have this part of all streams
)

func newEventHub(ledger Ledger, streams int, log *slog.Logger) *eventHub {
	return &eventHub{ledger: ledger, max: streams, log: log, clients: make(map[string]int), signal: make(chan struct{})}
}

// join counts a stream of a client in ("": one that is not counted); leave must be called.
func (h *eventHub) join(ctx context.Context, client string) (leave func(), err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.streams >= h.max {
		return nil, &Error{Name: "too-many-streams", Status: http.StatusServiceUnavailable, Detail: "all event streams are taken", Retryable: true, After: 5 * time.Second}
	}
	if client != "" && h.clients[client] >= max(1, h.max/streamShare) {
		return nil, &Error{Name: "too-many-streams", Status: http.StatusTooManyRequests, Detail: "you have too many event streams open", Retryable: true, After: 5 * time.Second}
	}
	h.streams++
	h.clients[client]++
	if h.streams == 1 {
		watch, stop := context.WithCancel(context.WithoutCancel(ctx))
		h.stop = stop
		go h.watch(watch)
	}
	return func() { h.leave(client) }, nil
}

func (h *eventHub) leave(client string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.clients[client]--; h.clients[client] <= 0 {
		delete(h.clients, client)
	}
	if h.streams--; h.streams == 0 {
		h.stop()
	}
}

// watch follows the ledger until ctx ends; an interruption is retried. Streams look by themselves every second, so that a
// lost wake-up costs a second.
func (h *eventHub) watch(ctx context.Context) {
	for ctx.Err() == nil {
		err := h.ledger.Watch(ctx, func(app.Summary) { h.wake() })
		if ctx.Err() != nil {
			return
		}
		h.log.Warn("watching the ledger was interrupted", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

func (h *eventHub) wake() {
	h.mu.Lock()
	defer h.mu.Unlock()
	close(h.signal)
	h.signal = make(chan struct{})
}

// next returns a channel that is closed when a block has been committed after the call.
func (h *eventHub) next() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.signal
}

// blocks reads committed blocks from a height on, oldest first. Who follows the head shares one read; who reads history
// reads for itself, so that it holds up nobody.
func (h *eventHub) blocks(ctx context.Context, from int64, limit int) ([]app.BlockRecord, error) {
	if blocks, known, err := h.shared(ctx, from, limit); known {
		return blocks, err
	}
	blocks, err := h.ledger.Blocks(ctx, from, limit)
	if err == nil && len(blocks) > 0 && len(blocks) < limit { // up to the head
		h.keep(blocks)
	}
	return blocks, err
}

// shared answers from the recent blocks, or reads those that follow them; known is false where from is elsewhere.
func (h *eventHub) shared(ctx context.Context, from int64, limit int) (blocks []app.BlockRecord, known bool, err error) {
	h.blocksMu.Lock()
	defer h.blocksMu.Unlock()
	n := len(h.recent)
	if n == 0 || from < h.recent[0].Height || from > h.recent[n-1].Height+1 {
		return nil, false, nil
	}
	if i := int(from - h.recent[0].Height); i < n {
		return slices.Clone(h.recent[i:min(n, i+limit)]), true, nil
	}
	if blocks, err = h.ledger.Blocks(ctx, from, limit); err != nil {
		return nil, true, err
	}
	h.recent = append(h.recent, blocks...)
	if drop := len(h.recent) - keptBlocks; drop > 0 {
		h.recent = slices.Delete(h.recent, 0, drop)
	}
	return blocks, true, nil
}

// keep starts the recent blocks anew: nobody listened for a while.
func (h *eventHub) keep(blocks []app.BlockRecord) {
	h.blocksMu.Lock()
	defer h.blocksMu.Unlock()
	if n := len(h.recent); n == 0 || blocks[0].Height > h.recent[n-1].Height+1 {
		h.recent = slices.Clone(blocks)
	}
}
