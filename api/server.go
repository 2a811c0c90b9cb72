package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/net/netutil"
)

// Server is the HTTP half of a center. Make one with New; it is safe for concurrent use.
type Server struct {
	opts    Options
	log     *slog.Logger
	echo    *echo.Echo
	table   map[string]route // "METHOD /path" → row
	spec    *spec
	metrics *metrics
	limiter *limiter
	events  *eventHub
	jobs    *jobStore
	checks  []HealthCheck

	challenges *challenges
	batches    batchSlots // of credentials that are verified

	security []fixedHeader

	renderings *renderings
	profile    profile

	drainOnce sync.Once
	draining  chan struct{} // closed when Serve starts to end: streams finish
}

// New returns a server over opts. It starts nothing: see Handler and Serve.
func New(opts Options) (*Server, error) {
	if err := opts.validate(); err != nil {
		return nil, err
	}
	s := &Server{opts: opts, log: opts.Log, checks: opts.ownChecks(), security: securityHeaders(opts.PublicURL), draining: make(chan struct{})}
	var err error
	if s.spec, err = loadSpec(opts); err != nil {
		return nil, err
	}
	if s.metrics, err = newMetrics(opts.Metrics, opts.Cache); err != nil {
		return nil, err
	}
	if s.renderings, err = newRenderings(); err != nil {
		return nil, err
	}
	s.limiter = newLimiter(opts.Limits, opts.Now)
	s.events = newEventHub(opts.Ledger, opts.Limits.Streams, opts.Log)
	s.challenges = newChallenges(opts.Cache)
	s.jobs = newJobStore(opts.Limits.Jobs, opts.Limits.JobTTL, opts.Now)
	s.echo = s.newEcho()
	return s, nil
}

func (s *Server) newEcho() *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = s.handleError
	e.IPExtractor = s.clientIP
	e.Use(s.middleware()...)
	s.mount(e)
	return e
}

// Handler returns the whole API as one http.Handler.
func (s *Server) Handler() http.Handler { return s.echo }

// Serve answers on l until ctx ends, then drains: streams end, open requests get Limits.Drain to finish. It closes l.
// It returns nil after a clean drain.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	limits := s.opts.Limits
	server := &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       limits.Request,
		WriteTimeout:      2 * limits.Request, // streams extend theirs with every event
		IdleTimeout:       90 * time.Second,
		MaxHeaderBytes:    limits.Header,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(netutil.LimitListener(l, limits.Connections)) }()

	select {
	case err := <-ended:
		return fmt.Errorf("serve %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	s.Drain()
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), limits.Drain)
	defer cancel()
	err := server.Shutdown(drain)
	if errors.Is(err, context.DeadlineExceeded) {
		s.log.Warn("requests were still open after the drain time; closing them", "seconds", limits.Drain.Seconds())
		err = server.Close()
	}
	if served := <-ended; err == nil && !errors.Is(served, http.ErrServerClosed) {
		err = served
	}
	return err
}

// Drain makes /readyz say no and ends all event streams; requests are still answered. Serve calls it; so may an operator's signal handler, earlier.
func (s *Server) Drain() { s.drainOnce.Do(func() { close(s.draining) }) }

func (s *Server) isDraining() bool {
	select {
	case <-s.draining:
		return true
	default:
		return false
	}
}

// unescape decodes percent-encoding once; what is malformed stays as it is and fails to parse later.
func unescape(s string) string {
	if decoded, err := url.PathUnescape(s); err == nil {
		return decoded
	}
	return s
}

// link returns an absolute URL of this center for a path that starts with a slash.
func (s *Server) link(path string) string { return s.opts.PublicURL + path }
