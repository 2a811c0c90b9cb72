package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
)

func serveCommand() *cobra.Command {
	var listen, redis, tlsCert, tlsKey string
	var untilEOF, restored, loopback bool
	var hosts []string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run a center: its node and its API",
		Long: `Runs a center until it is interrupted: the node that keeps the ledger, and the HTTP API.
The home directory holds hanse.toml, keys and data; see 'hanse init'. A center that is not admitted yet follows the league.

Exit code 75: the league goes on with a newer version of this program, see 'hanse league show'; start that one instead.`,
		Example: "  hanse serve --home ~/center-a\n  HANSE_LOG__LEVEL=debug hanse serve --home ~/center-a",
		Args:    cobra.NoArgs,
	}
	addHome(cmd)
	addPassphrase(cmd)
	f := cmd.Flags()
	f.StringVar(&listen, "api", "", "address the API listens on (default: api.listen of hanse.toml)")
	f.StringVar(&tlsCert, "tls-cert", "", "certificate the API answers with, PEM (default: api.tls_cert of hanse.toml); read again when it changes, and on SIGHUP")
	f.StringVar(&tlsKey, "tls-key", "", "its private key, PEM (default: api.tls_key of hanse.toml)")
	f.StringVar(&redis, "redis", "", "Redis URL (default: cache.redis of hanse.toml)")
	f.BoolVar(&restored, "restored", false, "the data directory was restored from a backup: leased status indices are abandoned")
	f.BoolVar(&untilEOF, "until-stdin-closes", false, "stop when standard input closes")
	f.BoolVar(&loopback, "allow-loopback-fetch", false, "fetch from this machine too, also over plain http: for 'hanse dev'")
	f.StringArrayVar(&hosts, "allow-fetch", nil, "HOST:PORT of this machine that may be fetched from over https: for 'hanse dev --tls'")
	for _, name := range []string{"until-stdin-closes", "allow-loopback-fetch", "allow-fetch"} {
		_ = f.MarkHidden(name)
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		home, err := homeOf(cmd)
		if err != nil {
			return err
		}
		if err := noPassword("--redis", redis); err != nil {
			return err
		}
		flags := map[string]any{}
		for name, value := range map[string]string{"api.listen": listen, "cache.redis": redis, "api.tls_cert": tlsCert, "api.tls_key": tlsKey} {
			if value != "" {
				flags[name] = value
			}
		}
		cfg, _, err := loadConfig(home, flags)
		if err != nil {
			return err
		}
		for flag, given := range map[string]bool{"--allow-loopback-fetch": loopback, "--allow-fetch": len(hosts) > 0} {
			if given && !isLoopback(hostOf(cfg.Center.PublicURL)) {
				return usage(fmt.Errorf("%s is refused for %s", flag, cfg.Center.PublicURL), "it is for leagues that live on one machine: 'hanse dev'")
			}
		}
		ctx := cmd.Context()
		if untilEOF {
			var stop context.CancelFunc
			ctx, stop = context.WithCancel(ctx)
			go func() {
				_, _ = io.Copy(io.Discard, cmd.InOrStdin())
				stop()
			}()
		}
		store, err := openKeystore(cmd, home, cfg.Keystore.PassphraseFile, openOptions{})
		if err != nil {
			return err
		}
		log := newLogger(cfg.Log, cmd.ErrOrStderr())
		c, err := openCenter(ctx, &center{home: home, cfg: cfg, keys: store, log: log, restored: restored, loopback: loopback, hosts: hosts})
		if err != nil {
			return err
		}
		return errors.Join(c.run(ctx), c.close())
	}
	return cmd
}

// newLogger writes JSON, or text on a terminal, to w.
func newLogger(cfg logConfig, w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.Level)); err != nil {
		level = slog.LevelInfo
	}
	opts := &slog.HandlerOptions{Level: level}
	if cfg.Format == "text" || cfg.Format != "json" && isTerminal(w) {
		return slog.New(slog.NewTextHandler(w, opts))
	}
	return slog.New(slog.NewJSONHandler(w, opts))
}

// run serves API and metrics until ctx ends, or until node or servers fail.
func (c *center) run(ctx context.Context) error {
	apiListener, err := net.Listen("tcp", c.cfg.API.Listen)
	if err != nil {
		return hinted(err, "choose another address with --api")
	}
	address := apiListener.Addr().String()
	group, ctx := errgroup.WithContext(ctx)
	if c.certificate != nil {
		apiListener = c.certificate.listener(apiListener)
		group.Go(func() error { c.reloadOnHangup(ctx); return nil })
	}
	group.Go(func() error { return c.server.Serve(ctx, apiListener) })
	if c.cfg.Ledger.Metrics != "" {
		metrics, err := net.Listen("tcp", c.cfg.Ledger.Metrics)
		if err != nil {
			apiListener.Close()
			return fmt.Errorf("metrics: %w", err)
		}
		group.Go(func() error { return serveMetrics(ctx, metrics, c.server.MetricsHandler()) })
	}
	group.Go(func() error { return untilEnd(c.ledger.Follow(ctx)) })
	group.Go(func() error { return c.prepare(ctx) })
	group.Go(func() error {
		select {
		case <-ctx.Done():
			return nil
		case <-c.node.Done():
			return fmt.Errorf("the node stopped: %w", c.node.Err())
		}
	})
	c.log.Info("serving", "center", c.cfg.Center.Name, "api", address, "tls", c.certificate != nil, "public_url", c.cfg.Center.PublicURL, "pid", os.Getpid())
	c.warn()
	return group.Wait()
}

// reloadOnHangup reads the certificate again whenever the process gets a SIGHUP.
func (c *center) reloadOnHangup(ctx context.Context) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
			c.certificate.reload()
		}
	}
}

// untilEnd makes nothing of the error that says that a context ended.
func untilEnd(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// warn names settings that work here but will disappoint others.
func (c *center) warn() {
	host, _, _ := net.SplitHostPort(c.cfg.API.Listen)
	public := c.cfg.Center.PublicURL
	if !isLoopback(host) && isLoopback(hostOf(public)) {
		c.log.Warn("public_url is loopback, but the API listens on a public address: links that others get will not work", "public_url", public, "listen", c.cfg.API.Listen)
	}
	if c.certificate != nil {
		if why := c.certificate.complaint(hostOf(public), time.Now()); why != "" {
			c.log.Warn("clients will refuse the certificate", "tls_cert", c.cfg.API.TLSCert, "reason", why)
		}
	}
	if c.cfg.API.NoAuth {
		c.log.Warn("no tokens are needed: anyone on this machine may issue and revoke")
	}
}

// prepare registers and accredits issuers and makes status lists and leases, once the center is a member; it is ready when
// that is done.
func (c *center) prepare(ctx context.Context) error {
	select {
	case <-c.node.Joined():
	case <-ctx.Done():
		return nil
	}
	if err := c.registrar.run(ctx); err != nil {
		return untilEnd(err)
	}
	for pause := 200 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		missing := c.issuance.Prepare(ctx)
		switch {
		case missing == nil:
			c.prepared.Store(true)
			c.log.Info("issuers are ready")
			return nil
		case ctx.Err() != nil:
			return nil //nolint:nilerr // stopping, not failing
		}
		c.log.Warn("an issuer is not ready yet", "error", missing)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

func serveMetrics(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	stopped := context.AfterFunc(ctx, func() { server.Close() })
	defer stopped()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("metrics: %w", err)
	}
	return nil
}
