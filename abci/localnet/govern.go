package localnet

import (
	"context"
	"fmt"
	"time"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
)

// Decide takes a proposal through the league: the first of the centers proposes, the others vote yes, one after another
// through center c. number is the one that the proposal will have. It returns the receipt of the last vote.
func Decide(ctx context.Context, c Center, number int64, kind string, content map[string]any, centers ...*User) (app.Receipt, error) {
	var receipt app.Receipt
	for i, u := range centers {
		kind, body := "league.propose", map[string]any{"kind": kind, "content": content}
		if i > 0 {
			kind, body = "league.vote", map[string]any{"proposal": number, "choice": "yes"}
		}
		var err error
		if receipt, err = Act(ctx, c, u, kind, body); err != nil {
			return receipt, fmt.Errorf("proposal %d: %w", number, err)
		}
	}
	return receipt, nil
}

// Act commits an operation of u through center c; one that is not executed is an error.
func Act(ctx context.Context, c Center, u *User, kind string, body map[string]any) (app.Receipt, error) {
	envelope, err := u.Operation(kind, body, time.Now())
	if err != nil {
		return app.Receipt{}, fmt.Errorf("%s: %w", kind, err)
	}
	receipt, err := Commit(ctx, c, envelope)
	if err == nil && receipt.Code != exec.OK {
		err = fmt.Errorf("code %d (%s)", uint32(receipt.Code), receipt.Code)
	}
	if err != nil {
		return receipt, fmt.Errorf("%s: %w", kind, err)
	}
	return receipt, nil
}

// Admission is the content of a proposal (center.admit) to admit the node's center.
func (n NodePlan) Admission() map[string]any {
	d := n.Descriptor
	sponsors := make([]any, len(d.Sponsors))
	for i, key := range d.Sponsors {
		sponsors[i] = key
	}
	return map[string]any{"center": map[string]any{
		"name": d.Name, "create": d.Create, "validator": d.Validator, "power": d.Power, "sponsors": sponsors, "api": d.API,
	}}
}
