package api

import (
	"slices"

	"github.com/hanse-id/hanse/credentials"
)

// proofExpectation is what a request of the older dialect may say about the proof that it wants.
type proofExpectation struct {
	kind, purpose, challenge, domain string
}

// read takes the options of the older dialect. created says nothing about a proof that exists.
func (e *proofExpectation) read(o *options) (err error) {
	for name, to := range map[string]*string{
		"type": &e.kind, "expectedProofPurpose": &e.purpose, "challenge": &e.challenge, "domain": &e.domain,
	} {
		if *to, err = o.text(name); err != nil {
			return err
		}
	}
	_, err = o.text("created")
	return err
}

// check looks among embedded proofs for one that is as expected; nil if there is one, or nothing is expected. What is asked for is never
// passed over: an enveloping proof has no challenge, so it does not fit.
func (e proofExpectation) check(proofs []any) *credentials.Problem {
	if e == (proofExpectation{}) {
		return nil
	}
	for _, one := range proofs {
		proof, ok := one.(map[string]any)
		if ok && e.fits(proof) {
			return nil
		}
	}
	return &credentials.Problem{Type: credentials.ProblemCryptography, Title: "CRYPTOGRAPHIC_SECURITY_ERROR",
		Detail: "no proof has the expected type, purpose, challenge and domain", Pointer: "/proof"}
}

func (e proofExpectation) fits(proof map[string]any) bool {
	for name, want := range map[string]string{"type": e.kind, "proofPurpose": e.purpose, "challenge": e.challenge} {
		if want != "" && proof[name] != want {
			return false
		}
	}
	domains := each(proof["domain"]) // the same strings: Data Integrity 1.0 section 4.4
	return e.domain == "" || len(domains) > 0 && !slices.ContainsFunc(domains, func(one any) bool { return one != e.domain })
}

// addOlder adds the members that the older dialect has: names of the checks made, warnings and errors as text.
func (v *VerificationView) addOlder(report *credentials.Report, r *verifyRequest) {
	for _, check := range report.Checks {
		if check.Outcome == credentials.Pass || check.Outcome == credentials.Fail {
			v.Checks = append(v.Checks, olderName(check.ID))
		}
		for _, warning := range check.Warnings {
			v.Warnings = append(v.Warnings, warning.Title)
		}
		if check.Problem == nil {
			continue
		}
		if check.Severity == credentials.SeverityError {
			v.Errors = append(v.Errors, check.Problem.Title)
		} else {
			v.Warnings = append(v.Warnings, check.Problem.Title)
		}
	}
	v.Warnings = append(v.Warnings, r.warnings...)
	if !v.Verified && len(v.Errors) == 0 {
		v.Errors = append(v.Errors, "no proof has the expected type, purpose, challenge and domain")
	}
	if !v.Verified && v.Problems == nil {
		v.Problems = problemsOf(report)
	}
}

// olderName is what the VC-API calls a check.
func olderName(id credentials.CheckID) string {
	switch id {
	case credentials.CheckSignature:
		return "proof"
	case credentials.CheckStatus:
		return "credentialStatus"
	}
	return string(id)
}
