package api

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hanse-id/hanse/api/cache"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

// deadL2 is a shared cache that does not answer.
type deadL2 struct{}

var errDead = errors.New("dead")

func (deadL2) Get(context.Context, string) ([]byte, error)              { return nil, errDead }
func (deadL2) Set(context.Context, string, []byte, time.Duration) error { return errDead }
func (deadL2) Take(context.Context, string) ([]byte, error)             { return nil, errDead }
func (deadL2) Close() error                                             { return nil }

// aCache is a cache, beside l2 if that is not nil, that was asked for one value often.
func aCache(t *testing.T, l2 cache.L2) *cache.Cache {
	t.Helper()
	c, err := cache.New(cache.Options{L2: l2, Key: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	for n := range 10 {
		if _, _, err := c.Get(t.Context(), strings.Repeat("k", 1+n%5), "s", func(context.Context) ([]byte, int64, error) { return []byte("v"), 1, nil }); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func (c *center) scrape(t *testing.T) string {
	t.Helper()
	w := httptest.NewRecorder()
	c.MetricsHandler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	return w.Body.String()
}

func TestWhatTheCacheCountedIsOnMetrics(t *testing.T) {
	c := startCenter(t, func(o *Options) { o.Cache = aCache(t, deadL2{}) })
	page := c.scrape(t)
	for _, line := range []string{
		`hanse_cache_hits_total{level="l1"} 5`, `hanse_cache_hits_total{level="l2"} 0`, "hanse_cache_misses_total 5",
		"hanse_cache_rejected_total 0", "hanse_cache_stale_total 0", "hanse_cache_discarded_total 0",
		"hanse_cache_entries 5", "hanse_cache_shared_available 0",
	} {
		if !strings.Contains(page, line+"\n") {
			t.Errorf("/metrics lacks %q", line)
		}
	}
	if strings.Contains(page, "hanse_cache_errors_total 0\n") {
		t.Error("calls that failed are not counted")
	}
	if strings.Contains(startCenter(t).scrape(t), "hanse_cache_") {
		t.Error("a server without cache shows one")
	}
}

func TestASharedCacheThatIsDownDoesNotMakeACenterUnready(t *testing.T) {
	for name, test := range map[string]struct {
		l2 cache.L2
		ok bool
	}{"none": {nil, true}, "down": {deadL2{}, false}} {
		c := startCenter(t, func(o *Options) { o.Cache = aCache(t, test.l2) })
		view := c.client.Get(t, "/readyz?verbose").Want(t, 200).JSON(t)
		check := checkNamed(t, view, "cache")
		if check["optional"] != true || check["ok"] != test.ok {
			t.Errorf("shared cache %s: %v", name, check)
		}
	}
}

func TestACenterWhoseKeysCannotBeReadIsNotReady(t *testing.T) {
	keep := &failingKeys{Store: keystore.NewMemory()}
	c := startCenter(t, func(o *Options) { o.Keystore = keep })
	c.client.Get(t, "/readyz").Want(t, 200) // no key, no fault
	if _, err := keep.Generate(t.Context(), "sponsor", keys.EdDSA); err != nil {
		t.Fatal(err)
	}
	if check := checkNamed(t, c.client.Get(t, "/readyz?verbose").Want(t, 200).JSON(t), "signer"); check["ok"] != true {
		t.Errorf("signer: %v", check)
	}
	keep.err = keystore.ErrDamaged
	view := c.client.Get(t, "/readyz?verbose").Want(t, 503).JSON(t)
	if check := checkNamed(t, view, "signer"); check["ok"] != false || view["reasons"].([]any)[0] != "signer" {
		t.Errorf("signer: %v of %v", check, view)
	}
}

func TestAClockBehindTheLeagueIsShown(t *testing.T) {
	local := &clock{now: time.Now()}
	c := startCenter(t, func(o *Options) { o.Now = local.Now })
	c.league.Create(t)
	if check := checkNamed(t, c.client.Get(t, "/readyz?verbose").Want(t, 200).JSON(t), "clock"); check["ok"] != true {
		t.Errorf("clock: %v", check)
	}
	local.Advance(-time.Minute)
	if check := checkNamed(t, c.client.Get(t, "/readyz?verbose").Want(t, 200).JSON(t), "clock"); check["ok"] != false || check["optional"] != true {
		t.Errorf("clock: %v", check)
	}
}

type failingKeys struct {
	keystore.Store
	err error
}

func (f *failingKeys) Signer(ctx context.Context, name string) (keystore.Signer, error) {
	if f.err != nil {
		return nil, f.err
	}
	return f.Store.Signer(ctx, name)
}

func checkNamed(t *testing.T, view map[string]any, name string) map[string]any {
	t.Helper()
	for _, check := range view["checks"].([]any) {
		if one := check.(map[string]any); one["name"] == name {
			return one
		}
	}
	t.Fatalf("no check %s in %v", name, view)
	return nil
}
