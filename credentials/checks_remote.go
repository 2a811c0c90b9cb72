package credentials

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hanse-id/hanse/credentials/dataintegrity"
	"github.com/hanse-id/hanse/credentials/jose"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

// This file has the checks that ask others whose key it is and what became of the credential.

// issuerKeys are the keys of the proofs, in their order.
type issuerKeys []keys.Public

// checkIssuer resolves the issuer at the instant of the verification and finds the key of every proof in its assertionMethod.
func (r *run) checkIssuer(ctx context.Context) Check {
	issuer, err := did.Parse(r.model.issuer)
	if err != nil && r.opened.claims {
		return r.checkIssuerURL(ctx)
	}
	if err != nil {
		return undecided(&Problem{Type: ProblemNotSupported, Title: "issuer not supported", Detail: "only DIDs can be resolved to keys", Pointer: "/issuer"})
	}
	for _, p := range r.opened.proofs {
		if problem := checkMethod(p, issuer); problem != nil {
			return fail(problem)
		}
	}
	if r.Resolver == nil {
		return undecided(&Problem{Type: ProblemUnavailable, Title: "issuer unavailable", Detail: "no resolver is configured", Pointer: "/issuer"})
	}
	version, err := r.Resolver.Resolve(ctx, issuer, did.At{Time: r.opts.At})
	if err != nil {
		return resolutionFailed(issuer, err)
	}
	r.version = version
	c := Check{Outcome: Pass, Evidence: issuerEvidence(issuer, version), Warnings: recoveryWarnings(version)}
	if version.Disputed != "" {
		c.Outcome = Indeterminate
		c.Problem = &Problem{Type: ProblemDisputed, Title: "issuer's key is disputed", Pointer: "/issuer",
			Detail: fmt.Sprintf("version %s of the DID was superseded by a recovery, %s: who signed is not known", version.VersionID, version.Disputed)}
		return c
	}
	if r.deactivated(version) {
		c.Outcome = Fail
		c.Problem = &Problem{Type: ProblemCryptography, Title: "issuer is deactivated", Detail: issuer.String() + " is deactivated", Pointer: "/issuer"}
		return c
	}
	if version.Document.ID != issuer {
		c.Outcome = Fail
		c.Problem = &Problem{Type: ProblemCryptography, Title: "issuer is not valid", Detail: "the DID document is another DID's", Pointer: "/issuer"}
		return c
	}
	for _, p := range r.opened.proofs {
		key, problem := r.assertionKey(version.Document, p)
		if problem != nil {
			c.Outcome, c.Problem = Fail, problem
			return c
		}
		r.issuer = append(r.issuer, key)
	}
	return c
}

// checkMethod makes sure, before anything is resolved, that the method is named as the issuer's own: <issuer>#<fragment>.
func checkMethod(p proof, issuer did.DID) *Problem {
	problem := &Problem{Type: ProblemCryptography, Title: "verification method is not the issuer's", Pointer: p.pointer}
	if p.method == "" {
		problem.Title = "no verification method"
		problem.Detail = "a key of a DID must be named"
		return problem
	}
	u, err := did.ParseURL(p.method)
	if err != nil || u.Fragment == "" || u.Path != "" || u.Query != "" {
		problem.Detail = "must be a DID URL with a fragment"
		return problem
	}
	if u.DID != issuer {
		problem.Detail = "is a method of another DID than the issuer" // unresolved, a did:jwk may hold a private key: not quoted
		return problem
	}
	return nil
}

// resolutionFailed tells absent, invalid and unavailable apart.
func resolutionFailed(issuer did.DID, err error) Check {
	p := &Problem{Type: ProblemUnavailable, Title: "issuer unavailable", Detail: err.Error(), Pointer: "/issuer"}
	switch {
	case errors.Is(err, did.ErrNoVersion):
		p.Type, p.Title, p.Detail = ProblemCryptography, "issuer had no version at that time", "the DID exists, but its first version is later"
		return fail(p)
	case errors.Is(err, did.ErrNotFound):
		p.Type, p.Title, p.Detail = ProblemCryptography, "issuer not found", beside(did.ErrNotFound.Error(), err)
		if p.Detail == "" {
			p.Detail = fmt.Sprintf("%.256q is not registered", issuer)
		}
		return fail(p)
	case errors.Is(err, did.ErrInvalidDID), errors.Is(err, did.ErrInvalidDocument):
		p.Type, p.Title = ProblemCryptography, "issuer is not valid"
		return fail(p)
	case errors.Is(err, did.ErrMethodNotSupported):
		p.Type, p.Title = ProblemNotSupported, "DID method not supported"
		p.Detail = beside(p.Title, err)
	case errors.Is(err, keys.ErrUnsupported):
		p.Type, p.Title = ProblemNotSupported, "key type not supported"
		p.Detail = beside(p.Title, err)
	}
	return undecided(p)
}

// deactivated reports whether the DID was deactivated at the instant of the verification. A deactivation after that instant
// does not matter: the version that was selected then has a successor, and the successor is later.
func (r *run) deactivated(v did.Version) bool {
	switch {
	case v.Document == nil:
		return true
	case !v.Deactivated:
		return false
	case r.opts.At.IsZero():
		return true
	}
	return v.NextUpdate.IsZero() || !r.at.Before(v.NextUpdate)
}

// recoveryWarnings says that an issuer is being recovered: what its present keys sign may turn out to be a thief's.
func recoveryWarnings(v did.Version) []Problem {
	switch {
	case v.Recovery != nil:
		return []Problem{{Type: ProblemDisputed, Title: "issuer is being recovered", Pointer: "/issuer",
			Detail: fmt.Sprintf("unless it is cancelled, a recovery takes effect at %s and disputes what came after version %s",
				v.Recovery.Due.UTC().Format(time.RFC3339), v.Recovery.Base)}}
	case v.During != "" && v.Disputed == "":
		return []Problem{{Type: ProblemDisputed, Title: "issuer's keys changed during a recovery", Pointer: "/issuer",
			Detail: fmt.Sprintf("version %s was made while recovery %s was pending", v.VersionID, v.During)}}
	}
	return nil
}

func issuerEvidence(issuer did.DID, v did.Version) *Evidence {
	e := &Evidence{Source: "did:" + issuer.Method(), Height: v.Height}
	if v.Height > 0 {
		e.Source = "ledger"
	}
	return e
}

// assertionKey finds the key of a proof: an exact match in assertionMethod, controlled by the DID itself.
func (r *run) assertionKey(document *did.Document, p proof) (keys.Public, *Problem) {
	problem := &Problem{Type: ProblemCryptography, Title: "key is not the issuer's", Pointer: p.pointer}
	for _, method := range document.MethodsFor(did.AssertionMethod) {
		if document.Absolute(method.ID) != p.method {
			continue
		}
		if method.Controller != document.ID {
			problem.Detail = "the verification method is controlled by another DID"
			return keys.Public{}, problem
		}
		key, err := r.keyOf(method)
		if err != nil {
			problem.Detail = err.Error()
			return keys.Public{}, problem
		}
		return key, nil
	}
	problem.Detail = fmt.Sprintf("%.256q is not in assertionMethod of %s", p.method, document.ID)
	return keys.Public{}, problem
}

// keyOf reads the key of a method, or remembers it.
func (r *run) keyOf(method did.VerificationMethod) (keys.Public, error) {
	if method.PublicKeyMultibase != "" {
		return r.Keys.ParseMultikey(method.PublicKeyMultibase)
	}
	return method.Key()
}

// checkSignature verifies every proof; all must hold.
func (r *run) checkSignature() Check {
	c := Check{Outcome: Skip}
	if len(r.opened.proofs) == 0 { // not reached: openInput refuses what has no proof
		return fail(&Problem{Type: ProblemCryptography, Title: "signature does not verify", Detail: "nothing is signed"})
	}
	for i := range r.opened.proofs {
		err := r.verifyProof(i)
		switch {
		case err == nil:
			c.worsen(Pass, nil)
		case errors.Is(err, dataintegrity.ErrUnsupported):
			c.worsen(Indeterminate, &Problem{Type: ProblemNotSupported, Title: "proof not supported", Detail: err.Error(), Pointer: "/proof"})
		default:
			c.worsen(Fail, &Problem{Type: ProblemCryptography, Title: "signature does not verify", Detail: whyNot(err)})
		}
	}
	if c.Outcome == Pass && r.opened.signsRDF() {
		if err := disguised(r.opened.credential, r.Contexts); err != nil {
			p := err.Problem
			p.Type, p.Title = ProblemCryptography, "credential is not written as its signature is read"
			c.worsen(Fail, &p)
		}
	}
	return c
}

// whyNot is what the error of a signature that does not verify adds to that.
func whyNot(err error) string {
	for _, sentinel := range []error{jose.ErrSignature, dataintegrity.ErrSignature} {
		if rest, ok := strings.CutPrefix(err.Error(), sentinel.Error()+" with "); ok {
			return "checked with " + rest
		}
		if errors.Is(err, sentinel) {
			return beside(sentinel.Error(), err)
		}
	}
	return err.Error()
}

func (r *run) checkStatus(ctx context.Context) Check {
	s := statusChecker{source: r.Status, issuer: did.DID(r.model.issuer), at: r.opts.At, claims: r.opened.claims}
	return r.Policy.judgeStatus(s.check(ctx, r.opened.credential))
}
