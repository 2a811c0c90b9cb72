package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/did/keystore"
)

// HealthCheck is a condition of readiness beside the node's own.
type HealthCheck struct {
	Name     string // stable word, "disk"
	Optional bool   // a failure is shown but does not make the center unready
	// Check returns nil if all is well. It is given two seconds.
	Check func(ctx context.Context) error
}

// CheckView is one line of /readyz?verbose.
type CheckView struct {
	Name     string `json:"name"`
	OK       bool   `json:"ok"`
	Optional bool   `json:"optional,omitempty"`
	Reason   string `json:"reason,omitempty"` // a stable word or a short phrase without secrets
}

// ReadyView is the answer of /readyz.
type ReadyView struct {
	Ready           bool        `json:"ready"`
	Reasons         []string    `json:"reasons,omitempty"`
	CatchingUp      bool        `json:"catchingUp"`
	Quorum          bool        `json:"quorum"`
	Peers           int         `json:"peers"`
	Height          int64       `json:"height"`
	BlockAgeSeconds int64       `json:"blockAgeSeconds"`
	Checks          []CheckView `json:"checks,omitempty"` // with ?verbose
}

// livez says that the process answers, and nothing else.
func (s *Server) livez(c echo.Context) error {
	c.Response().Header().Set(echo.HeaderCacheControl, cacheNever)
	return writeJSON(c, http.StatusOK, mediaJSON, map[string]any{"live": true})
}

// readyz says whether this center should get requests: 503 with reasons if not.
func (s *Server) readyz(c echo.Context) error {
	if err := knownQuery(c, "verbose"); err != nil {
		return err
	}
	_, verbose := c.QueryParams()["verbose"]
	view := s.ready(c.Request().Context())
	if !verbose {
		view.Checks = nil
	}
	status := http.StatusOK
	if !view.Ready {
		status = http.StatusServiceUnavailable
		c.Response().Header().Set("Retry-After", "1")
	}
	c.Response().Header().Set(echo.HeaderCacheControl, cacheNever)
	setHeight(c, view.Height)
	return writeJSON(c, status, mediaJSON, view)
}

// ready gathers all conditions of readiness.
func (s *Server) ready(ctx context.Context) ReadyView {
	h := s.opts.Ledger.Health(ctx)
	view := ReadyView{
		Ready: h.Ready, Reasons: slices.Clone(h.Reasons), CatchingUp: h.CatchingUp, Quorum: h.Quorum, Peers: h.Peers,
		Height: h.Height, BlockAgeSeconds: h.BlockAge,
		Checks: []CheckView{{Name: "node", OK: h.Ready}, {Name: "caughtUp", OK: !h.CatchingUp}, {Name: "quorum", OK: h.Quorum}},
	}
	if s.isDraining() {
		view.Ready, view.Reasons = false, append(view.Reasons, "draining")
	}
	for _, check := range s.checks {
		line := s.runCheck(ctx, check)
		view.Checks = append(view.Checks, line)
		if !line.OK && !check.Optional {
			view.Ready, view.Reasons = false, append(view.Reasons, check.Name)
		}
	}
	return view
}

// ownChecks are the conditions that follow from what the server was given, before those of its options.
func (o Options) ownChecks() []HealthCheck {
	all := []HealthCheck{clockCheck(o.Ledger, o.Now)}
	if o.Keystore != nil {
		all = append(all, signerCheck(o.Keystore))
	}
	if o.Cache != nil {
		all = append(all, cacheCheck(o.Cache))
	}
	return append(all, o.Checks...)
}

// clockSkew is how far the league's time may be ahead of this machine's.
const clockSkew = 10 * time.Second

// clockCheck says whether this machine's clock is behind the league's: then what it signs expires too early. One that is
// ahead cannot be told from a league that makes no blocks.
func clockCheck(ledger Ledger, now func() time.Time) HealthCheck {
	return HealthCheck{Name: "clock", Optional: true, Check: func(ctx context.Context) error {
		head, err := ledger.Head(ctx)
		if err != nil {
			return err
		}
		if behind := time.Unix(head.Time, 0).Sub(now()); behind > clockSkew {
			return fmt.Errorf("this machine's clock is %v behind the league's", behind.Round(time.Second))
		}
		return nil
	}}
}

// signerCheck says whether the keystore's keys can be read: one of them is opened, and nothing signed.
func signerCheck(store keystore.Store) HealthCheck {
	return HealthCheck{Name: "signer", Check: func(ctx context.Context) error {
		names, err := store.Names(ctx)
		if err != nil || len(names) == 0 {
			return err // no key is no fault: there is nothing to sign with it
		}
		_, err = store.Signer(ctx, names[0])
		return err
	}}
}

// runCheck runs one check; details of a failure go to the log, the answer gets the name only.
func (s *Server) runCheck(ctx context.Context, check HealthCheck) CheckView {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	line := CheckView{Name: check.Name, Optional: check.Optional, OK: true}
	if err := check.Check(ctx); err != nil {
		line.OK, line.Reason = false, "failing; see the log"
		s.log.Warn("health check failed", "check", check.Name, "error", err)
	}
	return line
}
