package cache_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/hanse-id/hanse/api/cache"
	"github.com/hanse-id/hanse/api/cache/redistest"
)

// BenchmarkGet reads 1 KiB values; the controls are a sync.Map, and one GET of the same bytes through go-redis.
func BenchmarkGet(b *testing.B) {
	const n = 1000
	value := make([]byte, 1024)
	fill := func(context.Context) ([]byte, int64, error) { return value, 7, nil }
	keys, subjects := make([]string, n), make([]string, n)
	var control sync.Map
	for i := range n {
		keys[i], subjects[i] = fmt.Sprint("doc/did:hanse:test:", i), fmt.Sprint("did/did:hanse:test:", i)
		control.Store(keys[i], value)
	}
	b.Run("control-sync-map", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			control.Load(keys[i%n])
		}
	})
	b.Run("l1", func(b *testing.B) {
		c := open(b, cache.Options{})
		for i := 0; b.Loop(); i++ {
			if _, _, err := c.Get(b.Context(), keys[i%n], subjects[i%n], fill); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("miss", func(b *testing.B) {
		c := open(b, cache.Options{})
		for i := 0; b.Loop(); i++ {
			c.Invalidate(7+int64(i), subjects[i%n:i%n+1])
			if _, _, err := c.Get(b.Context(), keys[i%n], subjects[i%n], fill); err != nil {
				b.Fatal(err)
			}
		}
	})
	server := redistest.Start(b)
	b.Run("control-redis-get", func(b *testing.B) {
		client := redis.NewClient(&redis.Options{Addr: server.Addr(), Protocol: 2})
		defer client.Close()
		if err := client.Set(b.Context(), "k", value, time.Minute).Err(); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if err := client.Get(b.Context(), "k").Err(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("l2", func(b *testing.B) {
		writer := open(b, cache.Options{L2: openRedis(b, server)})
		for i := range n {
			if _, _, err := writer.Get(b.Context(), keys[i], subjects[i], fill); err != nil {
				b.Fatal(err)
			}
		}
		eventually(b, "entries in L2", func() bool { return len(must(server.Keys())) >= n*9/10 })
		if err := writer.Close(); err != nil {
			b.Fatal(err)
		}
		// An L1 without room for more than a few values.
		c := open(b, cache.Options{L2: openRedis(b, server), MaxBytes: 64})
		for i := 0; b.Loop(); i++ {
			if _, _, err := c.Get(b.Context(), keys[i%n], subjects[i%n], fill); err != nil {
				b.Fatal(err)
			}
		}
		if s := c.Stats(); s.L2Hits < s.L1Hits {
			b.Errorf("%+v", s)
		}
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
