package api

import (
	"bytes"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/hanse-id/hanse/api/apitest"
	"github.com/hanse-id/hanse/api/auth"
	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/resolve"
)

// center is an API over a league of one process, for tests.
type center struct {
	*Server
	league *ledgertest.Ledger
	keys   auth.Store
	log    *lines
	client *apitest.Client
}

// startCenter serves an API; change may adapt its options first.
func startCenter(t *testing.T, change ...func(*Options)) *center {
	t.Helper()
	league := ledgertest.New(t, ledgertest.Options{})
	c := &center{league: league, keys: auth.NewMemory(nil), log: &lines{}}
	opts := Options{
		League: league.League, PublicURL: "https://center.example/", Version: "test", Ledger: league, Keys: c.keys,
		Resolver: resolve.NewRouter(map[string]did.Resolver{
			"hanse": resolve.NewHanse(league.League, league), "key": resolve.Key{}, "jwk": resolve.JWK{},
		}),
		Log:    slog.New(slog.NewJSONHandler(c.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Limits: Limits{Rate: -1, KeyRate: -1},
	}
	for _, f := range change {
		f(&opts)
	}
	server, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	c.Server = server
	c.client = apitest.New(t, server.Handler())
	t.Cleanup(server.Drain)
	return c
}

// key makes an API key with scopes and returns its token.
func (c *center) key(t *testing.T, scopes ...string) string {
	t.Helper()
	_, token, err := c.keys.Create(t.Context(), auth.NewKey{Name: "test", Scopes: scopes})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// lines is what was logged. It is safe for concurrent use.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// clock is a time that a test sets.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
