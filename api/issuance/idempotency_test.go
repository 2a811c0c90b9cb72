package issuance_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/credentials"
)

func key(k, body string) issuance.IssueOptions {
	return issuance.IssueOptions{Idempotency: &issuance.Idempotency{Principal: "p", Key: k, Request: []byte(body)}}
}

func TestARepeatedRequestGetsTheFirstAnswer(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	first, err := s.Issue(t.Context(), "demo", degree(c.did("demo"), ""), key("k", "body"))
	must(t, err)
	for _, again := range []*issuance.Service{s, c.start(t)} { // also after a crash
		second, err := again.Issue(t.Context(), "demo", degree(c.did("demo"), ""), key("k", "body"))
		must(t, err)
		same(t, second.Replayed, true)
		same(t, string(second.Body), string(first.Body))
	}
}

func TestAKeyIsForOneRequestOfOnePrincipal(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	first, err := s.Issue(t.Context(), "demo", degree(c.did("demo"), ""), key("k", "body"))
	must(t, err)
	_, err = s.Issue(t.Context(), "demo", degree(c.did("demo"), ""), key("k", "another body"))
	want(t, err, issuance.ErrKeyReused)
	_, err = s.Issue(t.Context(), "eddsa-jcs-2022", degree(c.did("eddsa-jcs-2022"), ""), key("k", "body"))
	want(t, err, issuance.ErrKeyReused)
	other := key("k", "body")
	other.Idempotency.Principal = "q"
	second, err := s.Issue(t.Context(), "demo", degree(c.did("demo"), ""), other)
	must(t, err)
	if bytes.Equal(first.Body, second.Body) {
		t.Fatal("a principal got another's answer")
	}
	for _, bad := range []string{"", string(make([]byte, 256))} {
		_, err = s.Issue(t.Context(), "demo", degree(c.did("demo"), ""), key(bad, "body"))
		want(t, err, issuance.ErrRequest)
	}
}

func TestARefusedRequestLeavesItsKeyFree(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	broken := degree(c.did("demo"), "")
	broken["type"] = "Nothing"
	_, err := s.Issue(t.Context(), "demo", broken, key("k", "broken"))
	if _, ok := errors.AsType[*credentials.ProblemError](err); !ok {
		t.Fatalf("error is %v", err)
	}
	_, err = s.Issue(t.Context(), "demo", degree(c.did("demo"), ""), key("k", "mended"))
	must(t, err)
}

func TestAnswersLiveForADay(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	first, err := s.Issue(t.Context(), "demo", degree(c.did("demo"), ""), key("k", "body"))
	must(t, err)
	c.clock.Add(24*time.Hour - time.Second)
	second, err := s.Issue(t.Context(), "demo", degree(c.did("demo"), ""), key("k", "body"))
	must(t, err)
	same(t, second.Replayed, true)
	c.clock.Add(time.Second)
	third, err := s.Issue(t.Context(), "demo", degree(c.did("demo"), ""), key("k", "body"))
	must(t, err)
	same(t, third.Replayed, false)
	if bytes.Equal(first.Body, third.Body) {
		t.Fatal("an expired answer was given")
	}
}

// slow is a key that signs when it is told to.
type slow struct {
	unreliable
	arrived chan struct{}
	gate    chan struct{}
}

func (s slow) Sign(ctx context.Context, message []byte) ([]byte, error) {
	s.arrived <- struct{}{}
	select {
	case <-s.gate:
		return s.Signer.Sign(ctx, message)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func TestWhileARequestIsInFlightItsRepetitionIsTold(t *testing.T) {
	c := newCenter(t)
	prepared := c.start(t)
	must(t, prepared.Prepare(t.Context()))
	signer := slow{unreliable{c.keys.more["university"], new(atomic.Bool)}, make(chan struct{}, 9), make(chan struct{})}
	c.keys.more["university"] = signer
	s := c.start(t)
	first := make(chan error, 1)
	go func() {
		_, err := s.Issue(t.Context(), "demo", degree(c.did("demo"), "urn:uuid:1"), key("k", "body"))
		first <- err
	}()
	<-signer.arrived
	_, err := s.Issue(t.Context(), "demo", degree(c.did("demo"), "urn:uuid:1"), key("k", "body"))
	want(t, err, issuance.ErrInFlight)
	_, err = s.Issue(t.Context(), "demo", degree(c.did("demo"), "urn:uuid:1"), key("k", "other"))
	want(t, err, issuance.ErrKeyReused)
	close(signer.gate)
	must(t, <-first)
}

// TestAfterACrashInFlightThereIsOneCredential kills a process between signing and recording, as far as a test can: it
// never gets the signature. The next process takes the request over; the first one, should it still live, stores nothing.
func TestAfterACrashInFlightThereIsOneCredential(t *testing.T) {
	c := newCenter(t)
	must(t, c.start(t).Prepare(t.Context()))
	usual := c.keys.more["university"]
	signer := slow{unreliable{usual, new(atomic.Bool)}, make(chan struct{}, 9), make(chan struct{})}
	c.keys.more["university"] = signer
	undead := c.start(t)
	first := make(chan error, 1)
	go func() {
		_, err := undead.Issue(t.Context(), "demo", degree(c.did("demo"), ""), key("k", "body"))
		first <- err
	}()
	<-signer.arrived
	c.keys.more["university"] = usual
	s := c.start(t)
	second, err := s.Issue(t.Context(), "demo", degree(c.did("demo"), ""), key("k", "body"))
	must(t, err)
	close(signer.gate)
	want(t, <-first, issuance.ErrInFlight)
	third, err := s.Issue(t.Context(), "demo", degree(c.did("demo"), ""), key("k", "body"))
	must(t, err)
	same(t, string(third.Body), string(second.Body))
}

func TestAHundredRepetitionsAtATimeIssueOnce(t *testing.T) {
	c := newCenter(t)
	services := []*issuance.Service{c.start(t), c.start(t)}
	must(t, services[0].Prepare(t.Context()))
	var mu sync.Mutex
	bodies := map[string]int{}
	var work sync.WaitGroup
	for n := range 100 {
		work.Go(func() {
			issued, err := services[n%2].Issue(t.Context(), "demo", degree(c.did("demo"), ""), key("k", "body"))
			if errors.Is(err, issuance.ErrInFlight) {
				return
			}
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			bodies[string(issued.Body)]++
		})
	}
	work.Wait()
	same(t, len(bodies), 1)
}

func TestTheStoreShowsNoClaims(t *testing.T) {
	c := newCenter(t)
	c.issuers[0].Retain = true
	s := c.start(t)
	credential := degree(c.did("demo"), "urn:uuid:1")
	credential["credentialSubject"] = map[string]any{"id": "did:example:ada-lovelace"}
	issued, err := s.Issue(t.Context(), "demo", credential, key("k", "did:example:ada-lovelace"))
	must(t, err)
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(c.place + suffix)
		must(t, err)
		for _, secret := range []string{"ada-lovelace", string(issued.Body[60:120])} {
			if bytes.Contains(data, []byte(secret)) {
				t.Errorf("api.db%s contains %q", suffix, secret)
			}
		}
	}
}
