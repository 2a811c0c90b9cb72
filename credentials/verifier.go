package credentials

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hanse-id/hanse/credentials/schema"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

// Verifier verifies credentials. The zero value of an optional field is its safe default. Its fields must not change once it is
// used; it is then safe for concurrent use.
type Verifier struct {
	Resolver did.Resolver     // nil: every issuer is indeterminate
	Status   StatusSource     // nil: a status of a known type is indeterminate
	Trust    TrustSource      // nil: accreditation is a warning, skip
	Domains  DomainSource     // nil: linkedDomain is indeterminate where the policy asks for it
	Schemas  SchemaSource     // nil: a credentialSchema is skipped, unless the policy requires schemas
	Compiled *schema.Cache    // of JSON Schemas; nil: each is compiled when it is used
	Types    TypeSource       // type metadata of SD-JWT VCs; nil: skipped
	Issuers  IssuerKeySource  // keys of issuers that are https URLs (SD-JWT VC); nil: such issuers are indeterminate
	Decider  Decider          // has the last word of every verification; nil: nobody has
	Policy   Policy           // of every verification; VerifyOptions.Policy replaces it
	Keys     *keys.Cache      // nil: every key is read and prepared anew
	Contexts *Contexts        // nil: EmbeddedContexts
	Now      func() time.Time // nil: time.Now
	Skew     time.Duration    // for iat, nbf, validFrom, proof creation; default 60 s
	MaxBytes int              // of the input, default 1 MiB
}

// DefaultMaxBytes is how large a credential may be unless Verifier.MaxBytes says otherwise.
const DefaultMaxBytes = 1 << 20

// maxDepth bounds the nesting of a credential.
const maxDepth = 32

// VerifyOptions select what one verification does.
type VerifyOptions struct {
	At     time.Time // zero: now. Key, accreditation, status and validity are evaluated at this instant
	Checks []string  // nil or empty: all; ["proof"]: status and validity are skipped, and a linked domain that is not required
	Policy *Policy   // nil: Verifier.Policy. Policy.Within says whether a stranger's asks for less
	Holder *Holder   // nil: a credential alone binds no holder. A presentation says here how it binds each credential

	legacy  bool // the input is a JWT with a `vc` claim, inside of a presentation that is one with a `vp` claim
	refused bool // the presentation that the credential is in is not accepted
}

// ChecksProof is the one selection VerifyOptions.Checks knows.
const ChecksProof = "proof"

// Verify checks a secured credential: a JSON document with a proof, an EnvelopedVerifiableCredential object, or a
// JSON string / bare compact JWS. It always returns a report; credential is nil if it could not be parsed, the payload of a
// JWT, or the document with its proof and the contexts that the proof was made with: what was appended later is left out.
// An error means that the verification was not completed (context ended, or Checks names something unknown); the report then
// says what was found until then and is no verdict.
func (v *Verifier) Verify(ctx context.Context, input []byte, opts VerifyOptions) (report *Report, credential map[string]any, err error) {
	r := v.newRun(opts)
	if err := opts.check(); err != nil {
		return r.result(err).Report, nil, err
	}
	result := r.result(r.verify(ctx, input))
	return result.Report, result.Credential, result.Err
}

// check refuses selections that are not known.
func (o VerifyOptions) check() error {
	for _, name := range o.Checks {
		if name != ChecksProof {
			return fmt.Errorf("unknown check selection %.64q", name)
		}
	}
	return nil
}

// run is one verification.
type run struct {
	*Verifier
	opts    VerifyOptions
	now     time.Time
	at      time.Time // opts.At or now
	opened  *opened
	model   *model
	issuer  issuerKeys
	version did.Version // of the issuer, once it was resolved
	checks  map[CheckID]Check
	reason  string    // why checks that were not reached were not
	settled []settled // what a batch found of the proofs; nil outside of one

	narrowed bool // the options' policy takes other paths than the verifier's
}

func (v *Verifier) newRun(opts VerifyOptions) *run {
	c := *v
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Contexts == nil {
		c.Contexts = EmbeddedContexts()
	}
	if c.Skew == 0 {
		c.Skew = time.Minute
	}
	narrowed := false
	if opts.Policy != nil {
		narrowed = !opts.Policy.samePaths(c.Policy)
		c.Policy = *opts.Policy
	}
	if c.MaxBytes <= 0 {
		c.MaxBytes = DefaultMaxBytes
	}
	r := &run{Verifier: &c, opts: opts, narrowed: narrowed, now: c.Now(), checks: make(map[CheckID]Check, len(order))}
	if r.at = opts.At; r.at.IsZero() {
		r.at = r.now
	}
	r.reason = "the verification was not completed"
	return r
}

// do performs one check, measures it and reports whether it passed or was skipped. Severity is error unless the check says
// otherwise.
func (r *run) do(id CheckID, check func() Check) bool {
	start := time.Now()
	c := check()
	c.ID = id
	if c.Severity == "" {
		c.Severity = SeverityError
	}
	c.DurationMicros = time.Since(start).Microseconds()
	r.checks[id] = c
	return c.Outcome == Pass || c.Outcome == Skip || c.Severity == SeverityWarning
}

// result is what is returned of a run.
func (r *run) result(err error) BatchResult {
	out := BatchResult{Report: r.report(), Err: err}
	if err != nil && out.Report.Decision == Accept {
		out.Report.Decision = Undecided // whoever does not look at the error takes nothing for accepted
	}
	if r.opened != nil {
		out.Credential = r.opened.credential
	}
	return out
}

// report puts the checks in order and names those that were not reached.
func (r *run) report() *Report {
	out := &Report{At: r.at.UTC().Format(time.RFC3339), Checks: make([]Check, 0, len(order))}
	for _, id := range order {
		c, done := r.checks[id]
		if !done {
			c = Check{ID: id, Outcome: Skip, Severity: r.severity(id), Note: "not evaluated: " + r.reason}
		}
		out.Checks = append(out.Checks, c)
	}
	out.Decision = decide(out.Checks)
	return out
}

// severity of a check: accreditation and linked domain are warnings unless the policy requires them. That a policy does not take
// a type is an error always.
func (r *run) severity(id CheckID) Severity {
	if id == CheckLinkedDomain && !r.Policy.RequireLinkedDomain || id == CheckAccreditation && !r.Policy.RequireAccreditation {
		return SeverityWarning
	}
	return SeverityError
}

// verify goes through the checks in order. What depends on a check that did not pass is not evaluated; what can be said without
// it is. Nothing a credential names is asked for before its issuer is accepted.
func (r *run) verify(ctx context.Context, input []byte) error {
	if !r.read(input) {
		return nil
	}
	accepted := r.identify(ctx) && r.do(CheckSignature, r.checkSignature)
	return r.conclude(ctx, accepted)
}

// read does the checks that need nothing but the credential, and reports whether there is something to go on with.
func (r *run) read(input []byte) bool {
	for _, step := range []struct {
		id    CheckID
		check func() Check
	}{
		{CheckLimits, func() Check { return r.checkLimits(input) }},
		{CheckParse, func() Check { return r.checkParse(input) }},
		{CheckAlgorithm, func() Check { return r.judgeForm(r.checkAlgorithm()) }},
		{CheckDataModel, r.checkDataModel},
	} {
		if !r.do(step.id, step.check) {
			r.reason = string(step.id) + " did not pass"
			return false
		}
	}
	return true
}

// identify finds out whether the issuer is accepted and which keys it signs with.
func (r *run) identify(ctx context.Context) bool {
	return r.do(CheckAccreditation, func() Check { return r.checkAccreditation(ctx) }) &&
		r.do(CheckIssuer, func() Check { return r.checkIssuer(ctx) }) && r.judgeKeys()
}

// conclude does what is left. accepted: the credential is the word of an issuer that was not refused.
func (r *run) conclude(ctx context.Context, accepted bool) error {
	proofOnly := slices.Contains(r.opts.Checks, ChecksProof)
	r.do(CheckConsistency, r.checkConsistency)
	r.do(CheckValidity, func() Check {
		if proofOnly {
			return skip("not asked for")
		}
		return r.checkValidity()
	})
	// As with accreditation, what a policy asks for stays asked for.
	switch {
	case proofOnly && !r.Policy.RequireStatus && r.Policy.MaxStatusAge <= 0:
		r.do(CheckStatus, func() Check { return skip("not asked for") })
	case accepted:
		r.do(CheckStatus, func() Check { return r.checkStatus(ctx) })
	}
	r.do(CheckSchema, func() Check { return r.checkSchema(ctx) })
	r.do(CheckResources, r.checkResources)
	r.do(CheckHolder, func() Check { return r.Policy.judgeHolder(r.checkHolder(ctx)) })
	switch {
	case proofOnly && !r.Policy.RequireLinkedDomain:
		r.do(CheckLinkedDomain, func() Check {
			return Check{Outcome: Skip, Severity: r.severity(CheckLinkedDomain), Note: "not asked for"}
		})
	case accepted || !r.asksDomain():
		r.do(CheckLinkedDomain, func() Check { return r.checkLinkedDomain(ctx) })
	}
	r.reason = "the issuer's signature was not established"
	if accepted {
		r.do(CheckPolicy, func() Check { return r.checkDecider(ctx) })
	}
	return ctx.Err()
}
