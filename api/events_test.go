package api

import (
	"bufio"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
)

// message is one Server-Sent Event.
type message struct {
	id, event string
	data      EventView
}

// listen opens a stream and returns its messages; end closes it.
func listen(t *testing.T, c *center, target, lastID string) (messages <-chan message, end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.client.URL+target, nil)
	if err != nil {
		t.Fatal(err)
	}
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	response, err := http.DefaultClient.Do(r) //nolint:bodyclose // the goroutine below closes it
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != 200 || response.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%s: %d %v", target, response.StatusCode, response.Header)
	}
	out := make(chan message, 100)
	go func() {
		defer close(out)
		defer response.Body.Close()
		var m message
		for lines := bufio.NewScanner(response.Body); lines.Scan(); {
			field, value, _ := strings.Cut(lines.Text(), ": ")
			switch field {
			case "id":
				m.id = value
			case "event":
				m.event = value
			case "data":
				_ = json.Unmarshal([]byte(value), &m.data)
			case "":
				if m.id != "" {
					out <- m
				}
				m = message{}
			}
		}
	}()
	return out, cancel
}

func receive(t *testing.T, messages <-chan message) message {
	t.Helper()
	select {
	case m, open := <-messages:
		if !open {
			t.Fatal("the stream ended")
		}
		return m
	case <-time.After(20 * time.Second):
		t.Fatal("no event came")
	}
	return message{}
}

func TestEventsArriveAndAStreamResumesWhereItEnded(t *testing.T) {
	c := startCenter(t)
	messages, end := listen(t, c, "/v1/events", "")
	first := c.league.Create(t)
	seen := receive(t, messages)
	if seen.event != "did.created" || seen.data.Subjects[0] != "did/"+first.DID.String() || seen.data.Operation == nil {
		t.Fatalf("event %+v", seen)
	}
	end()
	var missed []string
	for range 3 {
		missed = append(missed, "did/"+c.league.Create(t).DID.String())
	}
	again, _ := listen(t, c, "/v1/events", seen.id)
	for _, want := range missed {
		if got := receive(t, again); got.data.Subjects[0] != want {
			t.Errorf("resumed with %v, want %s", got.data.Subjects, want)
		}
	}
}

func TestEventsAreFilteredByTypeAndDID(t *testing.T) {
	c := startCenter(t)
	p, q := c.league.Create(t), c.league.Create(t)
	byDID, _ := listen(t, c, "/v1/events?after=0-0&did="+q.DID.String(), "")
	byType, _ := listen(t, c, "/v1/events?after=0-0&type=list.*,did.updated", "")
	c.league.Update(t, p, document(p))
	if got := receive(t, byDID); got.data.Subjects[0] != "did/"+q.DID.String() {
		t.Errorf("by DID: %+v", got)
	}
	if got := receive(t, byType); got.event != "did.updated" {
		t.Errorf("by type: %+v", got)
	}
	for _, bad := range []string{"did=nonsense", "colour=blue", "after=x"} {
		c.client.Get(t, "/v1/events?"+bad).WantProblem(t, 400, "invalid-parameter")
	}
	c.client.With("Last-Event-ID", "x").Get(t, "/v1/events").WantProblem(t, 400, "invalid-parameter")
	c.client.Do(t, http.MethodHead, "/v1/events", nil).Want(t, 405)
}

func TestTheLogStreams(t *testing.T) {
	c := startCenter(t)
	c.league.Create(t)
	messages, _ := listen(t, c, "/export/stream?after=0-0", "")
	if got := receive(t, messages); got.event != "operation" || got.id != "2-0" {
		t.Errorf("%+v", got)
	}
}

func TestDrainingEndsStreamsAndReadiness(t *testing.T) {
	c := startCenter(t)
	c.client.Get(t, "/readyz").Want(t, 200)
	messages, _ := listen(t, c, "/v1/events", "")
	c.Drain()
	select {
	case _, open := <-messages:
		if open {
			t.Error("an event came out of nothing")
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the stream did not end")
	}
	view := c.client.Get(t, "/readyz?verbose").Want(t, 503).JSON(t)
	if reasons := view["reasons"].([]any); reasons[len(reasons)-1] != "draining" {
		t.Errorf("reasons %v", reasons)
	}
	c.client.Get(t, "/livez").Want(t, 200)
}

func TestStreamsAreBounded(t *testing.T) {
	c := startCenter(t, func(o *Options) { o.Limits.Streams = 1 })
	_, end := listen(t, c, "/v1/events", "")
	c.client.Get(t, "/v1/events").WantProblem(t, 503, "too-many-streams")
	end()
	for deadline := time.Now().Add(20 * time.Second); ; {
		c.events.mu.Lock()
		left := c.events.streams
		c.events.mu.Unlock()
		if left == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the stream was not given back")
		}
		time.Sleep(5 * time.Millisecond)
	}
	listen(t, c, "/v1/events", "")
}

func TestEventsOfABlockAreNumberedWhateverIsFiltered(t *testing.T) {
	block := app.BlockRecord{
		Head: app.Head{Height: 7}, Events: []exec.Event{{Type: "block"}},
		Receipts: []app.Receipt{{Events: []exec.Event{{Type: "a"}, {Type: "b"}}}, {Events: []exec.Event{{Type: "a"}}}},
	}
	var places []string
	for _, e := range eventsOf(block, eventFilter{types: []string{"a"}}) {
		places = append(places, e.at.String())
	}
	if strings.Join(places, " ") != "7-1 7-3" {
		t.Errorf("places %v, want 7-1 7-3", places)
	}
}

func TestOneClientCannotTakeAllStreams(t *testing.T) {
	c := startCenter(t, func(o *Options) { o.Limits.Streams = 20 })
	listen(t, c, "/v1/events", "")
	listen(t, c, "/export/stream", "")
	refused := c.client.Get(t, "/v1/events")
	refused.WantProblem(t, 429, "too-many-streams")
	if refused.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	leave, err := c.events.join(t.Context(), "ip:192.0.2.9")
	if err != nil {
		t.Fatalf("another client: %v", err)
	}
	leave()
	if c.events.clients["ip:192.0.2.9"] != 0 || len(c.events.clients) != 1 {
		t.Errorf("clients %v", c.events.clients)
	}
}

// The blocks that streams share must follow the head again after nobody listened for a while.
func TestRecentBlocksFollowTheHeadAfterAPause(t *testing.T) {
	c := startCenter(t)
	ledger := &blockReads{Ledger: c.league}
	hub := newEventHub(ledger, 10, slog.New(slog.DiscardHandler))
	read := func(from int64) int {
		t.Helper()
		blocks, err := hub.blocks(t.Context(), from, streamBlocks)
		if err != nil {
			t.Fatal(err)
		}
		for i, block := range blocks {
			if block.Height != from+int64(i) {
				t.Errorf("asked for %d, block %d is %d", from, i, block.Height)
			}
		}
		return len(blocks)
	}
	head := func() int64 {
		h, err := c.league.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return h.Height
	}
	c.league.Create(t)
	read(head())
	for range 2 * keptBlocks { // nobody listens
		c.league.Block(t)
	}
	read(head())
	ledger.reads = 0
	for range 5 {
		if read(head()) != 1 {
			t.Error("the head is not among the recent blocks")
		}
	}
	if ledger.reads != 0 {
		t.Errorf("the ledger was read %d times for a block that is known", ledger.reads)
	}
	if read(1) != streamBlocks || read(head()-1) != 2 || read(head()+1) != 0 {
		t.Error("history, head and future are mixed up")
	}
	c.league.Block(t)
	if read(head()) != 1 || len(hub.recent) > keptBlocks {
		t.Errorf("%d recent blocks", len(hub.recent))
	}
}

type blockReads struct {
	Ledger
	reads int
}

func (b *blockReads) Blocks(ctx context.Context, from int64, limit int) ([]app.BlockRecord, error) {
	b.reads++
	return b.Ledger.Blocks(ctx, from, limit)
}

// A page of the log costs a bounded number of blocks, however quiet the league was; the next page goes on.
func TestAPageOfTheLogReadsABoundedNumberOfBlocks(t *testing.T) {
	c := startCenter(t)
	first := c.league.Create(t)
	quiet := &quietLedger{Ledger: c.league, last: 3*maxScan + 7}
	c.opts.Ledger = quiet
	seen, pages := 0, 0
	for next := "/export"; next != ""; pages++ {
		quiet.blocks = 0
		page := c.client.Get(t, next).Want(t, 200).JSON(t)
		seen += len(page["items"].([]any))
		if quiet.blocks > maxScan+streamBlocks {
			t.Errorf("page %d read %d blocks", pages, quiet.blocks)
		}
		next, _ = page["next"].(string)
	}
	if seen != 2 || pages != 4 {
		t.Errorf("%d operations on %d pages, want 2 on 4 (%s)", seen, pages, first.DID)
	}
}

// quietLedger has an operation in its first and its last block, and many empty ones between.
type quietLedger struct {
	Ledger
	last   int64
	blocks int
}

func (q *quietLedger) Head(ctx context.Context) (app.Head, error) {
	head, err := q.Ledger.Head(ctx)
	head.Height = q.last
	return head, err
}

func (q *quietLedger) Blocks(_ context.Context, from int64, limit int) ([]app.BlockRecord, error) {
	var blocks []app.BlockRecord
	for height := max(from, 1); height <= q.last && len(blocks) < limit; height++ {
		block := app.BlockRecord{}
		if block.Height = height; height == 1 || height == q.last {
			block.Receipts = []app.Receipt{{State: app.Committed}}
		}
		blocks = append(blocks, block)
	}
	q.blocks += len(blocks)
	return blocks, nil
}
