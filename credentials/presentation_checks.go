package credentials

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hanse-id/hanse/credentials/dataintegrity"
	"github.com/hanse-id/hanse/credentials/jose"
	"github.com/hanse-id/hanse/did"
)

// This file has the checks of a presentation itself.

func (p *presenting) checkLimits(input []byte) Check {
	if most := p.limits().MaxBytes; len(input) > most {
		return fail(&Problem{Type: ProblemParsing, Title: "too large", Detail: fmt.Sprintf("%d bytes, at most %d", len(input), most)})
	}
	return Check{Outcome: Pass}
}

func (p *presenting) checkParse(input []byte) Check {
	err := p.open(input)
	if errors.Is(err, jose.ErrAlgorithm) {
		p.do(CheckAlgorithm, func() Check { return fail(problemOf(err, ProblemCryptography, "algorithm not allowed")) })
	}
	if err != nil {
		return fail(problemOf(err, ProblemParsing, "cannot be parsed"))
	}
	return Check{Outcome: Pass}
}

func (p *presenting) checkAlgorithm() Check {
	switch {
	case p.opened.unsupported != nil:
		return undecided(&Problem{Type: ProblemNotSupported, Title: "cryptosuite not supported", Detail: p.opened.unsupported.Error()})
	case len(p.opened.proofs) == 0:
		return skip("the presentation is not signed")
	case p.opened.enveloped:
		if err := p.opened.algorithm(); err != nil {
			return fail(problemOf(err, ProblemCryptography, "algorithm not allowed"))
		}
	}
	c := Check{Outcome: Pass}
	for _, name := range p.opened.ignored {
		c.Warnings = append(c.Warnings, Problem{Type: ProblemCryptography, Title: "header member ignored",
			Detail: name + " was not used: the key comes from the holder"})
	}
	return c
}

func (p *presenting) checkDataModel() Check {
	refuse := func(err error) Check { return fail(problemOf(err, ProblemMalformed, "malformed value")) }
	if err := p.readModel(); err != nil {
		return refuse(err)
	}
	c := Check{Outcome: Pass}
	if n := p.opened.appended; n > 0 {
		c.Warnings = append(c.Warnings, Problem{Type: ProblemMalformed, Title: "contexts left out",
			Detail: fmt.Sprintf("%d contexts were appended after signing and mean nothing", n), Pointer: "/@context"})
	}
	if !p.opened.enveloped {
		return c
	}
	for _, name := range []string{"vc", "vp"} {
		if _, has := p.document[name]; has {
			return refuse(malformed(point("", name), "is not allowed in a "+string(p.opened.form)))
		}
	}
	if _, err := parseClaims(p.claims); err != nil {
		return refuse(err)
	}
	if _, has := p.document["proof"]; has {
		c.Warnings = append(c.Warnings, Problem{Type: ProblemMalformed, Title: "member ignored",
			Detail: "the proof inside the token is not checked", Pointer: "/proof"})
	}
	return c
}

// checkConsistency compares claims with members of the presentation that say the same (VC-JOSE-COSE section 3.1.3). Where no
// member names the holder, iss does, and else the key.
func (p *presenting) checkConsistency() Check {
	if len(p.opened.proofs) == 0 {
		return skip("the presentation is not signed")
	}
	iss, _ := p.claims["iss"].(string)
	if iss != "" && p.holder == "" {
		p.holder = did.DID(iss)
	}
	if p.holder == "" {
		if u, err := did.ParseURL(p.opened.proofs[0].method); err == nil {
			p.holder = u.DID
		}
	}
	id, _ := p.document["id"].(string)
	switch jti, ok := p.claims["jti"].(string); {
	case iss != "" && iss != string(p.holder):
		return fail(&Problem{Type: ProblemMalformed, Title: "inconsistent claims", Detail: "is not the holder", Pointer: "/iss"})
	case ok && id != "" && jti != id:
		return fail(&Problem{Type: ProblemMalformed, Title: "inconsistent claims", Detail: "is not the presentation's id", Pointer: "/jti"})
	case p.claims == nil:
		return skip("the presentation has no claims beside its members")
	}
	return Check{Outcome: Pass}
}

func (p *presenting) checkValidity() Check {
	if len(p.opened.proofs) == 0 {
		return skip("the presentation is not signed")
	}
	if slices.Contains(p.o.Checks, ChecksProof) {
		return skip("not asked for")
	}
	var periods []period
	if p.opened.enveloped {
		c, _ := parseClaims(p.claims)
		if !c.expires.IsZero() {
			c.expires = c.expires.Add(-1) // at exp itself a token is no longer accepted (RFC 7519 section 4.1.4)
		}
		periods = append(periods, period{"iat", c.issuedAt, time.Time{}}, period{"nbf", c.notBefore, time.Time{}}, period{"exp", time.Time{}, c.expires})
	}
	periods = append(periods, proofPeriods(p.opened.proofs)...)
	for _, one := range periods {
		if problem := one.check(p.at, p.Skew); problem != nil {
			return fail(problem)
		}
	}
	return Check{Outcome: Pass}
}

// checkMadeFor checks that the presentation was made for this challenge and this domain. Every proof must say so; what nobody
// signed was made for nobody.
func (p *presenting) checkMadeFor() Check {
	asked := p.o.Challenge != "" || p.o.Domain != ""
	if len(p.opened.proofs) == 0 {
		if !asked {
			return skip("the presentation is not signed")
		}
		return fail(&Problem{Type: ProblemCryptography, Title: "presentation is not signed", Detail: "a challenge or domain was asked for"})
	}
	for _, m := range p.madeFor() {
		if p.o.Challenge != "" && m.challenge != p.o.Challenge {
			return fail(&Problem{Type: ProblemCryptography, Title: "made for another challenge", Pointer: p.memberOf(m, "challenge", "nonce")})
		}
		if p.o.Domain != "" && !m.names(p.o.Domain) {
			return fail(&Problem{Type: ProblemCryptography, Title: "made for another domain", Pointer: p.memberOf(m, "domain", "aud")})
		}
	}
	c := Check{Outcome: Pass}
	if !asked {
		c.Note = "neither challenge nor domain was asked for: whoever saw the presentation can repeat it"
	}
	return c
}

func (p *presenting) memberOf(m madeFor, member, claim string) string {
	if p.claims != nil {
		return point("", claim)
	}
	return point(m.pointer, member)
}

// checkHolderKey resolves the holder at the instant of the verification and finds the key of every proof among those it
// authenticates with.
func (p *presenting) checkHolderKey(ctx context.Context) Check {
	if len(p.opened.proofs) == 0 {
		return skip("the presentation is not signed")
	}
	holder, err := did.Parse(string(p.holder))
	if err != nil {
		return undecided(&Problem{Type: ProblemNotSupported, Title: "holder not supported", Detail: "only DIDs can be resolved to keys", Pointer: "/holder"})
	}
	for _, one := range p.opened.proofs {
		if problem := checkMethod(one, holder); problem != nil {
			return fail(asHolder(problem))
		}
	}
	version, c := p.resolveHolder(ctx, holder)
	if c.Outcome != Pass {
		return c
	}
	for _, one := range p.opened.proofs {
		key, problem := authenticationKey(version.Document, one.method)
		if problem != nil {
			problem.Pointer = one.pointer
			c.Outcome, c.Problem = Fail, problem
			return c
		}
		p.keys = append(p.keys, key)
	}
	return c
}

// checkSignature verifies every proof; all must hold.
func (p *presenting) checkSignature() Check {
	if len(p.opened.proofs) == 0 {
		return skip("the presentation is not signed")
	}
	c := Check{Outcome: Pass}
	for i, one := range p.opened.proofs {
		switch err := one.verify(p.keys[i]); {
		case err == nil:
		case errors.Is(err, dataintegrity.ErrUnsupported):
			c.worsen(Indeterminate, &Problem{Type: ProblemNotSupported, Title: "proof not supported", Detail: err.Error(), Pointer: "/proof"})
		default:
			c.worsen(Fail, &Problem{Type: ProblemCryptography, Title: "signature does not verify", Detail: whyNot(err)})
		}
	}
	return c
}
