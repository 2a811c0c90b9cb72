package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
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
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/fetch"
	"github.com/hanse-id/hanse/did/keystore"
)

// center is everything `hanse serve` runs, opened in order and closed in the opposite order.
type center struct {
	home     string
	cfg      *config
	log      *slog.Logger
	keys     keystore.Store
	registry *prometheus.Registry
	restored bool     // the data directory was restored from a backup
	loopback bool     // what is fetched from elsewhere may come from this machine
	hosts    []string // host:port of this machine that may be fetched from over https
	did      did.DID

	node      *node.Node
	cache     *cache.Cache
	ledger    *api.Cached
	apiKeys   auth.Store
	issued    *issuance.SQLite
	issuance  *issuance.Service
	server    *api.Server
	registrar *registrar

	certificate *certificate // of the API; nil: plain http
	guard       *fetch.Guard

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
	for _, open := range []func(context.Context) error{c.openTLS, c.openGuard, c.openNode, c.openCache, c.openStores, c.openAPI} {
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

// openTLS reads the certificate of the API, where it has one.
func (c *center) openTLS(context.Context) (err error) {
	if c.cfg.API.TLSCert != "" {
		c.certificate, err = loadCertificate(c.cfg.API.TLSCert, c.cfg.API.TLSKey, c.log)
	}
	return err
}

func (c *center) openNode(ctx context.Context) error {
	sponsor, err := c.keys.Signer(ctx, cmp.Or(c.cfg.Keystore.Sponsor, keySponsor))
	if err != nil {
		return fmt.Errorf("keystore.sponsor: %w", err)
	}
	c.node, err = node.Start(ctx, node.Config{
		Home: c.home, Name: c.cfg.Center.Name,
		P2P: c.cfg.Ledger.P2P, External: c.cfg.Ledger.External, RPC: c.cfg.Ledger.RPC, Peers: c.cfg.Ledger.Peers,
		Sponsor: sponsor, Logger: c.log, Metrics: c.registry, Advanced: c.cfg.Advanced.CometBFT,
		Version: releaseOf(versionOf().Version),
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

func hostOf(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
