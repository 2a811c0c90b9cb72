package remote

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/hanse-id/hanse/did/fetch"
)

// server answers requests and counts them.
type server struct {
	mu      sync.Mutex
	asked   int
	answer  func(url string) (*fetch.Response, error)
	arrived chan string   // if set: told of each request
	release chan struct{} // if set: answers wait for it
}

func (s *server) Get(ctx context.Context, url, _ string) (*fetch.Response, error) {
	s.mu.Lock()
	s.asked++
	s.mu.Unlock()
	if s.arrived != nil {
		s.arrived <- url
	}
	if s.release != nil {
		select {
		case <-s.release:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return s.answer(url)
}

func (s *server) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

func document(body, cache string) func(string) (*fetch.Response, error) {
	return func(url string) (*fetch.Response, error) {
		h := http.Header{}
		if cache != "" {
			h.Set("Cache-Control", cache)
		}
		return &fetch.Response{URL: url, Status: 200, Header: h, Body: []byte(body)}, nil
	}
}

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func get(t testing.TB, d *Documents, url string) Document {
	t.Helper()
	document, err := d.Get(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

func TestDocumentsAreKeptAsLongAsTheirServersSay(t *testing.T) {
	for cache, life := range map[string]time.Duration{
		"": 5 * time.Minute, "max-age=60": time.Minute, "public, MAX-AGE=60": time.Minute, "max-age=999999": time.Hour,
		"max-age=x": 5 * time.Minute, "no-store": 0, "private, no-cache": 0, "max-age=0": 0,
	} {
		s, c := &server{answer: document("x", cache)}, &clock{now: time.Unix(1_800_000_000, 0)}
		d := New(s, Options{Now: c.Now})
		get(t, d, "https://a.example")
		if life > 0 {
			c.pass(life - time.Second)
			get(t, d, "https://a.example")
			if s.count() != 1 {
				t.Errorf("%q: asked %d times within its life", cache, s.count())
			}
			c.pass(time.Second)
		}
		get(t, d, "https://a.example")
		if s.count() != 2 {
			t.Errorf("%q: asked %d times after its life", cache, s.count())
		}
	}
}

func TestAYoungerDocumentCanBeAskedFor(t *testing.T) {
	s, c := &server{answer: document("x", "")}, &clock{now: time.Unix(1_800_000_000, 0)}
	d := New(s, Options{Now: c.Now})
	get(t, d, "https://a.example")
	c.pass(20 * time.Second)
	for _, test := range []struct {
		age  time.Duration
		want int
	}{{30 * time.Second, 1}, {20 * time.Second, 2}, {time.Second, 2}} {
		if _, err := d.Younger(t.Context(), "https://a.example", test.age); err != nil || s.count() != test.want {
			t.Errorf("younger than %s: asked %d times, %v", test.age, s.count(), err)
		}
	}
}

func TestWhoAsksAtOnceIsAnsweredByOneRequest(t *testing.T) {
	s := &server{answer: document("x", ""), arrived: make(chan string, 1), release: make(chan struct{})}
	d := New(s, Options{})
	first, cancel := context.WithCancel(t.Context())
	errs := make(chan error, 1)
	go func() { _, err := d.Get(first, "https://a.example"); errs <- err }()
	<-s.arrived
	cancel() // who asked first goes away: the request goes on for the others
	if err := <-errs; !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	var others sync.WaitGroup
	for range 8 {
		others.Go(func() {
			if _, err := d.Get(t.Context(), "https://a.example"); err != nil {
				t.Error(err)
			}
		})
	}
	close(s.release)
	others.Wait()
	if s.count() != 1 {
		t.Errorf("asked %d times", s.count())
	}
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	s, c := &server{answer: document("1234567890", "")}, &clock{now: time.Unix(1_800_000_000, 0)}
	d := New(s, Options{MaxKept: 3, MaxTotal: 25, Now: c.Now})
	for i := range 10 {
		get(t, d, fmt.Sprintf("https://%d.example", i))
		c.pass(time.Second)
	}
	if len(d.kept) != 2 || d.total != 20 {
		t.Errorf("%d documents of %d bytes are kept", len(d.kept), d.total)
	}
	get(t, d, "https://9.example")
	if s.count() != 10 {
		t.Error("the last one was not kept")
	}
}

func TestAnswersAreToldApart(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		body   string
		err    error
		want   error
	}{
		"absent":      {status: 404, want: ErrAbsent},
		"gone":        {status: 410, want: ErrAbsent},
		"large":       {status: 200, body: "12345678901", want: ErrTooLarge},
		"refused":     {err: &fetch.Error{Kind: fetch.Refused}, want: ErrRefused},
		"too large":   {err: &fetch.Error{Kind: fetch.TooLarge}, want: ErrTooLarge},
		"unavailable": {err: &fetch.Error{Kind: fetch.Unavailable}},
		"broken":      {status: 500},
		"forbidden":   {status: 403},
	} {
		s := &server{answer: func(url string) (*fetch.Response, error) {
			return &fetch.Response{URL: url, Status: test.status, Header: http.Header{}, Body: []byte(test.body)}, test.err
		}}
		d := New(s, Options{MaxBytes: 10})
		for range 2 { // failures are not kept
			_, err := d.Get(t.Context(), "https://a.example")
			if err == nil || test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("%s: error is %v", name, err)
			}
			for _, final := range []error{ErrAbsent, ErrRefused, ErrTooLarge} {
				if errors.Is(err, final) != (final == test.want) { //nolint:errorlint // the very sentinel
					t.Errorf("%s: error is %v", name, err)
				}
			}
		}
		if s.count() != 2 {
			t.Errorf("%s: asked %d times", name, s.count())
		}
	}
}
