package credentials

import (
	"context"
	"fmt"
	"time"
)

// maxDecision bounds how long a Decider is waited for, whatever its own budget. An HTTPDecider has its budget for each question
// and not for those that wait, of which a batch has many.
const maxDecision = 10 * time.Second

// maxReason bounds what a report repeats of a Decider's words, in characters.
const maxReason = 256

// Decider is somebody else's policy: it is asked last, about what passed everything else, and must answer before ctx ends. What
// it does not answer is a no. Implementations are safe for concurrent use.
type Decider interface {
	Decide(ctx context.Context, q DeciderQuery) (Verdict, error)
}

// DeciderQuery is what a Decider is asked: what was verified, and the report so far, without the Decider's own check.
type DeciderQuery struct {
	Credential map[string]any `json:"credential"`
	Report     *Report        `json:"report"`
}

// Verdict is what a Decider answers. Its reason becomes part of the report.
type Verdict struct {
	Accept bool   `json:"accept"`
	Reason string `json:"reason,omitempty"`
}

// checkDecider asks the Decider about a credential that would be accepted without it. A credential that is not shall not leave
// the house.
func (r *run) checkDecider(ctx context.Context) Check {
	if r.Decider == nil {
		return skip("no external policy is configured")
	}
	if r.opts.refused {
		return skip("not evaluated: the presentation is not accepted")
	}
	report := r.report()
	report.Checks = report.Checks[:len(report.Checks)-1]
	if report.Decision != Accept {
		return skip("not evaluated: the credential is not accepted as it is")
	}
	if _, bounded := r.Decider.(*HTTPDecider); !bounded {
		limited, cancel := context.WithTimeout(ctx, maxDecision)
		defer cancel()
		ctx = limited
	}
	verdict, err := r.Decider.Decide(ctx, DeciderQuery{Credential: r.opened.credential, Report: report})
	if err == nil {
		err = ctx.Err() // an answer that came too late is none
	}
	reason := fmt.Sprintf("%.*s", maxReason, verdict.Reason)
	switch {
	case err != nil:
		return notAccepted("external policy did not decide", err.Error(), "")
	case !verdict.Accept:
		return notAccepted("external policy refuses the credential", reason, "")
	}
	return Check{Outcome: Pass, Note: reason}
}
