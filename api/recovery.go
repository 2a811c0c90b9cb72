package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// RecoveryView is a recovery under way: public, and cancellable until it is due.
type RecoveryView struct {
	DID       did.DID    `json:"did"`
	Operation op.ID      `json:"operation"` // that started it
	By        string     `json:"by"`        // "set", the DID's own recovery set, or "league"
	Base      string     `json:"base"`      // version id that it continues from
	Started   string     `json:"started"`
	Height    int64      `json:"height"`
	Due       string     `json:"due"`
	Proof     *ProofView `json:"proof,omitempty"`
}

// getRecovery answers GET /v1/dids/{did}/recovery; 404 where none is pending.
func (s *Server) getRecovery(c echo.Context) error {
	id, err := did.Parse(pathParam(c, "did"))
	if err != nil {
		return err
	}
	return s.sendRecord(c, func(v *app.View, p prover) (any, error) {
		pending, err := identity.PendingOf(v.Reader(), id)
		if err != nil {
			return nil, err
		}
		if pending == nil {
			return nil, &Error{Name: "not-found", Status: http.StatusNotFound, Detail: "no recovery of this DID is pending"}
		}
		view := recoveryView(pending)
		view.Proof, err = p.of(identity.PendingKey(id))
		return view, err
	})
}

func recoveryView(p *identity.Pending) RecoveryView {
	view := RecoveryView{
		DID: p.DID, Operation: p.ID, By: "set", Base: p.Base, Started: timeText(p.Started), Height: p.Height, Due: timeText(p.Due),
	}
	if p.League {
		view.By = "league"
	}
	return view
}
