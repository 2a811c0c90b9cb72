package credentials

import (
	"errors"
	"fmt"
	"time"

	"github.com/hanse-id/hanse/credentials/dataintegrity"
	"github.com/hanse-id/hanse/credentials/jose"
)

// This file has the checks that need nothing but the credential.

// maxRemarks bounds how many members of one credential a report remarks upon: a report is no larger for a stranger's wish.
const maxRemarks = 32

func (r *run) checkLimits(input []byte) Check {
	if len(input) > r.MaxBytes {
		return fail(&Problem{Type: ProblemParsing, Title: "too large", Detail: fmt.Sprintf("%d bytes, at most %d", len(input), r.MaxBytes)})
	}
	return Check{Outcome: Pass}
}

func (r *run) checkParse(input []byte) Check {
	var err error
	limits := jose.Limits{MaxBytes: r.MaxBytes, MaxDepth: maxDepth}
	if r.opts.legacy {
		r.opened, err = openLegacyCredential(string(input), limits)
	} else {
		r.opened, err = openInput(input, limits, r.Contexts)
	}
	if errors.Is(err, jose.ErrAlgorithm) {
		// The token says nothing about what it is signed with: the container is readable, the algorithm is not.
		r.do(CheckAlgorithm, func() Check { return fail(problemOf(err, ProblemCryptography, "algorithm not allowed")) })
	}
	if err != nil {
		return fail(problemOf(err, ProblemParsing, "cannot be parsed"))
	}
	return Check{Outcome: Pass}
}

func (r *run) checkAlgorithm() Check {
	if r.opened.unsupported != nil {
		title := "securing form not supported"
		if errors.Is(r.opened.unsupported, dataintegrity.ErrUnsupported) {
			title = "cryptosuite not supported"
		}
		return undecided(&Problem{Type: ProblemNotSupported, Title: title, Detail: r.opened.unsupported.Error()})
	}
	c := Check{Outcome: Pass}
	if !r.opened.enveloped {
		return c
	}
	if err := r.opened.algorithm(); err != nil {
		return fail(problemOf(err, ProblemCryptography, "algorithm not allowed"))
	}
	for _, name := range r.opened.ignored {
		c.Warnings = append(c.Warnings, Problem{Type: ProblemCryptography, Title: "header member ignored",
			Detail: fmt.Sprintf("%s was not used: the key comes from the issuer", name)})
	}
	return c
}

func (r *run) checkDataModel() Check {
	if r.opened.claims {
		return r.checkClaims()
	}
	credential := r.opened.credential
	malformedCheck := func(err error) Check { return fail(problemOf(err, ProblemMalformed, "malformed value")) }
	var err error
	if r.model, err = checkModel(credential, r.Contexts); err != nil {
		return malformedCheck(err)
	}
	c := Check{Outcome: Pass}
	if n := r.opened.appended; n > 0 {
		c.Warnings = append(c.Warnings, Problem{Type: ProblemMalformed, Title: "contexts left out",
			Detail: fmt.Sprintf("%d contexts were appended after signing and mean nothing", n), Pointer: "/@context"})
	}
	if !r.opened.enveloped {
		r.model.types = r.vouchedTypes(r.model.types)
		if contexts, _ := credential["@context"].([]any); r.opened.signsRDF() && hasInline(contexts) && !isPublic(credential) {
			c.Warnings = append(c.Warnings, Problem{Type: ProblemMalformed, Title: "context is not signed", Pointer: "/@context",
				Detail: "this form signs what the document says and not its inline contexts: whoever presents it may have renamed claims"})
		}
		return c
	}
	if r.model.base == contextV1 {
		return malformedCheck(malformed("/@context/0", string(r.opened.form)+" cannot secure a credential of data model 1.1"))
	}
	for _, name := range []string{"vc", "vp"} {
		if _, has := credential[name]; has {
			return malformedCheck(malformed(point("", name), "is not allowed in a "+string(r.opened.form)))
		}
	}
	if _, err := parseClaims(credential); err != nil {
		return malformedCheck(err)
	}
	if r.opened.closedAtTop() && (credential["credentialStatus"] == nil || r.model.validUntil.IsZero() && credential["exp"] == nil) {
		c.Warnings = append(c.Warnings, Problem{Type: ProblemMalformed, Title: "something may be withheld",
			Detail: "a digest beside the members is not disclosed: where its issuer allowed that, a status or an end of validity may be hidden"})
	}
	for i, name := range undefinedMembers(credential, r.model, r.Contexts) {
		if i == maxRemarks {
			break
		}
		c.Warnings = append(c.Warnings, Problem{Type: ProblemMalformed, Title: "member ignored",
			Detail: "is not defined by the data model or by a context of the credential", Pointer: point("", name)})
	}
	if _, has := credential["proof"]; has {
		c.Warnings = append(c.Warnings, Problem{Type: ProblemMalformed, Title: "member ignored",
			Detail: "the proof inside the token is not checked", Pointer: "/proof"})
	}
	return c
}

func (r *run) checkConsistency() Check {
	if !r.opened.enveloped {
		return skip("the credential has no claims beside its members")
	}
	if err := checkConsistent(r.opened.credential, r.model); err != nil {
		return fail(problemOf(err, ProblemMalformed, "inconsistent claims"))
	}
	return Check{Outcome: Pass}
}

func (r *run) checkValidity() Check {
	from, until := "validFrom", "validUntil"
	if r.model.base == contextV1 {
		from, until = "issuanceDate", "expirationDate"
	}
	periods := []period{{from, r.model.validFrom, time.Time{}}, {until, time.Time{}, r.model.validUntil}}
	if r.opened.enveloped {
		c, _ := parseClaims(r.opened.credential)
		if !c.expires.IsZero() {
			c.expires = c.expires.Add(-1) // at exp itself a token is no longer accepted (RFC 7519 section 4.1.4)
		}
		periods = append(periods, period{"iat", c.issuedAt, time.Time{}}, period{"nbf", c.notBefore, time.Time{}}, period{"exp", time.Time{}, c.expires})
	}
	periods = append(periods, proofPeriods(r.opened.proofs)...)
	for _, p := range periods {
		if problem := p.check(r.at, r.Skew); problem != nil {
			return fail(problem)
		}
	}
	return Check{Outcome: Pass}
}

func (r *run) checkResources() Check {
	if r.opened.claims {
		return skip("the claims of an SD-JWT VC have no related resources")
	}
	list, err := relatedResources(r.opened.credential)
	if err != nil {
		return fail(problemOf(err, ProblemMalformed, "malformed value"))
	}
	c := Check{Outcome: Skip}
	if len(list) == 0 {
		c.Note = "the credential has no related resources"
	}
	for _, item := range list {
		switch r.Contexts.compare(item) {
		case matches:
			c.worsen(Pass, nil)
		case differs:
			c.worsen(Fail, &Problem{Type: ProblemCryptography, Title: "related resource differs", Detail: "digest is not that of " + item.id, Pointer: item.pointer})
		case notComparable:
			c.note(item.id + " is not at hand and was not compared")
		}
	}
	return c
}
