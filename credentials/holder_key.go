package credentials

import (
	"context"
	"fmt"
	"strings"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

// This file finds the keys of holders: those that a DID authenticates with, and those that a credential is bound to.

// resolveHolder resolves a DID that presents something. The check is a pass only where its version vouches for keys.
func (r *run) resolveHolder(ctx context.Context, holder did.DID) (did.Version, Check) {
	if r.Resolver == nil {
		return did.Version{}, undecided(&Problem{Type: ProblemUnavailable, Title: "holder unavailable", Detail: "no resolver is configured", Pointer: "/holder"})
	}
	version, err := r.Resolver.Resolve(ctx, holder, did.At{Time: r.opts.At})
	if err != nil {
		c := resolutionFailed(holder, err)
		c.Problem = asHolder(c.Problem)
		return version, c
	}
	c := Check{Outcome: Pass, Evidence: issuerEvidence(holder, version)}
	for _, w := range recoveryWarnings(version) {
		c.Warnings = append(c.Warnings, *asHolder(&w))
	}
	problem := &Problem{Type: ProblemCryptography, Title: "holder is deactivated", Detail: holder.String() + " is deactivated", Pointer: "/holder"}
	switch {
	case version.Disputed != "":
		c.Outcome = Indeterminate
		c.Problem = &Problem{Type: ProblemDisputed, Title: "holder's key is disputed", Pointer: "/holder",
			Detail: fmt.Sprintf("version %s of the DID was superseded by a recovery, %s: who signed is not known", version.VersionID, version.Disputed)}
	case r.deactivated(version):
		c.Outcome, c.Problem = Fail, problem
	case version.Document.ID != holder:
		problem.Title, problem.Detail = "holder is not valid", "the DID document is another DID's"
		c.Outcome, c.Problem = Fail, problem
	}
	return version, c
}

// asHolder says of a holder what was found of a DID: the same can be wrong with it as with an issuer's.
func asHolder(p *Problem) *Problem {
	words := strings.NewReplacer("issuer", "holder")
	out := *p
	out.Title, out.Detail, out.Pointer = words.Replace(p.Title), words.Replace(p.Detail), words.Replace(p.Pointer)
	return &out
}

// authenticationKey finds a key by the URL of its method: an exact match in `authentication`, controlled by the DID itself.
func authenticationKey(document *did.Document, method string) (keys.Public, *Problem) {
	problem := &Problem{Type: ProblemCryptography, Title: "key is not the holder's"}
	for _, m := range document.MethodsFor(did.Authentication) {
		if document.Absolute(m.ID) != method {
			continue
		}
		if m.Controller != document.ID {
			problem.Detail = "the verification method is controlled by another DID"
			return keys.Public{}, problem
		}
		key, err := m.Key()
		if err != nil {
			problem.Detail = err.Error()
			return keys.Public{}, problem
		}
		return key, nil
	}
	problem.Detail = fmt.Sprintf("%.256q is not in authentication of %s", method, document.ID)
	return keys.Public{}, problem
}

// boundKey is the key that a credential says it is bound to: cnf, by jwk, or by the kid of a method that a DID authenticates with
// (RFC 7800 sections 3.2 and 3.4). bound is false where it names none; the check says why a named one cannot be used.
func (r *run) boundKey(ctx context.Context) (key keys.Public, bound bool, c Check) {
	v, bound := r.opened.confirmation()
	if !bound {
		return key, false, Check{Outcome: Pass}
	}
	cnf, _ := v.(map[string]any)
	if jwk, ok := cnf["jwk"].(map[string]any); ok {
		key, err := keys.ParseJWK(jwk)
		if err != nil {
			return key, true, fail(&Problem{Type: ProblemMalformed, Title: "malformed value", Detail: err.Error(), Pointer: "/cnf/jwk"})
		}
		return key, true, Check{Outcome: Pass}
	}
	kid, _ := cnf["kid"].(string)
	u, err := did.ParseURL(kid)
	if err != nil || u.Fragment == "" || u.Path != "" || u.Query != "" {
		return key, true, undecided(&Problem{Type: ProblemNotSupported, Title: "key binding not supported", Pointer: "/cnf",
			Detail: "a key is bound by jwk, or by the kid of a DID's method"})
	}
	version, c := r.resolveHolder(ctx, u.DID)
	if c.Outcome != Pass {
		return key, true, c
	}
	key, problem := authenticationKey(version.Document, kid)
	if problem != nil {
		problem.Pointer = "/cnf/kid"
		return key, true, fail(problem)
	}
	return key, true, c
}

// confirmation is the claim cnf of a token. A document with embedded proofs has no claims.
func (o *opened) confirmation() (cnf any, bound bool) {
	switch {
	case o.form == FormLegacyJWT:
		cnf, bound = o.token.Payload["cnf"]
	case o.enveloped:
		cnf, bound = o.credential["cnf"]
	}
	return cnf, bound
}
