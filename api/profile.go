package api

import (
	"context"
	"sync/atomic"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/governance"
)

// profile is the league's profile, read once: genesis chose it for good.
type profile struct {
	known atomic.Pointer[governance.Profile]
}

func (p *profile) of(ctx context.Context, ledger Ledger) (governance.Profile, error) {
	if known := p.known.Load(); known != nil {
		return *known, nil
	}
	var read governance.Profile
	if err := ledger.Read(ctx, func(v *app.View) (err error) {
		read, err = governance.ProfileOf(v.Reader())
		return err
	}); err != nil {
		return "", ledgerError(err)
	}
	p.known.Store(&read)
	return read, nil
}

// mayMirror guards what shows the whole ledger, operation by operation: it is public in a hybrid league and needs an API key
// in others, whose records can be read one by one only. cache is how the answer may be cached.
func (s *Server) mayMirror(c echo.Context) (cache string, err error) {
	chosen, err := s.profile.of(c.Request().Context(), s.opts.Ledger)
	switch {
	case err != nil:
		return "", err
	case chosen == governance.Hybrid:
		return cacheRevalidate, nil
	case principalOf(c).Anonymous:
		return "", unauthorised("this league shows its operation log to its members only: this needs an API key", "")
	}
	return cachePrivate, nil
}
