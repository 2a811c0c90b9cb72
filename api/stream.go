package api

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/app"
)

// entry is one message of a stream.
type entry struct {
	at    cursor
	event string // SSE event name; empty: "message"
	view  any
}

// How streams behave.
const (
	streamPoll      = time.Second      // look for blocks without being woken
	streamKeepAlive = 15 * time.Second // a comment, so that proxies keep the connection
	streamWrite     = 20 * time.Second // a reader that takes longer loses the stream (and resumes)
	streamBlocks    = 50               // blocks read at a time
)

// stream answers with Server-Sent Events (WHATWG HTML, section 9.2): what project makes of every block after the place that
// Last-Event-ID (or ?after=) names, and of every block to come. Without such a place it starts with the next block.
func (s *Server) stream(c echo.Context, project func(app.BlockRecord) []entry) error {
	ctx := c.Request().Context()
	at, err := s.streamStart(c)
	if err != nil {
		return err
	}
	leave, err := s.events.join(ctx, principalOf(c).counted(c))
	if err != nil {
		return err
	}
	defer leave()
	s.metrics.streams.Inc()
	defer s.metrics.streams.Dec()

	out := newEventWriter(c)
	if err := out.open(); err != nil {
		return nil // the reader has gone
	}
	poll := time.NewTicker(streamPoll)
	defer poll.Stop()
	for {
		woken := s.events.next()
		if at, err = s.copyBlocks(ctx, out, at, project); err != nil {
			s.log.Debug("event stream ended", "requestId", requestID(c), "error", err)
			return nil // the answer has begun: the reader resumes
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.draining:
			return nil
		case <-woken:
		case <-poll.C:
			if err := out.keepAlive(s.opts.Now()); err != nil {
				return nil
			}
		}
	}
}

// streamStart finds where a stream begins.
func (s *Server) streamStart(c echo.Context) (cursor, error) {
	name, text := "Last-Event-ID", c.Request().Header.Get("Last-Event-ID")
	if text == "" {
		name, text = "after", c.QueryParam("after")
	}
	if text != "" {
		at, ok := parseCursor(text)
		if !ok {
			return at, badParameter(name, "not a place in the stream: <height>-<index>")
		}
		return at, nil
	}
	head, err := s.opts.Ledger.Head(c.Request().Context())
	if err != nil {
		return cursor{}, ledgerError(err)
	}
	return cursor{height: head.Height + 1, index: -1}, nil
}

// copyBlocks writes all there is after at, and returns where it got to.
func (s *Server) copyBlocks(ctx context.Context, out *eventWriter, at cursor, project func(app.BlockRecord) []entry) (cursor, error) {
	for {
		blocks, err := s.events.blocks(ctx, at.height, streamBlocks)
		if err != nil || len(blocks) == 0 {
			return at, err
		}
		for _, block := range blocks {
			for _, e := range project(block) {
				if e.at.height == at.height && e.at.index <= at.index {
					continue
				}
				if err := out.write(e); err != nil {
					return at, err
				}
			}
			at = cursor{height: block.Height + 1, index: -1}
		}
		if err := out.flush(); err != nil {
			return at, err
		}
		if s.isDraining() || ctx.Err() != nil {
			return at, ctx.Err()
		}
	}
}

// eventWriter writes Server-Sent Events.
type eventWriter struct {
	c       echo.Context
	control *http.ResponseController
	last    time.Time // of the last flush, for keep-alives
}

func newEventWriter(c echo.Context) *eventWriter {
	return &eventWriter{c: c, control: http.NewResponseController(c.Response())}
}

func (w *eventWriter) open() error {
	h := w.c.Response().Header()
	h.Set(echo.HeaderContentType, "text/event-stream")
	h.Set(echo.HeaderCacheControl, "no-store")
	h.Set("X-Accel-Buffering", "no")
	w.c.Response().WriteHeader(http.StatusOK)
	if _, err := w.c.Response().Write([]byte("retry: 1000\n\n")); err != nil {
		return err
	}
	return w.flush()
}

func (w *eventWriter) write(e entry) error {
	data, err := encodeJSON(e.view)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString("id: " + e.at.String() + "\n")
	if e.event != "" && !strings.ContainsAny(e.event, "\r\n") {
		b.WriteString("event: " + e.event + "\n")
	}
	b.WriteString("data: ")
	b.Write(bytes.TrimRight(data, "\n"))
	b.WriteString("\n\n")
	w.deadline()
	_, err = w.c.Response().Write(b.Bytes())
	return err
}

func (w *eventWriter) keepAlive(now time.Time) error {
	if now.Sub(w.last) < streamKeepAlive {
		return nil
	}
	w.last = now
	w.deadline()
	if _, err := w.c.Response().Write([]byte(": still here\n\n")); err != nil {
		return err
	}
	return w.flush()
}

// deadline gives the reader time for what follows. Writers without deadlines (tests) have none.
func (w *eventWriter) deadline() { _ = w.control.SetWriteDeadline(time.Now().Add(streamWrite)) }

func (w *eventWriter) flush() error {
	w.deadline()
	return w.control.Flush()
}
