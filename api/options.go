package api

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hanse-id/hanse/api/auth"
	"github.com/hanse-id/hanse/api/cache"
	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keystore"
)

// Options of a Server. Ledger, Resolver, League and PublicURL are needed; the rest has useful zero values.
type Options struct {
	League    string // league id
	PublicURL string // what every link derives from, without a trailing slash: "https://center.example"
	Version   string // of the binary

	Ledger   Ledger
	Resolver did.Resolver          // router over all methods
	Verifier *credentials.Verifier // nil: verification answers 503
	Issuance *issuance.Service     // nil: issuing and status answer 503
	Keys     auth.Store            // API keys; nil: no key exists, so protected routes answer 401
	Keystore keystore.Store        // the center's keys, for the internal-secret registrar and /readyz; nil: that mode is refused
	Cache    *cache.Cache          // what Ledger is cached with, shown on /metrics and by /readyz; keeps challenges; nil: not shown, and challenges live in this process
	Center   *CenterIdentity       // the center that serves, as an issuer; nil: what only it can sign answers 503

	Log     *slog.Logger         // nil: discarded
	Metrics *prometheus.Registry // nil: one of the server's own
	Now     func() time.Time     // nil: time.Now

	Limits         Limits
	NoAuth         bool           // every request may do everything, but only with a loopback Host header and without CORS
	CORSOrigins    []string       // origins that may read public routes; nil: any ("*"); empty: none
	TrustedProxies []netip.Prefix // peers whose X-Forwarded-For is believed; none: the peer's address is the client's
	TestDIDs       []did.DID      // what /1.0/testIdentifiers lists for did:hanse
	Checks         []HealthCheck  // further conditions of readiness beside the node, the clock, the cache and the signer (disk)
}

// CenterIdentity is the center that serves: what it signs as itself are copies of accreditations, attributes of the trusted
// issuers registry, and domain linkage credentials.
type CenterIdentity struct {
	DID    did.DID
	Issuer *credentials.Issuer // vc+jwt, with an Ed25519 assertion key of the DID's document
}

// Limits bound what one request, one client and all clients together may cost. Zero fields mean the defaults.
type Limits struct {
	Body        int64         // bytes of a body, 10 MiB
	JSONDepth   int           // nesting of a JSON body, 32
	JSONValues  int           // values in a JSON body, 200,000
	Header      int           // bytes of a request's header, 64 KiB
	Request     time.Duration // time for an answer, 30 s (streams have none)
	Wait        time.Duration // longest "Prefer: wait", 25 s
	Drain       time.Duration // time for open requests at shutdown, 15 s
	Rate        float64       // requests a second and client address, 200; negative: no limit
	Burst       int           // 2 × Rate
	KeyRate     float64       // requests a second and API key, 2,000; negative: no limit
	KeyBurst    int           // 2 × KeyRate
	Clients     int           // principals remembered by the rate limiter, 50,000
	Streams     int           // event streams at a time, 1,000
	Connections int           // open connections, 8,192
	Jobs        int           // registrar jobs waiting for signatures, 10,000
	JobTTL      time.Duration // how long a registrar job waits, 5 min
}

func (l Limits) withDefaults() Limits {
	l.Body = or(l.Body, 10<<20)
	l.JSONDepth = or(l.JSONDepth, 32)
	l.JSONValues = or(l.JSONValues, 200_000)
	l.Header = or(l.Header, 64<<10)
	l.Request = or(l.Request, 30*time.Second)
	l.Wait = min(or(l.Wait, 25*time.Second), l.Request)
	l.Drain = or(l.Drain, 15*time.Second)
	l.Rate = or(l.Rate, 200)
	l.Burst = or(l.Burst, int(2*l.Rate))
	l.KeyRate = or(l.KeyRate, 2000)
	l.KeyBurst = or(l.KeyBurst, int(2*l.KeyRate))
	l.Clients = or(l.Clients, 50_000)
	l.Streams = or(l.Streams, 1000)
	l.Connections = or(l.Connections, 8192)
	l.Jobs = or(l.Jobs, 10_000)
	l.JobTTL = or(l.JobTTL, 5*time.Minute)
	return l
}

// or returns value, or fallback where value is zero.
func or[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}

// validate checks o and fills defaults.
func (o *Options) validate() error {
	if o.Ledger == nil || o.Resolver == nil {
		return errors.New("api options: ledger and resolver are needed")
	}
	if o.League == "" {
		return errors.New("api options: league is empty")
	}
	public, err := url.Parse(o.PublicURL)
	if err != nil || public.Host == "" || (public.Scheme != "http" && public.Scheme != "https") || public.RawQuery != "" || public.Fragment != "" {
		return fmt.Errorf("api options: public URL %q is not an absolute http(s) URL", o.PublicURL)
	}
	o.PublicURL = strings.TrimRight(o.PublicURL, "/")
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = prometheus.NewRegistry()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Keys == nil {
		o.Keys = auth.NewMemory(o.Now)
	}
	if o.CORSOrigins == nil {
		o.CORSOrigins = []string{"*"}
	}
	o.Limits = o.Limits.withDefaults()
	return nil
}
