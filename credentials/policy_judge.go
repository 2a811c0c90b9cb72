package credentials

import (
	"fmt"
	"slices"
	"time"

	"github.com/hanse-id/hanse/did/keys"
)

// This file compares what was found of a credential with what a policy takes.

// notAccepted fails a check because of the verifier's policy.
func notAccepted(title, detail, pointer string) Check {
	return fail(&Problem{Type: ProblemNotAccepted, Title: title, Detail: detail, Pointer: pointer})
}

// acceptsTypes reports whether a credential has one of the types that the policy takes.
func (p Policy) acceptsTypes(types []string) bool {
	return len(p.Types) == 0 || slices.ContainsFunc(types, func(t string) bool { return slices.Contains(p.Types, t) })
}

// acceptsIssuer reports whether the policy takes an issuer.
func (p Policy) acceptsIssuer(issuer string) bool {
	return len(p.Issuers) == 0 || slices.Contains(p.Issuers, issuer)
}

// acceptsAlgorithm reports whether the policy takes keys of a kind.
func (p Policy) acceptsAlgorithm(alg keys.Algorithm) bool {
	return len(p.Algorithms) == 0 || slices.Contains(p.Algorithms, alg)
}

// judgeForm fails the algorithm check of a credential that has a proof of a form that the policy does not take, or that no key
// of an accepted kind can have made. What kind of key a proof needs may only be known with the key: see judgeKeys.
func (r *run) judgeForm(c Check) Check {
	if c.Outcome != Pass {
		return c
	}
	for _, p := range r.opened.proofs {
		f, known := formNamed(r.opened.formOf(p))
		if len(r.Policy.Forms) > 0 && !slices.Contains(r.Policy.Forms, f.name) {
			return notAccepted("securing form is not accepted", fmt.Sprintf("%.64q is none of %.256q", r.opened.formOf(p), r.Policy.Forms), "")
		}
		if known && !slices.ContainsFunc(f.algorithms, r.Policy.acceptsAlgorithm) {
			return r.refuseAlgorithm(f.algorithms)
		}
	}
	if alg, named := r.opened.namedAlgorithm(); named && !r.Policy.acceptsAlgorithm(alg) {
		return r.refuseAlgorithm([]keys.Algorithm{alg})
	}
	return c
}

func (r *run) refuseAlgorithm(algorithms []keys.Algorithm) Check {
	return notAccepted("algorithm is not accepted", fmt.Sprintf("%s is none of %.256q", algorithms, r.Policy.Algorithms), "")
}

// judgeKeys fails the algorithm check after the fact where a key of the issuer is of a kind that the policy does not take.
func (r *run) judgeKeys() bool {
	for _, key := range r.issuer {
		if !r.Policy.acceptsAlgorithm(key.Algorithm()) {
			return r.do(CheckAlgorithm, func() Check { return r.refuseAlgorithm([]keys.Algorithm{key.Algorithm()}) })
		}
	}
	return true
}

// judgeStatus is what a policy makes of a status check: without a status that was evaluated it may fail, and one that is
// known as of too long ago decides nothing. What was found to be revoked stays so.
func (p Policy) judgeStatus(c Check) Check {
	if p.RequireStatus && c.Outcome == Skip {
		out := notAccepted("credential has no status", "the verifier's policy asks for one of a known type", "/credentialStatus")
		out.Warnings = c.Warnings
		return out
	}
	if p.MaxStatusAge <= 0 || c.Outcome != Pass {
		return c
	}
	switch {
	case c.Evidence == nil:
		c.worsen(Indeterminate, &Problem{Type: ProblemStatusRetrieval, Title: "status is of unknown age", Detail: p.freshness()})
	case c.Evidence.Age > int64(p.MaxStatusAge/time.Second):
		c.worsen(Indeterminate, &Problem{Type: ProblemStatusRetrieval, Title: "status is too old",
			Detail: fmt.Sprintf("known as of %d seconds ago; %s", c.Evidence.Age, p.freshness())})
	}
	return c
}

func (p Policy) freshness() string {
	return fmt.Sprintf("the verifier's policy takes %d seconds at most", p.MaxStatusAge/time.Second)
}

// judgeHolder is what a policy makes of a holder check that had nothing to look at.
func (p Policy) judgeHolder(c Check) Check {
	if !p.RequireHolder {
		return c
	}
	c.Severity = SeverityError
	if c.Outcome != Skip {
		return c
	}
	out := notAccepted("credential is not bound to who presents it", "the verifier's policy asks for a presentation by its holder", "")
	if c.Note != "" {
		out.Problem.Detail += ": " + c.Note
	}
	out.Warnings, out.Severity = c.Warnings, SeverityError
	return out
}
