package issuance

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// More writes may wait than one commit takes: each of them is made, and says so.
func TestMoreWritesThanOneCommitTakesAreAllMade(t *testing.T) {
	s, err := OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "api.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	const many = 3*groupWrites + 1
	var mu sync.Mutex
	made := 0
	begun, release, all := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var waiting sync.WaitGroup
	waiting.Go(func() {
		err := s.writer.do(context.Background(), func(*writer) error { close(begun); <-release; return nil })
		if err != nil {
			t.Error(err)
		}
	})
	<-begun
	for range many {
		waiting.Go(func() {
			err := s.writer.do(context.Background(), func(*writer) error {
				mu.Lock()
				defer mu.Unlock()
				made++
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	close(release)
	go func() { waiting.Wait(); close(all) }()
	select {
	case <-all:
	case <-time.After(20 * time.Second):
		mu.Lock()
		defer mu.Unlock()
		t.Fatalf("%d of %d writes were made and the others wait for ever", made, many)
	}
	if made != many {
		t.Fatalf("%d of %d writes were made", made, many)
	}
}
