package credentials

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hanse-id/hanse/credentials/jose"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

// PresentationOptions select what one verification of a presentation does.
type PresentationOptions struct {
	VerifyOptions        // of every credential inside; Holder is set by the presentation
	Challenge     string // the presentation must be made for it (challenge, nonce); empty: not asked
	Domain        string // the presentation must be made for it (domain, aud); empty: not asked
	MediaType     string // MediaTypeLegacyJWT: a JWT with a `vp` claim (VC Data Model 1.1 section 6.3.1), and nothing else; empty: the input says itself what it is
}

// MediaTypeLegacyJWT is the media type of JWTs whose `vp` and `vc` claims hold documents of VC Data Model 1.1 (section 6.3.1). They
// are read only where the caller, or a data: URL, calls them by this name, and never taken for a vp+jwt or vc+jwt.
const MediaTypeLegacyJWT = "application/jwt"

// Bounds of a presentation.
const (
	maxPresented          = 32           // credentials inside
	maxPresentationFactor = 4            // bytes: so many times as a credential may have
	maxPresentationDepth  = maxDepth + 4 // JSON: a credential stands two levels further in
)

// PresentationReport is what a verifier found of a presentation: its own checks, and a report for each credential inside.
type PresentationReport struct {
	// Report has the checks of the presentation itself: limits parse algorithm dataModel issuer (its holder's key) signature
	// consistency validity holder. Its decision counts the credentials: whoever accepts the presentation accepts them all.
	Report
	Form        Form              `json:"form,omitempty"`   // "vp+jwt", a cryptosuite, …; "" for an unsigned one
	Holder      did.DID           `json:"holder,omitempty"` // established by the presentation's signature
	Credentials []PresentedReport `json:"credentials"`      // in their order; none where the presentation could not be read
}

// PresentedReport is the report of one credential inside of a presentation.
type PresentedReport struct {
	Report     *Report        `json:"report"`
	Credential map[string]any `json:"-"` // as Verify returns it
}

// presentationOrder lists the checks of a presentation as a report has them.
var presentationOrder = [...]CheckID{
	CheckLimits, CheckParse, CheckAlgorithm, CheckDataModel, CheckIssuer, CheckSignature, CheckConsistency, CheckValidity, CheckHolder,
}

// VerifyPresentation checks a presentation and every credential inside. The input is a document with proofs or without, an
// EnvelopedVerifiablePresentation, a token (vp+jwt, vp+sd-jwt), a COSE message (vp+cose), or an SD-JWT credential with its key
// binding, which presents itself. It always returns a report; the presentation is nil if it could not be parsed or is no document.
// An error means that the verification was not completed; the report is then no verdict.
func (v *Verifier) VerifyPresentation(ctx context.Context, input []byte, o PresentationOptions) (*PresentationReport, map[string]any, error) {
	p := &presenting{run: v.newRun(o.VerifyOptions), verifier: v, o: o}
	for _, name := range o.Checks {
		if name != ChecksProof {
			return p.report(), nil, fmt.Errorf("unknown check selection %.64q", name)
		}
	}
	if o.MediaType != "" && o.MediaType != MediaTypeLegacyJWT {
		return p.report(), nil, fmt.Errorf("unknown media type %.64q", o.MediaType)
	}
	err := p.verify(ctx, input)
	return p.report(), p.document, err
}

// presenting is one verification of a presentation. Of the run it uses what does not depend on a credential.
type presenting struct {
	*run
	verifier *Verifier
	o        PresentationOptions

	document    map[string]any // the presentation; nil where a credential presents itself
	claims      map[string]any // of the envelope; nil for a document with proofs, or without
	inside      []presented    // the credentials
	itself      Form           // of a credential that presents itself
	holder      did.DID        // who the presentation says its holder is
	keys        []keys.Public  // of the holder, once they were found
	credentials []PresentedReport
}

// presented is a credential inside of a presentation, as Verify takes it.
type presented struct {
	input  []byte
	legacy bool // a JWT with a `vc` claim, inside of one with a `vp` claim
}

// verify goes through the checks: those of the presentation that need nobody else first.
func (p *presenting) verify(ctx context.Context, input []byte) error {
	for _, step := range []struct {
		id    CheckID
		check func() Check
	}{
		{CheckLimits, func() Check { return p.checkLimits(input) }},
		{CheckParse, func() Check { return p.checkParse(input) }},
		{CheckAlgorithm, p.checkAlgorithm},
		{CheckDataModel, p.checkDataModel},
	} {
		if !p.do(step.id, step.check) {
			p.reason = string(step.id) + " did not pass"
			return nil
		}
		if p.itself != "" {
			return p.verifyItself(ctx, input)
		}
	}
	p.do(CheckConsistency, p.checkConsistency)
	p.do(CheckValidity, p.checkValidity)
	p.do(CheckHolder, func() Check { return p.Policy.judgeHolder(p.checkMadeFor()) })
	signed := p.do(CheckIssuer, func() Check { return p.checkHolderKey(ctx) }) && p.do(CheckSignature, p.checkSignature)
	p.reason = "the holder's key was not found"
	return p.verifyInside(ctx, signed && len(p.opened.proofs) > 0)
}

// verifyInside verifies the credentials, each bound to the holder that the signature established.
func (p *presenting) verifyInside(ctx context.Context, signed bool) error {
	holder := &Holder{Audience: p.o.Domain, Nonce: p.o.Challenge}
	if signed {
		holder.DID, holder.keys = p.holder, p.keys
	}
	refused := decide(slices.Collect(maps.Values(p.checks))) != Accept
	for _, c := range p.inside {
		opts := p.o.VerifyOptions
		opts.Holder, opts.legacy, opts.refused = holder, c.legacy, refused
		report, credential, err := p.verifier.Verify(ctx, c.input, opts)
		p.credentials = append(p.credentials, PresentedReport{Report: report, Credential: credential})
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// verifyItself verifies an SD-JWT credential that is presented with nothing around it: its key binding, if any, is what binds it to
// its holder (RFC 9901 section 7.3).
func (p *presenting) verifyItself(ctx context.Context, input []byte) error {
	opts := p.o.VerifyOptions
	opts.Holder = &Holder{Audience: p.o.Domain, Nonce: p.o.Challenge}
	report, credential, err := p.verifier.Verify(ctx, input, opts)
	p.credentials = []PresentedReport{{Report: report, Credential: credential}}
	p.reason = "the credential presents itself: see its own checks"
	p.do(CheckHolder, func() Check {
		c, _ := report.Check(CheckHolder)
		return c
	})
	return err
}

// report puts the checks in order and sums everything up.
func (p *presenting) report() *PresentationReport {
	out := &PresentationReport{Form: p.itself, Credentials: p.credentials}
	if out.Credentials == nil {
		out.Credentials = []PresentedReport{}
	}
	if p.opened != nil {
		out.Form = p.opened.form
	}
	out.At = p.at.UTC().Format(time.RFC3339)
	out.Checks = make([]Check, 0, len(presentationOrder))
	for _, id := range presentationOrder {
		c, done := p.checks[id]
		if !done {
			c = Check{ID: id, Outcome: Skip, Severity: SeverityError, Note: "not evaluated: " + p.reason}
		}
		out.Checks = append(out.Checks, c)
		if id == CheckSignature && c.Outcome == Pass {
			out.Holder = p.holder
		}
	}
	out.Decision = decide(out.Checks)
	for _, c := range p.credentials {
		switch {
		case out.Decision == Reject:
		case c.Report.Decision == Reject:
			out.Decision = Reject
		case c.Report.Decision == Undecided:
			out.Decision = Undecided
		}
	}
	return out
}

// limits of what is read as a presentation.
func (p *presenting) limits() jose.Limits {
	return jose.Limits{MaxBytes: maxPresentationFactor * p.MaxBytes, MaxDepth: maxPresentationDepth}
}

// Refuse makes a check of the presentation fail for a reason that the verifier knows nothing of, like a challenge that was used
// before, and rejects the presentation.
func (r *PresentationReport) Refuse(id CheckID, problem Problem) {
	for i := range r.Checks {
		if r.Checks[i].ID == id {
			r.Checks[i].Outcome, r.Checks[i].Severity, r.Checks[i].Problem, r.Checks[i].Note = Fail, SeverityError, &problem, ""
		}
	}
	r.Decision = Reject
}
