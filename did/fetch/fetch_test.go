package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// serve starts an https server on loopback and returns a guard that knows its certificate and takes every name for 127.0.0.1.
func serve(t *testing.T, handler http.HandlerFunc, o Options) (*Guard, *httptest.Server) {
	t.Helper()
	server := httptest.NewTLSServer(handler)
	t.Cleanup(server.Close)
	o.AllowLoopback = true
	o.Roots = x509.NewCertPool()
	o.Roots.AddCert(server.Certificate())
	if o.Lookup == nil {
		o.Lookup = fixed("127.0.0.1")
	}
	guard := New(o)
	t.Cleanup(guard.Close)
	return guard, server
}

// fixed is a resolver that gives every name the same addresses.
func fixed(addrs ...string) func(context.Context, string) ([]netip.Addr, error) {
	var list []netip.Addr
	for _, a := range addrs {
		list = append(list, netip.MustParseAddr(a))
	}
	return func(context.Context, string) ([]netip.Addr, error) { return list, nil }
}

// named is the server's URL under a name that its certificate has.
func named(t *testing.T, server *httptest.Server, name, path string) string {
	t.Helper()
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return "https://" + name + ":" + u.Port() + path
}

func wantKind(t *testing.T, err error, kind Kind) *Error {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Kind != kind {
		t.Fatalf("error is %v, want %s", err, kind)
	}
	return e
}

func TestGetReturnsWhatTheServerSays(t *testing.T) {
	guard, server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Cookie") != "" || r.Header.Get("Authorization") != "" || r.Header.Get("Accept") != "application/json" || r.Method != http.MethodGet {
			t.Errorf("request is %s %v", r.Method, r.Header)
		}
		w.Header().Set("Set-Cookie", "a=b")
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"a":1}`)
	}, Options{})
	for range 2 {
		response, err := guard.Get(t.Context(), named(t, server, "example.com", "/x?y=z"), "application/json")
		if err != nil {
			t.Fatal(err)
		}
		if response.Status != http.StatusNotFound || string(response.Body) != `{"a":1}` || response.Header.Get("Content-Type") != "application/json" ||
			response.URL != named(t, server, "example.com", "/x?y=z") {
			t.Errorf("response is %+v", response)
		}
	}
}

func TestCompressedAnswersAreUnpacked(t *testing.T) {
	guard, server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "gzip" {
			t.Errorf("Accept-Encoding is %q", r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = z.Write(bytes.Repeat([]byte("a"), 1000))
		_ = z.Close()
	}, Options{MaxBytes: 1000})
	response, err := guard.Get(t.Context(), named(t, server, "example.com", "/"), "")
	if err != nil || len(response.Body) != 1000 {
		t.Fatalf("%+v %v", response, err)
	}
}

// Reliability table 51: nothing is sent to hosts that are, or mean, a place inside.
func TestHostileHostsAreRefused(t *testing.T) {
	guard := New(Options{Lookup: func(_ context.Context, host string) ([]netip.Addr, error) {
		t.Errorf("%q was looked up", host)
		return nil, errors.New("not to be asked")
	}})
	for _, host := range hostileHosts {
		_, err := guard.Get(t.Context(), "https://"+host+"/x", "")
		wantKind(t, err, Refused)
	}
	for _, u := range []string{
		"http://a.example/", "ftp://a.example/", "file:///etc/passwd", "//a.example/", "a.example", "", "https:a.example", "https://user@a.example/",
		"https://user:secret@a.example/", "https://a.example/#fragment", "https://a.example/#", "https://a.example:0/", "https://a.example:65536/",
		"https://a.example:/", "https://a.example:0443/", "https://a.example:http/", "https://a.example/\n", "gopher://a.example/", "data:,x", "https://a.example/%zz",
		"https://a.example/" + strings.Repeat("a", maxURL), "https:///x", "https://[::1", "https://a b.example/", "javascript:alert(1)",
	} {
		_, err := guard.Get(t.Context(), u, "")
		e := wantKind(t, err, Refused)
		if len(e.URL) > 300 || e.Err != nil {
			t.Errorf("error is %+v", e)
		}
	}
}

var hostileHosts = []string{
	"127.0.0.1", "127.0.0.1:8443", "127.255.255.254", "127.1", "0x7f.1", "0x7f000001", "2130706433", "017700000001", "0177.0.0.1", "0", "0.0.0.0", "1.2.3", "1.2.3.4.5",
	"a.0x7f", "a.1", "localhost", "LOCALHOST", "localhost.", "a.localhost", "localhost.localdomain", "metadata.google.internal", "printer.local", "router.home.arpa",
	"x.onion", "x.invalid", "intranet", "kubernetes", "169.254.169.254", "[fe80::1]", "[fe80::1%25eth0]", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
	"100.64.0.1", "192.0.2.1", "198.51.100.7", "203.0.113.9", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "192.0.0.8",
	"[::]", "[::1]", "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:a00:1]", "[64:ff9b::10.0.0.1]", "[64:ff9b::a9fe:a9fe]",
	"[64:ff9b:1::1]", "[fc00::1]", "[fd12:3456::1]", "[ff02::1]", "[2001:db8::1]", "[3fff::1]", "[2002:7f00:1::]", "[2001:0:1::1]", "[100::1]", "[5f00::1]", "[fec0::1]",
	"[4000::1]", "bücher.example", "a_b.example", "-a.example", "a-.example", "a..example", ".example", "a.example.", "%31%32%37.0.0.1", "a%00.example", "1.1.1.1 @10.0.0.1",
	strings.Repeat("a", 64) + ".example", strings.Repeat("a.", 127) + "example", "①②⑦.0.0.1", "127。0。0。1", "a\\b.example", "::1",
}

// What a name means counts, not what it is called; and every address it has.
func TestNamesThatLeadInsideAreRefused(t *testing.T) {
	for _, addrs := range [][]string{
		{"10.0.0.1"}, {"127.0.0.1"}, {"169.254.169.254"}, {"::1"}, {"::ffff:192.168.0.1"}, {"64:ff9b::c0a8:1"}, {"fd00::1"}, {"0.0.0.0"},
		{"203.0.113.5"}, {"9.9.9.9", "10.0.0.1"}, {"2620:fe::fe", "127.0.0.1"}, {"9.9.9.9", "fe80::1"},
	} {
		guard := New(Options{Lookup: fixed(addrs...)})
		_, err := guard.Get(t.Context(), "https://a.example/", "")
		e := wantKind(t, err, Refused)
		for _, a := range addrs {
			if strings.Contains(e.Error(), a) {
				t.Errorf("the error tells %s: %v", a, e)
			}
		}
	}
	// Loopback is loopback only.
	guard := New(Options{AllowLoopback: true, Lookup: fixed("10.0.0.1")})
	for _, u := range []string{"https://a.example/", "http://a.example/", "https://10.0.0.1/", "http://169.254.169.254/", "http://1.1.1.1/"} {
		_, err := guard.Get(t.Context(), u, "")
		wantKind(t, err, Refused)
	}
	guard = New(Options{AllowLoopback: true, Lookup: fixed("1.1.1.1")})
	_, err := guard.Get(t.Context(), "http://a.example/", "")
	wantKind(t, err, Refused)
}

// Reliability table 52: a name that is public when it is looked up and private when it is connected to. The connection's own
// address is checked, whatever was said before.
func TestTheAddressOfTheConnectionIsChecked(t *testing.T) {
	guard := New(Options{})
	d := dialer{guard: guard, scheme: "https"}
	for _, address := range []string{"10.0.0.1:443", "127.0.0.1:443", "[::1]:443", "[fe80::1%1]:443", "[::ffff:10.0.0.1]:443", "nonsense"} {
		if err := d.control("tcp", address, nil); err == nil {
			t.Errorf("%s may be connected to", address)
		}
	}
	if err := d.control("tcp4", "9.9.9.9:443", nil); err != nil {
		t.Error(err)
	}

	// A rebinding resolver: a permitted address first, then a private one. Every new connection is checked anew.
	var asked atomic.Int32
	closing := func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Connection", "close") }
	guard, server := serve(t, closing, Options{Lookup: func(context.Context, string) ([]netip.Addr, error) {
		if asked.Add(1) == 1 {
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		}
		return []netip.Addr{netip.MustParseAddr("10.0.0.1")}, nil
	}})
	if _, err := guard.Get(t.Context(), named(t, server, "example.com", "/"), ""); err != nil {
		t.Fatal(err)
	}
	_, err := guard.Get(t.Context(), named(t, server, "example.com", "/"), "")
	wantKind(t, err, Refused)
}

func TestRedirectsAreCheckedLikeTheFirstURL(t *testing.T) {
	var plain atomic.Int32
	insecure := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { plain.Add(1) }))
	t.Cleanup(insecure.Close)
	guard, server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/to":
			w.Header().Set("Location", r.URL.Query().Get("url"))
			w.WriteHeader(http.StatusFound)
		case "/hops":
			var n int
			_, _ = fmt.Sscan(r.URL.Query().Get("n"), &n)
			if n == 0 {
				_, _ = io.WriteString(w, "there")
				return
			}
			http.Redirect(w, r, fmt.Sprintf("/hops?n=%d#fragment", n-1), http.StatusPermanentRedirect)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusMovedPermanently)
		case "/nowhere":
			w.WriteHeader(http.StatusFound)
		}
	}, Options{})
	get := func(path string) (*Response, error) {
		return guard.Get(t.Context(), named(t, server, "example.com", path), "")
	}
	response, err := get("/hops?n=3")
	if err != nil || string(response.Body) != "there" || !strings.HasSuffix(response.URL, "/hops?n=0") {
		t.Fatalf("three redirects: %+v %v", response, err)
	}
	for _, path := range []string{"/hops?n=4", "/hops?n=10", "/loop"} {
		_, err := get(path)
		wantKind(t, err, Refused)
	}
	for _, target := range []string{
		insecure.URL, "http://example.com/", "https://10.0.0.1/", "https://169.254.169.254/latest", "https://user@example.com/", "file:///etc/passwd",
		"https://[::ffff:10.0.0.1]/", "//10.0.0.1/", "https://intranet/", "https://0x7f.1/", "::",
	} {
		_, err := get("/to?url=" + url.QueryEscape(target))
		wantKind(t, err, Refused)
	}
	if plain.Load() != 0 {
		t.Error("a redirect to http was followed")
	}
	if response, err := get("/nowhere"); err != nil || response.Status != http.StatusFound {
		t.Errorf("a redirect without a place: %+v %v", response, err)
	}
}

// Reliability table 53.
func TestAnswersAreBounded(t *testing.T) {
	guard, server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		chunk := make([]byte, 1<<16)
		switch r.URL.Path {
		case "/exact":
			_, _ = w.Write(chunk)
		case "/one-more":
			_, _ = w.Write(append(chunk, 0))
		case "/endless":
			for {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		case "/announced":
			w.Header().Set("Content-Length", "1000000000")
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			for range 1 << 10 {
				if _, err := z.Write(chunk); err != nil {
					return
				}
			}
			_ = z.Close()
		case "/nothing-for-ever":
			w.Header().Set("Content-Encoding", "gzip")
			var empty bytes.Buffer
			_ = gzip.NewWriter(&empty).Close()
			members := bytes.Repeat(empty.Bytes(), 1000)
			for {
				if _, err := w.Write(members); err != nil {
					return
				}
			}
		case "/headers":
			for i := range 1000 {
				w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("a", 100))
			}
		}
	}, Options{MaxBytes: 1 << 16, Timeout: time.Minute})
	for path, kind := range map[string]Kind{
		"/exact": "", "/one-more": TooLarge, "/endless": TooLarge, "/announced": TooLarge, "/bomb": TooLarge, "/nothing-for-ever": TooLarge, "/headers": Unavailable,
	} {
		response, err := guard.Get(t.Context(), named(t, server, "example.com", path), "")
		if kind == "" {
			if err != nil || len(response.Body) != 1<<16 {
				t.Errorf("%s: %v", path, err)
			}
			continue
		}
		wantKind(t, err, kind)
	}
}

func TestAnswersThatCannotBeReadAreNoAnswers(t *testing.T) {
	guard, server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/no-gzip":
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, "this is no gzip")
		case "/cut":
			w.Header().Set("Content-Encoding", "gzip")
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			_, _ = z.Write([]byte(strings.Repeat("abc", 100)))
			_ = z.Close()
			_, _ = w.Write(b.Bytes()[:b.Len()-4])
		case "/br":
			w.Header().Set("Content-Encoding", "br")
		case "/short":
			w.Header().Set("Content-Length", "10")
			_, _ = io.WriteString(w, "abc")
		}
	}, Options{})
	for path, kind := range map[string]Kind{"/no-gzip": Unavailable, "/cut": Unavailable, "/br": Refused, "/short": Unavailable} {
		_, err := guard.Get(t.Context(), named(t, server, "example.com", path), "")
		wantKind(t, err, kind)
	}
}

func TestEverythingTogetherHasATimeLimit(t *testing.T) {
	drip := time.NewTicker(20 * time.Millisecond)
	t.Cleanup(drip.Stop)
	guard, server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/silent" {
			<-r.Context().Done()
			return
		}
		for {
			select {
			case <-r.Context().Done():
				return
			case <-drip.C:
			}
			_, _ = w.Write([]byte("a"))
			w.(http.Flusher).Flush()
		}
	}, Options{Timeout: 300 * time.Millisecond})
	for _, path := range []string{"/drip", "/silent"} {
		start := time.Now()
		_, err := guard.Get(t.Context(), named(t, server, "example.com", path), "")
		e := wantKind(t, err, Unavailable)
		if !errors.Is(e, context.DeadlineExceeded) || time.Since(start) > 5*time.Second {
			t.Errorf("%s: %v after %s", path, e, time.Since(start))
		}
	}
	// A resolver that never answers.
	guard = New(Options{Timeout: 100 * time.Millisecond, Lookup: func(ctx context.Context, _ string) ([]netip.Addr, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}})
	_, err := guard.Get(t.Context(), "https://a.example/", "")
	wantKind(t, err, Unavailable)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = guard.Get(ctx, "https://a.example/", "")
	if e := wantKind(t, err, Unavailable); !errors.Is(e, context.Canceled) {
		t.Errorf("error is %v", e)
	}
}

func TestCertificatesAreChecked(t *testing.T) {
	guard, server := serve(t, func(http.ResponseWriter, *http.Request) {}, Options{})
	_, err := guard.Get(t.Context(), named(t, server, "another.example", "/"), "")
	wantKind(t, err, Unavailable)
	stranger := New(Options{AllowLoopback: true, Lookup: fixed("127.0.0.1")})
	t.Cleanup(stranger.Close)
	_, err = stranger.Get(t.Context(), named(t, server, "example.com", "/"), "")
	wantKind(t, err, Unavailable)
}

func TestTheEnvironmentNamesNoProxy(t *testing.T) {
	var proxied atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { proxied.Add(1) }))
	t.Cleanup(proxy.Close)
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(name, proxy.URL)
	}
	guard, server := serve(t, func(http.ResponseWriter, *http.Request) {}, Options{})
	if _, err := guard.Get(t.Context(), named(t, server, "example.com", "/"), ""); err != nil {
		t.Fatal(err)
	}
	if proxied.Load() != 0 {
		t.Error("a proxy was asked")
	}
}

func TestPlainHTTPReachesLoopbackWhereAllowed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
	t.Cleanup(server.Close)
	guard := New(Options{AllowLoopback: true})
	t.Cleanup(guard.Close)
	for _, u := range []string{server.URL, strings.Replace(server.URL, "127.0.0.1", "localhost", 1)} {
		response, err := guard.Get(t.Context(), u, "")
		if err != nil || string(response.Body) != "hello" {
			t.Errorf("%s: %+v %v", u, response, err)
		}
	}
	_, err := New(Options{}).Get(t.Context(), server.URL, "")
	wantKind(t, err, Refused)
}

func TestTheNextAddressIsTriedWhereOneDoesNotAnswer(t *testing.T) {
	guard, server := serve(t, func(http.ResponseWriter, *http.Request) {}, Options{Lookup: fixed("127.0.0.2", "127.0.0.1")})
	if _, err := guard.Get(t.Context(), named(t, server, "example.com", "/"), ""); err != nil {
		t.Error(err)
	}
}
