package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// The bounds that Options cannot change.
const (
	maxRedirects   = 3
	maxHeaderBytes = 32 << 10
	userAgent      = "hanse"
)

// The strict defaults of Options.
const (
	DefaultMaxBytes = 1 << 20
	DefaultTimeout  = 5 * time.Second
)

// Options of a Guard; zero values are the strict defaults.
type Options struct {
	AllowLoopback bool          // loopback addresses, and plain http to them: for tests and `hanse dev` only
	AllowHosts    []string      // "host:port" in lower case, reached over https though they are this machine's: for `hanse dev --tls` only
	MaxBytes      int64         // of a decoded body, 1 MiB
	Timeout       time.Duration // of a whole request with its redirects, 5 s

	// Lookup returns the addresses of a name (nil: the system's resolver). Whatever it says is checked.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	Roots  *x509.CertPool // certificate authorities (nil: the system's); see WithSystemRoots
}

// Response is what was fetched.
type Response struct {
	URL    string // after redirects
	Status int
	Header http.Header
	Body   []byte // unpacked
}

// Guard fetches. It is safe for concurrent use.
type Guard struct {
	loopback      bool
	hosts         map[string]bool // host:port that may be loopback
	maxBytes      int64
	timeout       time.Duration
	lookup        func(ctx context.Context, host string) ([]netip.Addr, error)
	secure, plain *http.Transport
}

// New returns a guard. Neither proxies nor anything else is taken from the environment.
func New(o Options) *Guard {
	g := &Guard{loopback: o.AllowLoopback, maxBytes: o.MaxBytes, timeout: o.Timeout, lookup: o.Lookup}
	if len(o.AllowHosts) > 0 {
		g.hosts = make(map[string]bool, len(o.AllowHosts))
		for _, hostPort := range o.AllowHosts {
			g.hosts[hostPort] = true
		}
	}
	if g.maxBytes <= 0 {
		g.maxBytes = DefaultMaxBytes
	}
	if g.timeout <= 0 {
		g.timeout = DefaultTimeout
	}
	if g.lookup == nil {
		g.lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	g.secure, g.plain = g.transport("https", o.Roots), g.transport("http", nil)
	return g
}

func (g *Guard) transport(scheme string, roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		DialContext:            dialer{guard: g, scheme: scheme}.dial,
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    g.timeout,
		DisableCompression:     true, // readBody unpacks, within bounds
		MaxResponseHeaderBytes: maxHeaderBytes,
		MaxIdleConns:           16,
		MaxConnsPerHost:        8,
		IdleConnTimeout:        15 * time.Second,
	}
}

// Close ends the connections that are kept open for further requests. The guard can still be used.
func (g *Guard) Close() {
	g.secure.CloseIdleConnections()
	g.plain.CloseIdleConnections()
}

// Get fetches an https URL and follows at most three redirects, each checked like the first URL and none from https to http.
// accept is the Accept header. No cookies and no credentials are sent. Any status is a Response; errors are *Error.
func (g *Guard) Get(ctx context.Context, url, accept string) (*Response, error) {
	ctx, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()
	secure := false
	for hop := 0; ; hop++ {
		u, err := g.check(url)
		if err == nil && secure && u.Scheme != "https" {
			err = refusal("a redirect from https to http")
		}
		if err == nil && hop > maxRedirects {
			err = refusal("more than three redirects")
		}
		if err != nil {
			return nil, failed(ctx, url, err)
		}
		secure = u.Scheme == "https"
		response, next, err := g.send(ctx, u, accept)
		if err != nil {
			return nil, failed(ctx, url, err)
		}
		if response != nil {
			return response, nil
		}
		url = next
	}
}

// send makes one request. It returns the response, or the URL it redirects to.
func (g *Guard) send(ctx context.Context, u *url.URL, accept string) (response *Response, next string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, "", refusal("not a URL that can be requested")
	}
	req.Header.Set("User-Agent", userAgent)
	req.Header.Set("Accept-Encoding", "gzip")
	if accept != "" {
		req.Header.Set("Accept", accept)
	}
	transport := g.secure
	if u.Scheme != "https" {
		transport = g.plain
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	if target := resp.Header.Get("Location"); target != "" && isRedirect(resp.StatusCode) {
		to, err := u.Parse(target)
		if err != nil {
			return nil, "", refusal("a redirect to what is no URL")
		}
		to.Fragment, to.RawFragment = "", ""
		return nil, to.String(), nil
	}
	body, err := readBody(resp, g.maxBytes)
	if err == nil {
		err = ctx.Err() // a server that sees the end of the time may end its answer as if that were all
	}
	if err != nil {
		return nil, "", err
	}
	return &Response{URL: u.String(), Status: resp.StatusCode, Header: resp.Header, Body: body}, "", nil
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// failed tells apart what went wrong.
func failed(ctx context.Context, url string, err error) *Error {
	e := &Error{Kind: Unavailable, URL: shown(url), Reason: unanswered(err), Err: err}
	if refused, ok := errors.AsType[refusal](err); ok {
		e.Kind, e.Reason, e.Err = Refused, refused.Error(), nil
		return e
	}
	if large, ok := errors.AsType[tooLarge](err); ok {
		e.Kind, e.Reason, e.Err = TooLarge, large.Error(), nil
		return e
	}
	if cause := ctx.Err(); cause != nil {
		e.Reason, e.Err = "no complete answer in time", cause
	}
	return e
}
