package credentials

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hanse-id/hanse/credentials/statuslist"
	"github.com/hanse-id/hanse/did/fetch"
	"github.com/hanse-id/hanse/did/keys"
)

// publisher serves status lists, and notes what it was asked for.
type publisher struct {
	mu     sync.Mutex
	answer func(url string) (int, []byte, error)
	asked  []string
	accept string
	hold   chan struct{} // answers wait for it, if it is there
}

func (p *publisher) Get(ctx context.Context, url, accept string) (*fetch.Response, error) {
	p.mu.Lock()
	p.asked, p.accept = append(p.asked, url), accept
	answer, hold := p.answer, p.hold
	p.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	status, body, err := answer(url)
	if err != nil {
		return nil, err
	}
	return &fetch.Response{URL: url, Status: status, Body: body}, nil
}

func (p *publisher) serve(body []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = func(string) (int, []byte, error) { return http.StatusOK, body, nil }
}

func (p *publisher) fail() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = func(string) (int, []byte, error) { return 0, nil, errors.New("no connection") }
}

func (p *publisher) requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked)
}

// hands is a clock that a test moves.
type hands struct {
	mu  sync.Mutex
	now time.Time
}

func (h *hands) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hands) forward(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func newForeign(body []byte) (*ForeignStatus, *publisher, *hands) {
	p, h := &publisher{}, &hands{now: noon}
	p.serve(body)
	v := newVerifier()
	v.Now = h.Now
	return &ForeignStatus{Fetch: p, Verifier: v, Now: h.Now}, p, h
}

func entryQuery(issuer *Issuer, index int64) StatusQuery {
	return StatusQuery{Issuer: issuer.DID, Entry: StatusEntry{Type: EntryType, Purpose: "revocation", Index: index, List: listURL, Size: 1}}
}

func tokenQuery(issuer *Issuer, index int64) StatusQuery {
	return StatusQuery{Issuer: issuer.DID, Entry: StatusEntry{Type: TokenEntryType, Index: index, List: listURL}}
}

func wantStatus(t testing.TB, f *ForeignStatus, q StatusQuery, value uint64, stale bool) {
	t.Helper()
	got, err := f.Status(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if got.Value != value || got.Stale != stale {
		t.Fatalf("%+v, want value %d, stale %v", got, value, stale)
	}
}

func wantStatusProblem(t testing.TB, f *ForeignStatus, q StatusQuery, kind string) {
	t.Helper()
	got, err := f.Status(t.Context(), q)
	if p, ok := errors.AsType[*ProblemError](err); !ok || p.Problem.Type != kind {
		t.Fatalf("%+v, %v, want %s", got, err, kind)
	}
}

func TestForeignListsOfBothFormsAreRead(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	f, p, _ := newForeign(listOf(t, issuer, nil, 94_567))
	wantStatus(t, f, entryQuery(issuer, 94_567), 1, false)
	wantStatus(t, f, entryQuery(issuer, 1), 0, false)
	if !strings.HasPrefix(p.accept, "application/vc,") {
		t.Errorf("asked for %s", p.accept)
	}
	for _, kind := range []string{statuslist.TokenType, statuslist.TokenCWTType} {
		f, p, _ = newForeign(tokenOf(t, issuer, kind, nil))
		wantStatus(t, f, tokenQuery(issuer, 1), 1, false)
		wantStatus(t, f, tokenQuery(issuer, 2), 2, false)
		wantStatus(t, f, tokenQuery(issuer, 0), 0, false)
		if !strings.HasPrefix(p.accept, "application/statuslist+jwt,") || len(p.requests()) != 1 {
			t.Errorf("asked %q for %s", p.requests(), p.accept)
		}
		wantStatusProblem(t, f, tokenQuery(issuer, 128), ProblemRange)
	}
	if _, err := f.Status(t.Context(), StatusQuery{Entry: StatusEntry{Type: AccreditationEntryType}}); !errors.Is(err, ErrStatusType) {
		t.Errorf("an accreditation: %v", err)
	}
}

// Reliability table 66: who publishes a list does not learn which credential is verified.
func TestAForeignListIsAskedForWholeAndByItsNameAlone(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	f, p, _ := newForeign(listOf(t, issuer, nil))
	v := newVerifier()
	v.Status = f
	c := degree(issuer.DID, map[string]any{"credentialStatus": entryQuery(issuer, 4711).Entry.Value()})
	body := issue(t, issuer, c).Body
	wantDecision(t, verify(t, v, body), Accept)
	if got := p.requests(); len(got) != 1 || got[0] != listURL {
		t.Errorf("asked for %q", got)
	}
	// A credential whose signature does not hold makes nobody ask.
	f, p, _ = newForeign(listOf(t, issuer, nil))
	v.Status = f
	var envelope map[string]any
	if err := json.Unmarshal(body, &envelope); err != nil {
		t.Fatal(err)
	}
	id := envelope["id"].(string)
	flipped := map[byte]string{'A': "B"}[id[len(id)-20]]
	if flipped == "" {
		flipped = "A"
	}
	envelope["id"] = id[:len(id)-20] + flipped + id[len(id)-19:]
	wantDecision(t, verify(t, v, toJSON(t, envelope)), Reject)
	if got := p.requests(); len(got) != 0 {
		t.Errorf("a forgery made the verifier ask for %q", got)
	}
}

func TestAForeignListIsKeptAsLongAsItSays(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	f, p, h := newForeign(listOf(t, issuer, nil))
	wantStatus(t, f, entryQuery(issuer, 1), 0, false)
	h.forward(59 * time.Second)
	p.serve(listOf(t, issuer, func(l *statuslist.List) { l.ValidFrom = noon.Add(time.Second) }, 1))
	wantStatus(t, f, entryQuery(issuer, 1), 0, false)
	h.forward(2 * time.Second)
	wantStatus(t, f, entryQuery(issuer, 1), 1, false)
	if n := len(p.requests()); n != 2 {
		t.Errorf("%d requests", n)
	}
	// A list that ends before its time to live is asked for again when it ends.
	issuer = newIssuer(t, FormJWT, keys.EdDSA)
	f, p, h = newForeign(listOf(t, issuer, func(l *statuslist.List) { l.TTL, l.ValidUntil = time.Hour, noon.Add(time.Minute) }))
	wantStatus(t, f, entryQuery(issuer, 1), 0, false)
	h.forward(61 * time.Second)
	wantStatusProblem(t, f, entryQuery(issuer, 1), ProblemStatusVerification)
	if n := len(p.requests()); n != 2 {
		t.Errorf("%d requests", n)
	}
}

func TestAListThatCannotBeRenewedIsUsedWhileItIsValidAndCalledStale(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	f, p, h := newForeign(listOf(t, issuer, nil, 1)) // valid for an hour, to be renewed after a minute
	wantStatus(t, f, entryQuery(issuer, 1), 1, false)
	p.fail()
	h.forward(61 * time.Second)
	wantStatus(t, f, entryQuery(issuer, 1), 1, true)
	wantStatus(t, f, entryQuery(issuer, 2), 0, true)
	if n := len(p.requests()); n != 2 {
		t.Errorf("%d requests: a publisher that is down is not asked again at once", n)
	}
	h.forward(time.Hour)
	wantStatusProblem(t, f, entryQuery(issuer, 1), ProblemStatusRetrieval)
}

// Reliability table 63.
func TestAForeignListThatGoesBackIsRefused(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	old := listOf(t, issuer, nil)
	f, p, h := newForeign(listOf(t, issuer, func(l *statuslist.List) { l.ValidFrom = noon }, 1))
	wantStatus(t, f, entryQuery(issuer, 1), 1, false)
	p.serve(old)
	h.forward(61 * time.Second)
	wantStatusProblem(t, f, entryQuery(issuer, 1), ProblemStatusVerification)
	p.serve(listOf(t, issuer, func(l *statuslist.List) { l.ValidFrom = noon }))
	h.forward(10 * time.Second)
	wantStatusProblem(t, f, entryQuery(issuer, 1), ProblemStatusVerification) // two contents of one version
}

// Reliability table 61, 62.
func TestForeignListsThatAreNotTheEntrysFailClosed(t *testing.T) {
	issuer, other := newIssuer(t, FormJWT, keys.EdDSA), newIssuer(t, FormJWT, keys.EdDSA)
	for name, test := range map[string]struct {
		answer func(url string) (int, []byte, error)
		query  StatusQuery
		kind   string
	}{
		"not found": {func(string) (int, []byte, error) { return 404, nil, nil }, entryQuery(issuer, 1), ProblemStatusRetrieval},
		"no answer": {func(string) (int, []byte, error) { return 0, nil, errors.New("x") }, entryQuery(issuer, 1), ProblemStatusRetrieval},
		"nothing":   {func(string) (int, []byte, error) { return 200, nil, nil }, entryQuery(issuer, 1), ProblemStatusVerification},
		"garbage":   {func(string) (int, []byte, error) { return 200, []byte("{}"), nil }, tokenQuery(issuer, 1), ProblemStatusVerification},
		"another's": {func(string) (int, []byte, error) { return 200, listOf(t, other, nil), nil }, entryQuery(issuer, 1), ProblemStatusVerification},
		"a token":   {func(string) (int, []byte, error) { return 200, tokenOf(t, issuer, statuslist.TokenType, nil), nil }, entryQuery(issuer, 1), ProblemStatusVerification},
		"a list":    {func(string) (int, []byte, error) { return 200, listOf(t, issuer, nil), nil }, tokenQuery(issuer, 1), ProblemStatusVerification},
		"out of it": {func(string) (int, []byte, error) { return 200, listOf(t, issuer, nil), nil }, entryQuery(issuer, 131_072), ProblemRange},
		"another use": {func(string) (int, []byte, error) {
			return 200, listOf(t, issuer, func(l *statuslist.List) { l.Purposes = []string{"suspension"} }), nil
		}, entryQuery(issuer, 1), ProblemStatusVerification},
	} {
		t.Run(name, func(t *testing.T) {
			f, p, _ := newForeign(nil)
			p.answer = test.answer
			wantStatusProblem(t, f, test.query, test.kind)
			wantStatusProblem(t, f, test.query, test.kind)
			if n := len(p.requests()); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func TestAForeignListOfAPastTimeIsAskedForByThatTime(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	at := noon.Add(-24 * time.Hour)
	past := listOf(t, issuer, func(l *statuslist.List) { l.ValidFrom, l.ValidUntil = at, at.Add(time.Minute) }, 1)
	f, p, _ := newForeign(past)
	q := entryQuery(issuer, 1)
	q.At = at
	wantStatus(t, f, q, 1, false)
	f2, p2, _ := newForeign(tokenOf(t, issuer, statuslist.TokenType, func(l *statuslist.Token) { l.IssuedAt, l.Expires = at, at.Add(time.Minute) }))
	q2 := tokenQuery(issuer, 2)
	q2.At = at
	wantStatus(t, f2, q2, 2, false)
	if got, want := append(p.requests(), p2.requests()...), []string{
		listURL + "?timestamp=" + at.Format(time.RFC3339), fmt.Sprintf("%s?time=%d", listURL, at.Unix()),
	}; !slices.Equal(got, want) {
		t.Errorf("asked for %q, want %q", got, want)
	}
	// A publisher that does not know the parameter gives the present list: no answer.
	p.serve(listOf(t, issuer, nil))
	q.At = at.Add(-time.Hour)
	wantStatusProblem(t, f, q, ProblemStatusRetrieval)
	// Nor is a list an answer that does not say from when on it holds: it may be the present one, whatever was asked for.
	f, _, _ = newForeign(listOf(t, issuer, func(l *statuslist.List) { l.ValidFrom = time.Time{} }, 1))
	wantStatusProblem(t, f, q, ProblemStatusRetrieval)
	q.At = time.Time{}
	wantStatus(t, f, q, 1, false)
}

func TestManyVerificationsShareOneFetch(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	f, p, _ := newForeign(listOf(t, issuer, nil, 7))
	p.hold = make(chan struct{})
	gone, cancel := context.WithCancel(t.Context())
	first := make(chan error)
	go func() {
		_, err := f.Status(gone, entryQuery(issuer, 7))
		first <- err
	}()
	for len(p.requests()) == 0 { // until the fetch is under way
		time.Sleep(time.Millisecond)
	}
	var work sync.WaitGroup
	for range 20 {
		work.Go(func() {
			if got, err := f.Status(t.Context(), entryQuery(issuer, 7)); err != nil || got.Value != 1 {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	cancel() // whoever asked first may go: the others get their answer
	if err := <-first; err == nil {
		t.Error("an answer for who did not wait")
	}
	close(p.hold)
	work.Wait()
	if n := len(p.requests()); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestTheKeptListsAreBounded(t *testing.T) {
	c := newListCache(3, 100)
	put := func(n, size int) {
		c.put(listKey{url: fmt.Sprint(n)}, &keptList{List: statuslist.List{Bits: make([]byte, size)}}, noon)
	}
	for n := range 10 {
		put(n, 10)
	}
	if c.order.Len() != 3 || len(c.held) != 3 || c.bytes != 30 || c.get(listKey{url: "9"}) == nil {
		t.Errorf("%d lists, %d bytes", c.order.Len(), c.bytes)
	}
	put(10, 85)
	if c.order.Len() != 2 || c.bytes != 95 {
		t.Errorf("%d lists, %d bytes", c.order.Len(), c.bytes)
	}
	put(11, 1000) // larger than all: it alone stays
	if c.order.Len() != 1 || c.bytes != 1000 {
		t.Errorf("%d lists, %d bytes", c.order.Len(), c.bytes)
	}
	c.failed(listKey{url: "11"}, errors.New("x"), noon)
	if h := c.get(listKey{url: "11"}); h.list == nil || h.err == nil || c.bytes != 1000 {
		t.Errorf("%+v, %d bytes", h, c.bytes)
	}
}
