package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/hanse-id/hanse/abci/node"
	"github.com/hanse-id/hanse/api"
	"github.com/hanse-id/hanse/api/auth"
	"github.com/hanse-id/hanse/api/cache"
	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keystore"
	"github.com/hanse-id/hanse/did/resolve"
)

// center is everything `hanse serve` runs, opened in order and closed in the opposite order.
type center struct {
	home     string
	cfg      *config
	log      *slog.Logger
	keys     keystore.Store
	registry *prometheus.Registry
	restored bool // the data directory was restored from a backup

	node      *node.Node
	cache     *cache.Cache
	ledger    *api.Cached
	apiKeys   auth.Store
	issued    *issuance.SQLite
	issuance  *issuance.Service
	server    *api.Server
	registrar *registrar

	prepared atomic.Bool
	closers  []func() error
}

// openCenter opens the node, stores and services of a center whose home, configuration, keys and log are set; nothing
// listens yet but the node.
func openCenter(ctx context.Context, c *center) (_ *center, err error) {
	c.registry = prometheus.NewRegistry()
	defer func() {
		if err != nil {
			err = errors.Join(err, c.close())
		}
	}()
	c.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, open := range []func(context.Context) error{c.openNode, c.openCache, c.openStores, c.openAPI} {
		if err := open(ctx); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *center) onClose(f func() error) { c.closers = append(c.closers, f) }

// close ends everything that was opened, last first.
func (c *center) close() error {
	var all []error
	for _, f := range slices.Backward(c.closers) {
		all = append(all, f())
	}
	c.closers = nil
	return errors.Join(all...)
}

func (c *center) openNode(ctx context.Context) error {
	sponsor, err := c.keys.Signer(ctx, keySponsor)
	if err != nil {
		return err
	}
	c.node, err = node.Start(ctx, node.Config{
		Home: c.home, Name: c.cfg.Center.Name,
		P2P: c.cfg.Ledger.P2P, External: c.cfg.Ledger.External, RPC: c.cfg.Ledger.RPC, Peers: c.cfg.Ledger.Peers,
		Sponsor: sponsor, Logger: c.log, Metrics: c.registry, Advanced: c.cfg.Advanced.CometBFT,
	})
	var locked *node.LockedError
	if errors.As(err, &locked) {
		return hinted(err, "a center runs in this home already")
	}
	if err != nil {
		return err
	}
	c.onClose(c.node.Stop)
	return nil
}

// openCache puts L1 and, where configured, Redis before the ledger.
func (c *center) openCache(ctx context.Context) error {
	keyFile := c.cfg.Cache.HMACFile
	if keyFile == "" {
		keyFile = filepath.Join(c.home, "cache.key")
	}
	key, err := privateKeyFile(keyFile)
	if err != nil {
		return err
	}
	redisURL := c.cfg.Cache.Redis
	if c.cfg.Cache.RedisFile != "" {
		text, err := readPrivate(c.cfg.Cache.RedisFile)
		if err != nil {
			return err
		}
		redisURL = strings.TrimSpace(string(text))
	}
	ledger := c.node.Ledger()
	head, err := ledger.Head(ctx)
	if err != nil {
		return err
	}
	opts := cache.Options{Key: key, Namespace: head.League, StartHeight: head.Height, MaxBytes: c.cfg.Cache.MaxMiB << 20}
	if redisURL != "" {
		if opts.L2, err = cache.NewRedis(redisURL); err != nil {
			return fmt.Errorf("cache.redis: %w", err)
		}
	}
	if c.cache, err = cache.New(opts); err != nil {
		return err
	}
	c.onClose(c.cache.Close)
	c.ledger = api.NewCached(ledger, c.cache, c.log)
	return nil
}

func (c *center) openStores(ctx context.Context) error {
	var err error
	if c.apiKeys, err = auth.OpenSQLite(ctx, filepath.Join(c.home, "data", "auth.db")); err != nil {
		return err
	}
	c.onClose(c.apiKeys.Close)
	if c.issued, err = openIssuance(ctx, c.home); err != nil {
		return err
	}
	c.onClose(c.issued.Close)
	return nil
}

func (c *center) openAPI(ctx context.Context) error {
	self := c.node.Center()
	league, err := c.ledger.Head(ctx)
	if err != nil {
		return err
	}
	contexts := credentials.EmbeddedContexts()
	if dir := c.cfg.API.ContextsDir; dir != "" {
		if contexts, err = contexts.With(dir); err != nil {
			return fmt.Errorf("contexts of %s: %w", dir, err)
		}
	}
	c.issuance, err = issuance.New(ctx, issuance.Options{
		Ledger: c.ledger, Store: c.issued, Keys: c.keys,
		Center:    issuance.Center{DID: self.DID, Control: []string{keyControl}},
		PublicURL: strings.TrimRight(c.cfg.Center.PublicURL, "/"),
		Replica:   c.cfg.Center.Replica, Operator: keyOperator,
		Contexts: contexts, Log: c.log, Restored: c.restored,
	})
	if err != nil {
		return err
	}
	c.onClose(c.issuance.Close)
	resolver := resolve.NewRouter(map[string]did.Resolver{
		"hanse": resolve.NewHanse(league.League, c.ledger), "key": resolve.Key{}, "jwk": resolve.JWK{},
	})
	proxies, err := prefixes(c.cfg.API.TrustedProxies)
	if err != nil {
		return err
	}
	c.registrar = &registrar{home: c.home, league: league.League, ledger: c.ledger, keys: c.keys, log: c.log}
	c.server, err = api.New(api.Options{
		League: league.League, PublicURL: c.cfg.Center.PublicURL, Version: versionOf().Version,
		Ledger: c.ledger, Resolver: resolver, Issuance: c.issuance, Keys: c.apiKeys, Keystore: c.keys, Cache: c.cache,
		Verifier: c.verifier(resolver, contexts), Log: c.log, Metrics: c.registry,
		Limits: limits(c.cfg.API.RatePerSecond), NoAuth: c.cfg.API.NoAuth,
		CORSOrigins: c.cfg.API.CORSOrigins, TrustedProxies: proxies, TestDIDs: []did.DID{self.DID},
		Checks: c.checks(),
	})
	return err
}

// verifier is the center's verifier: ledger status, and trust by the allow-list of hanse.toml.
func (c *center) verifier(resolver did.Resolver, contexts *credentials.Contexts) *credentials.Verifier {
	v := &credentials.Verifier{
		Resolver: resolver, Contexts: contexts, Status: api.NewLedgerStatus(c.ledger, nil),
		RequireAccreditation: c.cfg.Trust.Required,
	}
	if len(c.cfg.Trust.Allow) > 0 || c.cfg.Trust.Required {
		allow := credentials.AllowList{}
		for _, a := range c.cfg.Trust.Allow {
			allow[did.DID(a.Issuer)] = a.Types
		}
		v.Trust = allow
	}
	return v
}

// checks are this center's own conditions of readiness.
func (c *center) checks() []api.HealthCheck {
	return []api.HealthCheck{
		{Name: "issuers", Check: func(context.Context) error {
			if !c.prepared.Load() {
				return errors.New("issuers are being prepared")
			}
			return nil
		}},
		{Name: "disk", Check: func(context.Context) error { return diskHasRoom(c.home) }},
	}
}

// limits maps rate_per_second to the API's limits: 0 means none; a key may do ten times what an address may.
func limits(rate float64) api.Limits {
	if rate <= 0 {
		return api.Limits{Rate: -1, KeyRate: -1}
	}
	return api.Limits{Rate: rate, KeyRate: 10 * rate}
}

func prefixes(texts []string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, text := range texts {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("api.trusted_proxies %q is not a network like 10.0.0.0/8", text)
		}
		all = append(all, p)
	}
	return all, nil
}

func hostOf(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
