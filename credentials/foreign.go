package credentials

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hanse-id/hanse/credentials/statuslist"
	"github.com/hanse-id/hanse/did"
)

// ForeignStatus is the StatusSource of lists that no ledger at hand knows: it fetches them from where they are published, verifies
// them like credentials, and keeps them as long as they say. It fetches whole lists by their URL alone: who publishes one does not
// learn which credential is being verified. A Verifier asks for a status only when the issuer's signature is established, so nothing
// that a forger names is fetched. Its fields must not change once it is used; it is then safe for concurrent use.
type ForeignStatus struct {
	Fetch    Fetcher          // *fetch.Guard: URLs are strangers' words
	Verifier *Verifier        // resolves the lists' issuers; its policy and sources beside Resolver and Issuers are not asked
	MaxLists int              // kept, default 256
	MaxBytes int              // of kept lists, decompressed; default 64 MiB
	Now      func() time.Time // nil: time.Now

	once  sync.Once
	kept  *listCache
	seen  statuslist.Watermark // the newest version of every list
	mu    sync.Mutex
	going map[listKey]*listFetch
}

var _ StatusSource = (*ForeignStatus)(nil)

// How long what was fetched is used.
const (
	defaultListTTL = time.Minute      // where a list does not say
	maxListTTL     = 24 * time.Hour   // whatever it says
	failureTTL     = 5 * time.Second  // a list that could not be had is not asked for again at once
	staleTTL       = time.Hour        // a list that cannot be renewed is used, and called stale, while it is valid
	pastListTTL    = 10 * time.Minute // lists of past instants
	flightTime     = 20 * time.Second // bounds one fetch and verification
)

// maxFlights bounds the fetches under way, each of which may hold a decompressed list.
const maxFlights = 32

// listKey names a list as one verification sees it.
type listKey struct {
	url    string
	token  bool
	issuer did.DID
	at     int64 // unix seconds; 0: now
}

// listFetch is a fetch under way, which several verifications may wait for.
type listFetch struct {
	done chan struct{}
	list *keptList
	err  error
}

// Status reads an entry of a list, now or at a past instant (?timestamp= of a Bitstring list, ?time= of a token, where its publisher
// knows them). Errors are *ProblemError: unavailable is STATUS_RETRIEVAL_ERROR; a list that is not valid, not its issuer's or older
// than one seen before is STATUS_VERIFICATION_ERROR.
func (f *ForeignStatus) Status(ctx context.Context, q StatusQuery) (StatusResult, error) {
	switch q.Entry.Type {
	case EntryType, TokenEntryType:
	default:
		return StatusResult{}, ErrStatusType
	}
	f.once.Do(func() { f.kept = newListCache(f.MaxLists, f.MaxBytes) })
	key := listKey{url: q.Entry.List, token: q.Entry.Type == TokenEntryType, issuer: q.Issuer}
	if !q.At.IsZero() {
		key.at = max(1, q.At.Unix())
	}
	held := f.kept.get(key)
	if now := f.now(); held != nil && now.Before(held.until) {
		return held.answer(q, now)
	}
	list, err := f.join(ctx, key, q)
	now := f.now()
	if err == nil {
		return list.answer(q, now)
	}
	if held == nil {
		return StatusResult{}, err
	}
	return (&heldList{key: key, list: held.list, had: held.had, err: err}).answer(q, now)
}

func (f *ForeignStatus) now() time.Time {
	if f.Now == nil {
		return time.Now()
	}
	return f.Now()
}

// join waits for the one fetch of a list, starting it where none is under way. The fetch goes on when ctx ends: others wait too.
func (f *ForeignStatus) join(ctx context.Context, key listKey, q StatusQuery) (*keptList, error) {
	f.mu.Lock()
	flight := f.going[key]
	if flight == nil && len(f.going) >= maxFlights {
		f.mu.Unlock()
		return nil, statusError(ProblemStatusRetrieval, errors.New("too many status lists are being fetched at present"))
	}
	if flight == nil {
		if f.going == nil {
			f.going = make(map[listKey]*listFetch)
		}
		flight = &listFetch{done: make(chan struct{})}
		f.going[key] = flight
		go f.run(context.WithoutCancel(ctx), key, q, flight)
	}
	f.mu.Unlock()
	select {
	case <-flight.done:
		return flight.list, flight.err
	case <-ctx.Done():
		return nil, statusError(ProblemStatusRetrieval, ctx.Err())
	}
}

// run fetches a list, verifies it and keeps it, or that it could not be had.
func (f *ForeignStatus) run(ctx context.Context, key listKey, q StatusQuery, flight *listFetch) {
	ctx, cancel := context.WithTimeout(ctx, flightTime)
	defer cancel()
	flight.list, flight.err = f.fetch(ctx, key, q)
	now := f.now()
	if flight.err != nil {
		f.kept.failed(key, flight.err, now.Add(failureTTL))
	} else {
		f.kept.put(key, flight.list, now.Add(flight.list.lifetime(key, now)))
	}
	f.mu.Lock()
	delete(f.going, key)
	f.mu.Unlock()
	close(flight.done)
}

func (f *ForeignStatus) fetch(ctx context.Context, key listKey, q StatusQuery) (*keptList, error) {
	target, err := key.target()
	if err != nil {
		return nil, statusError(ProblemStatusVerification, err)
	}
	response, err := f.Fetch.Get(ctx, target, key.accept())
	if err != nil {
		return nil, statusError(ProblemStatusRetrieval, err)
	}
	if response.Status != http.StatusOK {
		return nil, statusError(ProblemStatusRetrieval, fmt.Errorf("status %d from %.128q", response.Status, target))
	}
	list, err := f.Verifier.readList(ctx, q, response.Body)
	switch {
	case err != nil:
		return nil, err
	case key.at == 0:
		return list, list.observe(&f.seen, 0)
	case list.ValidFrom.IsZero(): // it may be the present one: not every publisher knows the parameter
		return nil, statusError(ProblemStatusRetrieval, errors.New("the list at hand does not say from when on it holds"))
	}
	return list, nil
}

// accept asks for the form of the list that the entry means.
func (k listKey) accept() string {
	if k.token {
		return "application/statuslist+jwt, application/statuslist+cwt;q=0.5"
	}
	return "application/vc, application/vc+jwt, application/vc+sd-jwt;q=0.9, application/vc+cose;q=0.9, application/ld+json;q=0.8, application/json;q=0.7"
}

// target is the URL to fetch. Nothing of the credential is in it but what the list itself is called.
func (k listKey) target() (string, error) {
	if k.at == 0 {
		return k.url, nil
	}
	u, err := url.Parse(k.url)
	if err != nil {
		return "", fmt.Errorf("%w: not a URL", statuslist.ErrVerification)
	}
	parameter := "timestamp=" + time.Unix(k.at, 0).UTC().Format("2006-01-02T15:04:05Z")
	if k.token {
		parameter = "time=" + strconv.FormatInt(k.at, 10)
	}
	u.RawQuery = strings.TrimPrefix(u.RawQuery+"&"+parameter, "&")
	return u.String(), nil
}

// lifetime is how long a list is used without asking again: as long as it says, and never beyond its end.
func (l *keptList) lifetime(key listKey, now time.Time) time.Duration {
	if key.at != 0 {
		return pastListTTL
	}
	ttl := l.TTL
	if ttl <= 0 {
		ttl = defaultListTTL
	}
	if !l.ValidUntil.IsZero() {
		ttl = min(ttl, l.ValidUntil.Sub(now))
	}
	return max(0, min(ttl, maxListTTL))
}
