package web_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/fetch"
	"github.com/hanse-id/hanse/did/resolve"
	"github.com/hanse-id/hanse/did/web"
)

const key = "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"

// host is an https server for example.com, with a guard that reaches it and nothing else of this machine.
type host struct {
	guard *fetch.Guard
	port  string
	asked atomic.Int32
}

func serve(t *testing.T, o fetch.Options, handler func(h *host, w http.ResponseWriter, r *http.Request)) *host {
	t.Helper()
	h := &host{}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.asked.Add(1)
		handler(h, w, r)
	}))
	t.Cleanup(server.Close)
	h.port = server.URL[strings.LastIndex(server.URL, ":")+1:]
	o.Roots = x509.NewCertPool()
	o.Roots.AddCert(server.Certificate())
	o.AllowHosts = []string{"example.com:" + h.port}
	if o.Lookup == nil {
		o.Lookup = func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		}
	}
	h.guard = fetch.New(o)
	t.Cleanup(h.guard.Close)
	return h
}

// did is the did:web of the host, with what follows.
func (h *host) did(path string) did.DID { return did.DID("did:web:example.com%3A" + h.port + path) }

func documentOf(id did.DID) string {
	return fmt.Sprintf(`{"@context":["https://www.w3.org/ns/did/v1"],"id":%q,"verificationMethod":[{"id":"#k","type":"Multikey","controller":%q,"publicKeyMultibase":%q}],"assertionMethod":["#k"]}`, id, id, key)
}

func answer(w http.ResponseWriter, media, body string) {
	w.Header().Set("Content-Type", media)
	_, _ = w.Write([]byte(body))
}

func TestDocumentsAreWhereTheIdentifierSays(t *testing.T) {
	h := serve(t, fetch.Options{}, func(h *host, w http.ResponseWriter, r *http.Request) {
		id, ok := map[string]did.DID{
			"/.well-known/did.json": h.did(""), "/issuers/demo/did.json": h.did(":issuers:demo"), "/a/b%C3%BC/did.json": h.did(":a:b%C3%BC"),
		}[r.URL.EscapedPath()]
		switch {
		case r.URL.Path == "/gone/did.json":
			w.WriteHeader(http.StatusGone)
		case !ok:
			http.NotFound(w, r)
		default:
			answer(w, "application/did+json; charset=utf-8", documentOf(id))
		}
	})
	resolver := web.New(h.guard, web.Options{})
	for _, path := range []string{"", ":issuers:demo", ":a:b%C3%BC"} {
		version, err := resolver.Resolve(t.Context(), h.did(path), did.At{})
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if version.DID != h.did(path) || !version.Document.Has(did.AssertionMethod, string(h.did(path))+"#k") {
			t.Errorf("%s: %+v", path, version)
		}
	}
	for _, name := range []string{":nobody", ":gone"} {
		if _, err := resolver.Resolve(t.Context(), h.did(name), did.At{}); !errors.Is(err, did.ErrNotFound) {
			t.Errorf("%s is %v", name, err)
		}
	}
}

// Reliability table 53: what a host may answer, and what becomes of it.
func TestAnswersThatAreNoDocumentAreRefused(t *testing.T) {
	h := serve(t, fetch.Options{MaxBytes: 1 << 16, Timeout: 300 * time.Millisecond}, func(h *host, w http.ResponseWriter, r *http.Request) {
		name := strings.Split(r.URL.Path, "/")[1]
		good := documentOf(h.did(":" + name))
		switch name {
		case "other":
			answer(w, "application/json", documentOf(h.did("")))
		case "case":
			answer(w, "application/json", documentOf(h.did(":Case")))
		case "html":
			answer(w, "text/html", good)
		case "no-type":
			w.Header()["Content-Type"] = nil
			_, _ = w.Write([]byte(good))
		case "broken":
			answer(w, "application/json", good[:len(good)-1])
		case "twice":
			answer(w, "application/json", strings.Replace(good, `"assertionMethod"`, `"id":"did:example:x","assertionMethod"`, 1))
		case "list":
			answer(w, "application/json", "["+good+"]")
		case "private":
			answer(w, "application/json", fmt.Sprintf(`{"id":%q,"verificationMethod":[{"id":"#k","type":"JsonWebKey","controller":%q,"publicKeyJwk":{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}}]}`, h.did(":private"), h.did(":private")))
		case "large":
			answer(w, "application/json", good+strings.Repeat(" ", 1<<16))
		case "slow":
			<-r.Context().Done()
		case "error":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "forbidden":
			w.WriteHeader(http.StatusForbidden)
		case "inside":
			http.Redirect(w, r, "https://10.0.0.1/did.json", http.StatusFound)
		case "plain":
			http.Redirect(w, r, "http://example.com:"+h.port+"/plain/did.json", http.StatusFound)
		case "loop":
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		}
	})
	resolver := web.New(h.guard, web.Options{})
	for name, want := range map[string]resolve.Code{
		"other": resolve.InvalidDIDDocument, "case": resolve.InvalidDIDDocument, "html": resolve.InvalidDIDDocument, "no-type": resolve.InvalidDIDDocument,
		"broken": resolve.InvalidDIDDocument, "twice": resolve.InvalidDIDDocument, "list": resolve.InvalidDIDDocument, "private": resolve.InvalidDIDDocument,
		"large": resolve.InternalError, "slow": resolve.InternalError, "error": resolve.InternalError, "forbidden": resolve.InternalError,
		"inside": resolve.InternalError, "plain": resolve.InternalError, "loop": resolve.InternalError,
	} {
		begin := time.Now()
		result := resolve.Resolve(t.Context(), resolver, string(h.did(":"+name)), resolve.Options{})
		err := result.Resolution.Error
		if err == nil || err.Code != want || result.Document != nil {
			t.Errorf("%s: %v, want %s", name, result.Err(), want)
			continue
		}
		if strings.Contains(err.Detail, "nWGxne") || strings.Contains(err.Error(), "nWGxne") {
			t.Errorf("%s: the error tells a private key: %v", name, err)
		}
		if time.Since(begin) > 5*time.Second {
			t.Errorf("%s took %s", name, time.Since(begin))
		}
	}
}

// Reliability tables 51 and 54: nothing is sent, and the DID is called invalid.
func TestIdentifiersThatLeadInsideAreInvalid(t *testing.T) {
	guard := fetch.New(fetch.Options{Lookup: func(_ context.Context, name string) ([]netip.Addr, error) {
		t.Errorf("%q was looked up", name)
		return nil, errors.New("not to be asked")
	}})
	resolver := web.New(guard, web.Options{})
	for _, id := range invalidDIDs {
		result := resolve.Resolve(t.Context(), resolver, id, resolve.Options{})
		if err := result.Resolution.Error; err == nil || err.Code != resolve.InvalidDID {
			t.Errorf("%s: %v", id, result.Err())
		}
	}
}

// Written well it is not called malformed; the code stays.
func TestWhatNobodyIsAskedForIsSaidSo(t *testing.T) {
	_, err := web.New(fetch.New(fetch.Options{}), web.Options{}).Resolve(t.Context(), "did:web:localhost%3A7080:issuers:web", did.At{})
	if !errors.Is(err, did.ErrInvalidDID) || err.Error() != "did:web: nobody is asked there: the name means something in one network only" {
		t.Error(err)
	}
}

// Reliability table 52: a name whose address is private when it is asked.
func TestNamesThatMeanAPlaceInsideAreNotReached(t *testing.T) {
	for _, addrs := range [][]string{{"10.0.0.1"}, {"169.254.169.254"}, {"::1"}, {"::ffff:10.0.0.1"}, {"9.9.9.9", "192.168.0.1"}, {"127.0.0.1"}} {
		guard := fetch.New(fetch.Options{Lookup: func(context.Context, string) (list []netip.Addr, _ error) {
			for _, a := range addrs {
				list = append(list, netip.MustParseAddr(a))
			}
			return list, nil
		}})
		result := resolve.Resolve(t.Context(), web.New(guard, web.Options{}), "did:web:a.example", resolve.Options{})
		err := result.Resolution.Error
		if err == nil || err.Code != resolve.InternalError {
			t.Errorf("%v: %v", addrs, result.Err())
			continue
		}
		if strings.Contains(err.Detail, addrs[0]) {
			t.Errorf("the error tells an address: %s", err.Detail)
		}
	}
}

func TestVersionsAreAFeatureThatIsNotThere(t *testing.T) {
	guard := fetch.New(fetch.Options{})
	for _, query := range []string{"?versionId=1", "?versionTime=2026-01-01T00:00:00Z"} {
		result := resolve.Resolve(t.Context(), web.New(guard, web.Options{}), "did:web:a.example"+query, resolve.Options{})
		if err := result.Resolution.Error; err == nil || err.Code != resolve.FeatureNotSupported || !strings.Contains(err.Detail, "no history") {
			t.Errorf("%s: %v", query, result.Err())
		}
	}
}

func TestAnAnswerIsKeptForAShortTime(t *testing.T) {
	h := serve(t, fetch.Options{}, func(h *host, w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "absent") {
			http.NotFound(w, r)
			return
		}
		id := h.did(strings.ReplaceAll(strings.TrimSuffix(r.URL.Path, "/did.json"), "/", ":"))
		answer(w, "application/json", documentOf(id))
	})
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	resolver := web.New(h.guard, web.Options{TTL: time.Minute, Entries: 2, Now: func() time.Time { return now }})
	ask := func(ctx context.Context, path string) int32 {
		t.Helper()
		before := h.asked.Load()
		_, _ = resolver.Resolve(ctx, h.did(path), did.At{})
		return h.asked.Load() - before
	}
	var got []int32
	got = append(got, ask(t.Context(), ":a"), ask(t.Context(), ":a"), ask(resolve.WithNoCache(t.Context()), ":a"))
	now = now.Add(time.Minute)
	got = append(got, ask(t.Context(), ":a"))                                                 // over
	got = append(got, ask(t.Context(), ":absent"), ask(t.Context(), ":absent"))               // what is not there is asked for again
	got = append(got, ask(t.Context(), ":A"), ask(t.Context(), ":a"))                         // to the letter (reliability table 59)
	got = append(got, ask(t.Context(), ":b"), ask(t.Context(), ":c"), ask(t.Context(), ":c")) // more than there is room for
	if diff := cmp.Diff([]int32{1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 0}, got); diff != "" {
		t.Error(diff)
	}
}

func TestOwnDocumentsAreNotFetched(t *testing.T) {
	own := &did.Document{ID: "did:web:a.example"}
	resolver := web.New(fetch.New(fetch.Options{}), web.Options{Own: func(_ context.Context, id did.DID) (*did.Document, bool, error) {
		if id == own.ID {
			return own, true, nil
		}
		return nil, strings.HasPrefix(string(id), "did:web:a.example:"), did.ErrNotFound
	}})
	version, err := resolver.Resolve(t.Context(), own.ID, did.At{})
	if err != nil || version.Document != own {
		t.Errorf("%+v %v", version, err)
	}
	if _, err := resolver.Resolve(t.Context(), "did:web:a.example:nobody", did.At{}); !errors.Is(err, did.ErrNotFound) {
		t.Error(err)
	}
}

// A document that its host took away is not answered from the cache once somebody saw that it is gone.
func TestADocumentThatIsGoneIsForgotten(t *testing.T) {
	var gone atomic.Bool
	h := serve(t, fetch.Options{}, func(h *host, w http.ResponseWriter, r *http.Request) {
		if gone.Load() {
			http.NotFound(w, r)
			return
		}
		answer(w, "application/json", documentOf(h.did(":a")))
	})
	resolver := web.New(h.guard, web.Options{})
	if _, err := resolver.Resolve(t.Context(), h.did(":a"), did.At{}); err != nil {
		t.Fatal(err)
	}
	gone.Store(true)
	for _, ctx := range []context.Context{resolve.WithNoCache(t.Context()), t.Context()} {
		if _, err := resolver.Resolve(ctx, h.did(":a"), did.At{}); !errors.Is(err, did.ErrNotFound) {
			t.Errorf("%v", err)
		}
	}
}

// A host is asked once, however many want to know the same at the same time; who gives up waiting does not end it for the others.
func TestAHostIsAskedOnceForManyWhoWait(t *testing.T) {
	asked, answerNow := make(chan struct{}), make(chan struct{})
	h := serve(t, fetch.Options{}, func(h *host, w http.ResponseWriter, r *http.Request) {
		close(asked) // a second time panics, and is no answer
		<-answerNow
		answer(w, "application/json", documentOf(h.did(":a")))
	})
	resolver := web.New(h.guard, web.Options{})
	impatient, giveUp := context.WithCancel(t.Context())
	first := make(chan error)
	go func() {
		_, err := resolver.Resolve(impatient, h.did(":a"), did.At{})
		first <- err
	}()
	<-asked
	giveUp()
	if err := <-first; err == nil {
		t.Error("who gave up got an answer")
	}
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if _, err := resolver.Resolve(t.Context(), h.did(":a"), did.At{}); err != nil {
				t.Error(err)
			}
		})
	}
	close(answerNow)
	all.Wait()
	if n := h.asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}
