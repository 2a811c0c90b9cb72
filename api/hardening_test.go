package api

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hanse-id/hanse/api/auth"
	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

func TestBadJSONIsRefusedQuickly(t *testing.T) {
	c := startCenter(t)
	big := []byte("[" + strings.Repeat("1,", 5<<20-100) + "1]")
	for name, body := range map[string][]byte{
		"deep arrays":     []byte(strings.Repeat("[", 100_000)),
		"deep objects":    []byte(strings.Repeat(`{"a":`, 100_000)),
		"millions":        big,
		"NaN":             []byte(`{"a":NaN}`),
		"BOM":             []byte("\xef\xbb\xbf{}"),
		"UTF-16":          []byte("{\x00}\x00"),
		"invalid UTF-8":   []byte("{\"a\":\"\xff\"}"),
		"lone surrogate":  []byte(`{"a":"\ud800"}`),
		"1e999":           []byte(`{"a":1e999}`),
		"duplicate":       []byte(`{"a":1,"a":2}`),
		"trailing data":   []byte(`{} {}`),
		"comment":         []byte(`{/**/}`),
		"empty":           {},
		"only space":      []byte("  "),
		"unclosed string": []byte(`{"a":"`),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := c.parseJSON(body)
			if spent := time.Since(start); spent > 100*time.Millisecond {
				t.Errorf("took %v", spent)
			}
			if e := edgeError(err); err == nil || e.Status != 400 {
				t.Fatalf("error %v, want a 400", err)
			}
			if len(body) == 0 {
				return // resolution takes no options at all, too
			}
			c.client.Post(t, encoded(testKey), body).WantProblem(t, 400, problemOf(edgeError(err), "").Type)
		})
	}
	for _, media := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "multipart/form-data", "json", "application/jose"} {
		c.client.With("Content-Type", media).Post(t, "/1.0/identifiers/"+testKey, []byte(`{}`)).WantProblem(t, 400, "unsupported-content-type")
	}
}

func TestLargeBodiesAre413(t *testing.T) {
	c := startCenter(t, func(o *Options) { o.Limits.Body = 1000 })
	body := []byte(`{"a":"` + strings.Repeat("x", 2000) + `"}`)
	c.client.Post(t, encoded(testKey), body).WantProblem(t, 413, "body-too-large")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.client.URL+encoded(testKey), struct{ *bytes.Reader }{bytes.NewReader(body)}) // chunked
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != 413 {
		t.Errorf("chunked: %d, want 413", response.StatusCode)
	}
}

func TestPrincipalsAreCountedWhateverTheySend(t *testing.T) {
	now := &clock{now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	limited := func(o *Options) { o.Limits.Rate, o.Limits.Burst, o.Now = 1, 3, now.Now }
	send := func(c *center, remote, path string, headers ...string) int {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.RemoteAddr = remote
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		c.Handler().ServeHTTP(w, r)
		if w.Header().Get("RateLimit-Limit") != "3" || w.Header().Get("RateLimit-Remaining") == "" {
			t.Errorf("rate-limit headers are missing: %v", w.Header())
		}
		if w.Code == 429 && w.Header().Get("Retry-After") == "" {
			t.Error("429 without Retry-After")
		}
		return w.Code
	}
	for name, request := range map[string]func(c *center, i int) int{
		"by forwarding headers": func(c *center, i int) int {
			return send(c, "192.0.2.1:9", "/livez", "X-Forwarded-For", fmt.Sprintf("198.51.100.%d", i), "X-Real-Ip", fmt.Sprint(i), "Forwarded", fmt.Sprintf("for=10.0.0.%d", i))
		},
		"within an IPv6 /64": func(c *center, i int) int { return send(c, fmt.Sprintf("[2001:db8::%x]:9", i+1), "/livez") },
		"by path and query":  func(c *center, i int) int { return send(c, "192.0.2.1:9", fmt.Sprintf("/LivEz%d/?x=%d", i, i)) },
		"by wrong tokens": func(c *center, i int) int {
			return send(c, "192.0.2.1:9", "/livez", "Authorization", fmt.Sprintf("Bearer hanse_%043d", i))
		},
		"by mapped addresses": func(c *center, i int) int {
			return send(c, []string{"192.0.2.1:9", "[::ffff:192.0.2.1]:9"}[i%2], "/livez")
		},
	} {
		t.Run(name, func(t *testing.T) {
			strict := startStrict(t, limited)
			var last int
			for i := range 4 {
				last = request(strict, i)
			}
			if last != 429 {
				t.Errorf("the fourth request got %d, want 429", last)
			}
			now.Advance(5 * time.Second)
			if again := request(strict, 9); again == 429 {
				t.Error("the limit does not recover")
			}
		})
	}
	t.Run("keys have buckets of their own", func(t *testing.T) {
		c := startStrict(t, limited, func(o *Options) { o.Limits.KeyRate, o.Limits.KeyBurst = 1, 3 })
		one, two := c.key(t, "*"), c.key(t, "*")
		for range 3 {
			send(c, "192.0.2.1:9", "/livez", "Authorization", "Bearer "+one)
		}
		if got := send(c, "198.51.100.7:9", "/livez", "Authorization", "Bearer "+one); got != 429 {
			t.Errorf("one key from another address: %d, want 429", got)
		}
		if got := send(c, "192.0.2.1:9", "/livez", "Authorization", "Bearer "+two); got != 200 {
			t.Errorf("another key: %d, want 200", got)
		}
	})
	t.Run("a trusted proxy speaks for its clients, from the right", func(t *testing.T) {
		c := startStrict(t, limited, func(o *Options) { o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} })
		for i := range 3 {
			send(c, "10.0.0.1:9", "/livez", "X-Forwarded-For", fmt.Sprintf("203.0.113.%d, 198.51.100.1, 10.0.0.2", i))
		}
		if got := send(c, "10.0.0.1:9", "/livez", "X-Forwarded-For", "9.9.9.9, 198.51.100.1"); got != 429 {
			t.Errorf("the same client: %d, want 429", got)
		}
		if got := send(c, "10.0.0.1:9", "/livez", "X-Forwarded-For", "198.51.100.2"); got != 200 {
			t.Errorf("another client: %d, want 200", got)
		}
	})
}

// startStrict is a center whose limits are those that change sets, without a client that would use them up.
func startStrict(t *testing.T, change ...func(*Options)) *center {
	t.Helper()
	c := startCenter(t)
	opts := c.opts
	opts.Metrics = nil
	for _, f := range change {
		f(&opts)
	}
	server, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	c.Server = server
	return c
}

func TestTheLimiterRemembersABoundedNumber(t *testing.T) {
	l := newLimiter(Limits{Clients: 10}, time.Now)
	for i := range 1000 {
		l.take(fmt.Sprint(i), 1, 1)
	}
	if len(l.byKey) != 10 || l.order.Len() != 10 {
		t.Errorf("%d principals are remembered, want 10", len(l.byKey))
	}
}

// serve runs Serve on a real listener until the test ends.
func serve(t *testing.T, s *Server) (addr string, stop func() error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, listener) }()
	t.Cleanup(cancel)
	return listener.Addr().String(), func() error { cancel(); return <-ended }
}

func TestHeadersAndSlowClientsAreBounded(t *testing.T) {
	c := startCenter(t, func(o *Options) { o.Limits.Request = 2 * time.Second })
	addr, _ := serve(t, c.Server)
	talk := func(text string) (status string, spent time.Duration) {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		start := time.Now()
		_ = conn.SetDeadline(start.Add(30 * time.Second))
		_, _ = conn.Write([]byte(text))
		line, _ := bufio.NewReader(conn).ReadString('\n')
		return strings.TrimSpace(line), time.Since(start)
	}
	if got, _ := talk("GET /livez HTTP/1.1\r\nHost: x\r\nX-Big: " + strings.Repeat("a", 1<<20) + "\r\n\r\n"); !strings.Contains(got, "431") {
		t.Errorf("a header of 1 MB: %q, want 431", got)
	}
	if got, _ := talk("POST /v1/operations HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/league HTTP/1.1\r\n\r\n"); got != "" && !strings.Contains(got, " 400 ") {
		t.Errorf("CL and TE together: %q, want 400", got)
	}
	if got, _ := talk("POST /v1/operations HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"); !strings.Contains(got, " 400 ") {
		t.Errorf("two lengths: %q, want 400", got)
	}
	if _, spent := talk("POST /v1/operations HTTP/1.1\r\nHost: x\r\nContent-Type: application/jose\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n"); spent > 15*time.Second {
		t.Errorf("a body without an end held the connection for %v", spent)
	}
	if _, spent := talk("GET /livez HTTP/1.1\r\nHost: x\r\n"); spent > 15*time.Second {
		t.Errorf("a header without an end held the connection for %v", spent)
	}
}

func TestServeDrains(t *testing.T) {
	c := startCenter(t)
	addr, stop := serve(t, c.Server)
	response, err := http.Get("http://" + addr + "/livez")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if err := stop(); err != nil {
		t.Errorf("a clean drain says %v", err)
	}
	if late, err := http.Get("http://" + addr + "/livez"); err == nil {
		late.Body.Close()
		t.Error("the server still answers")
	}
}

func TestWithoutAuthenticationOnlyThisMachineIsAnswered(t *testing.T) {
	c := startStrict(t, func(o *Options) { o.NoAuth = true })
	send := func(host string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/v1/league", nil)
		r.Host = host
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		c.Handler().ServeHTTP(w, r)
		for name := range w.Header() {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("host %s: %s is sent", host, name)
			}
		}
		return w
	}
	for _, host := range []string{"localhost", "localhost:8080", "127.0.0.1:1", "127.9.9.9", "[::1]:80", "LOCALHOST"} {
		if w := send(host); w.Code != 200 {
			t.Errorf("host %s: %d", host, w.Code)
		}
	}
	for _, host := range []string{"evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", "", "2130706433", "[::ffff:10.0.0.1]", "localhost@evil.example"} {
		if w := send(host); w.Code != 403 {
			t.Errorf("host %q: %d, want 403", host, w.Code)
		}
	}
	if w := send("localhost", "X-Forwarded-Host", "evil.example"); w.Code != 200 {
		t.Errorf("X-Forwarded-Host is believed: %d", w.Code)
	}
	for _, headers := range [][]string{{"Origin", "https://evil.example"}, {"Origin", "null"}, {"Sec-Fetch-Site", "cross-site"}} {
		if w := send("localhost", headers...); w.Code != 403 {
			t.Errorf("%v: %d, want 403", headers, w.Code)
		}
	}
}

func TestPublicReadsAreOfferedToOtherOrigins(t *testing.T) {
	c := startCenter(t)
	page := c.client.With("Origin", "https://wallet.example")
	a := page.Get(t, identifier(testKey)).Want(t, 200)
	if a.Header.Get("Access-Control-Allow-Origin") != "*" || a.Header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("%v", a.Header)
	}
	preflight := page.With("Access-Control-Request-Method", "POST").Do(t, http.MethodOptions, "/v1/operations", nil).Want(t, 204)
	if preflight.Header.Get("Access-Control-Allow-Methods") != "POST" {
		t.Errorf("%v", preflight.Header)
	}
	for _, r := range c.routes() {
		if r.Scope != "" && r.crossOrigin() {
			t.Errorf("%s %s needs a key and is offered to other origins", r.Method, r.Path)
		}
	}
	listed := startStrict(t, func(o *Options) { o.CORSOrigins = []string{"https://wallet.example"} })
	for origin, want := range map[string]string{"https://wallet.example": "https://wallet.example", "https://evil.example": "", "https://wallet.example.evil.example": "", "null": ""} {
		r := httptest.NewRequest(http.MethodGet, "/v1/league", nil)
		r.Header.Set("Origin", origin)
		w := httptest.NewRecorder()
		listed.Handler().ServeHTTP(w, r)
		if got := w.Header().Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("origin %s is allowed as %q, want %q", origin, got, want)
		}
	}
}

// Every route that needs a key refuses requests without one, with a wrong one, and with one for something else, whatever the spelling.
func TestProtectedRoutesNeedTheirScope(t *testing.T) {
	c := startCenter(t)
	revoked := c.key(t, "*")
	all, err := c.keys.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.keys.Revoke(t.Context(), all[0].ID); err != nil {
		t.Fatal(err)
	}
	other := c.key(t, "write:/issuers/other/credentials/issue")
	for _, r := range c.routes() {
		if r.Scope == "" {
			continue
		}
		path := parameter.ReplaceAllString(r.Path, "demo")
		plain := c.client.Do(t, r.Method, path, nil)
		plain.WantProblem(t, 401, "unauthorised")
		if !strings.HasPrefix(plain.Header.Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("%s: WWW-Authenticate %q", path, plain.Header.Get("WWW-Authenticate"))
		}
		c.client.WithToken(revoked).Do(t, r.Method, path, nil).WantProblem(t, 401, "unauthorised")
		c.client.WithToken("hanse_x").Do(t, r.Method, path, nil).WantProblem(t, 401, "unauthorised")
		c.client.With("Authorization", "Basic YTpi").Do(t, r.Method, path, nil).WantProblem(t, 401, "unauthorised")
		if r.Scope != ScopeAny {
			c.client.WithToken(other).Do(t, r.Method, path, nil).WantProblem(t, 403, "forbidden")
		}
		for _, trick := range []string{"X-Http-Method-Override", "X-Forwarded-For", "X-Original-Url"} {
			c.client.With(trick, "GET").Do(t, r.Method, path, nil).WantProblem(t, 401, "unauthorised")
		}
	}
}

type brokenResolver struct{ err error }

func (b brokenResolver) Resolve(context.Context, did.DID, did.At) (did.Version, error) {
	if b.err == nil {
		panic("secret-in-a-panic")
	}
	return did.Version{}, b.err
}

func TestWhoPresentsTheRightTokenLearnsWhyItIsRefused(t *testing.T) {
	now := &clock{now: time.Unix(1_800_000_000, 0)}
	keys := auth.NewMemory(now.Now)
	c := startCenter(t, func(o *Options) { o.Keys = keys })
	_, short, err := keys.Create(t.Context(), auth.NewKey{Name: "short", Scopes: []string{"*"}, Expires: now.Now().Add(time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	key, gone, err := keys.Create(t.Context(), auth.NewKey{Name: "gone", Scopes: []string{"*"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := keys.Revoke(t.Context(), key.ID); err != nil {
		t.Fatal(err)
	}
	now.Advance(time.Hour)
	other := auth.NewMemory(nil)
	_, unknown, err := other.Create(t.Context(), auth.NewKey{Name: "x", Scopes: []string{"*"}})
	if err != nil {
		t.Fatal(err)
	}
	for token, want := range map[string]string{
		short: "this API key has expired", gone: "this API key is revoked", unknown: "the API key is not valid", "hanse_x": "the API key is not valid",
	} {
		problem := c.client.WithToken(token).Get(t, "/v1/league").WantProblem(t, 401, "unauthorised")
		if problem["detail"] != want {
			t.Errorf("detail %v, want %s", problem["detail"], want)
		}
	}
}

func TestPanicsAndFaultsAreInternalAndSayNothing(t *testing.T) {
	c := startCenter(t, func(o *Options) { o.Resolver = brokenResolver{} })
	a := c.client.Get(t, identifier(testKey))
	problem := a.WantProblem(t, 500, "internal")
	if strings.Contains(string(a.Body), "secret-in-a-panic") || problem["requestId"] == "" {
		t.Errorf("%s", a.Body)
	}
	if !strings.Contains(c.log.String(), "secret-in-a-panic") || !strings.Contains(c.log.String(), problem["requestId"].(string)) {
		t.Error("the log lacks the panic or its request id")
	}
	faulty := startCenter(t, func(o *Options) { o.Resolver = brokenResolver{errors.New("secret-in-an-error")} })
	if b := faulty.client.Get(t, identifier(testKey)).Want(t, 500); strings.Contains(string(b.Body), "secret-in-an-error") {
		t.Errorf("%s", b.Body)
	}
}

func TestNeitherLogsNorMetricsHoldSecretsOrPeople(t *testing.T) {
	c := startCenter(t)
	p := c.league.Create(t)
	token := c.key(t, "*")
	client := c.client.WithToken(token)
	client.Get(t, identifier(p.DID.String())).Want(t, 200)
	client.Get(t, "/"+p.DID.String()+"/log?after=0").Want(t, 200)
	client.With("X-Request-Id", "evil\\n injected").Get(t, identifier("did:key:zSomebody")).Want(t, 400)
	signer := ledgertest.NewSigner(t, keys.EdDSA)
	register(t, client, "/1.0/create?method=hanse", map[string]any{"didDocument": ledgertest.Document(signer.Public())}, signer).Want(t, 201)

	w := httptest.NewRecorder()
	c.MetricsHandler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != 200 || !strings.Contains(w.Body.String(), "hanse_api_request_duration_seconds_bucket") {
		t.Errorf("metrics: %d", w.Code)
	}
	for name, text := range map[string]string{"log": c.log.String(), "metrics": w.Body.String()} {
		for _, secret := range []string{token, token[6:], p.DID.String(), "zSomebody", "127.0.0.1", "injected", signer.Public().Multikey()} {
			if strings.Contains(text, secret) {
				t.Errorf("the %s holds %q", name, secret)
			}
		}
	}
	for line := range strings.SplitSeq(w.Body.String(), "\n") {
		if line != "" && !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "hanse_") && !strings.HasPrefix(line, "promhttp_") {
			t.Errorf("metric %q is not named hanse_<area>_<what>_<unit>", line)
		}
	}
}

func TestNothingForOperatorsIsOnThePublicPort(t *testing.T) {
	c := startCenter(t)
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/vars", "/.env", "/admin", "/status", "/broadcast_tx_sync", "/1.0/../metrics", "/%2e%2e/etc/passwd"} {
		if a := c.client.Get(t, path); a.Status != 404 && a.Status != 400 {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
	for _, path := range []string{"/", "/debug/pprof/", "/v1/league"} {
		w := httptest.NewRecorder()
		c.MetricsHandler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != 404 {
			t.Errorf("the metrics port answers %s with %d", path, w.Code)
		}
	}
	a := c.client.Get(t, "/v1/league")
	for _, name := range []string{"X-Content-Type-Options", "X-Frame-Options", "Content-Security-Policy", "Referrer-Policy", "Strict-Transport-Security", "X-Request-Id"} {
		if a.Header.Get(name) == "" {
			t.Errorf("no %s", name)
		}
	}
	if a.Header.Get("Server") != "" || a.Header.Get("X-Powered-By") != "" {
		t.Error("the answer names its software")
	}
}

func TestMethodsThatAreNotOfferedAre405(t *testing.T) {
	c := startCenter(t)
	for _, method := range []string{"DELETE", "PUT", "PATCH", "TRACE", "PROPFIND", "POST"} {
		a := c.client.Do(t, method, "/v1/league", nil)
		a.WantProblem(t, 405, "method-not-allowed")
		if !strings.Contains(a.Header.Get("Allow"), "GET") {
			t.Errorf("%s: Allow %q", method, a.Header.Get("Allow"))
		}
	}
}

// The name of an operation is no id of a credential.
func TestOperationsOnCredentialsArePosted(t *testing.T) {
	c := startCenter(t)
	for _, path := range []string{"/credentials/verify", "/credentials/issue", "/credentials/derive", "/credentials/status", "/vc-api/credentials/verify"} {
		a := c.client.Get(t, path)
		a.WantProblem(t, 405, "method-not-allowed")
		if a.Header.Get("Allow") != "POST" {
			t.Errorf("%s: Allow %q", path, a.Header.Get("Allow"))
		}
	}
}

func TestReadinessGivesReasons(t *testing.T) {
	broken := errors.New("secret path /var/lib")
	c := startCenter(t, func(o *Options) {
		o.Checks = []HealthCheck{
			{Name: "disk", Check: func(context.Context) error { return broken }},
			{Name: "cache", Optional: true, Check: func(context.Context) error { return broken }},
			{Name: "issuers", Check: func(context.Context) error { return nil }},
		}
	})
	view := c.client.Get(t, "/readyz?verbose").Want(t, 503).JSON(t)
	if reasons := view["reasons"].([]any); len(reasons) != 1 || reasons[0] != "disk" {
		t.Errorf("reasons %v, want disk alone", reasons)
	}
	if checks := view["checks"].([]any); len(checks) != 7 || strings.Contains(fmt.Sprint(checks), "secret") {
		t.Errorf("checks %v", checks)
	}
	if short := c.client.Get(t, "/readyz").Want(t, 503).JSON(t); short["checks"] != nil {
		t.Error("checks are listed without ?verbose")
	}
	healthy := startCenter(t)
	healthy.client.Get(t, "/readyz").Want(t, 200)
	healthy.league.SetQuorum(t, false)
	if reasons := healthy.client.Get(t, "/readyz").Want(t, 503).JSON(t)["reasons"].([]any); reasons[0] != "no_quorum" {
		t.Errorf("reasons %v", reasons)
	}
	healthy.client.Get(t, "/livez").Want(t, 200)
}

// A client that announces a large body and sends none of it must not cost the memory of one.
func TestAnAnnouncedBodyCostsNoMemory(t *testing.T) {
	c := startCenter(t)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/credentials/verify", strings.NewReader("{}"))
	r.ContentLength = 10 << 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const times = 50
	for range times {
		r.Body = http.NoBody
		if _, err := c.readBody(c.echo.NewContext(r, httptest.NewRecorder())); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if spent := (after.TotalAlloc - before.TotalAlloc) / times; spent > 4*announced {
		t.Errorf("%d bytes for a body that did not come", spent)
	}
}
