package cache_test

import (
	"strings"
	"testing"

	"github.com/hanse-id/hanse/api/cache"
	"github.com/hanse-id/hanse/api/cache/cachetest"
	"github.com/hanse-id/hanse/api/cache/redistest"
)

func TestMemoryIsAnL2(t *testing.T) {
	cachetest.Run(t, func(*testing.T) cache.L2 { return cache.NewMemory(64 << 20) })
}

func TestRedisIsAnL2(t *testing.T) {
	server := redistest.Start(t)
	cachetest.Run(t, func(t *testing.T) cache.L2 {
		server.Flush()
		return openRedis(t, server)
	})
}

func openRedis(t testing.TB, server *redistest.Server) *cache.Redis {
	t.Helper()
	store, err := cache.NewRedis(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestMemoryIsBounded(t *testing.T) {
	store := cache.NewMemory(1 << 20)
	defer store.Close()
	value := make([]byte, 10_000)
	for i := range 2000 {
		if err := store.Set(t.Context(), strings.Repeat("k", i+1), value, 1e12); err != nil {
			t.Fatal(err)
		}
	}
	store.CleanUp()
	if n := store.Bytes(); n > 1<<20 {
		t.Errorf("%d bytes are kept", n)
	}
}

func TestRedisURLs(t *testing.T) {
	for _, good := range []string{
		"redis://localhost:6379/0", "redis://localhost", "rediss://u:p@h:1/2", "redis://:p%40ss@h:1",
		"redis://a:1,b:2,c:3/0", "redis://u:p@a:1,b:2/0?master_name=m", "redis://a:1?cluster=true", "redis://[::1]:6379/0",
	} {
		store, err := cache.NewRedis(good)
		if err != nil {
			t.Errorf("%s: %v", good, err)
			continue
		}
		store.Close()
	}
	for _, bad := range []string{
		"", "localhost:6379", "http://secret@h", "redis://u:secret@h:port", "redis://u:secret@h:1/zero",
		"redis://u:secret@h:1/0?timeout=1", "redis://a:1,,b:2", "redis://u:se cret@h\x7f", "unix:///tmp/secret",
	} {
		store, err := cache.NewRedis(bad)
		if err == nil {
			store.Close()
			t.Errorf("%s: accepted", bad)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error repeats the password: %v", err)
		}
	}
}
