package api

import (
	"github.com/hanse-id/hanse/credentials"
)

// VerificationView is the VCALM result of a verification (VerifyCredentialResult), with the report where it was asked for.
type VerificationView struct {
	Verified   bool                  `json:"verified"`
	Credential any                   `json:"credential,omitempty"` // in the form in which it was verified
	Problems   []credentials.Problem `json:"problemDetails,omitempty"`
	Results    *ResultsView          `json:"results,omitempty"`
	Report     *credentials.Report   `json:"report,omitempty"`

	// The older dialect.
	Checks   []string `json:"checks,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
	Errors   []string `json:"errors,omitempty"`
}

// ResultsView has the outcome for the members of a credential that were checked.
type ResultsView struct {
	Proof            []ResultView `json:"proof"`
	ValidFrom        *ResultView  `json:"validFrom,omitempty"`
	ValidUntil       *ResultView  `json:"validUntil,omitempty"`
	CredentialStatus []ResultView `json:"credentialStatus,omitempty"`
	CredentialSchema []ResultView `json:"credentialSchema,omitempty"`
}

// ResultView is one outcome. Verified is false also where nothing could be found out.
type ResultView struct {
	Verified bool `json:"verified"`
	Input    any  `json:"input"`
}

// result makes the answer out of a report.
func (r *verifyRequest) result(report *credentials.Report, credential map[string]any) *VerificationView {
	v := &VerificationView{Verified: report.Decision == credentials.Accept}
	problems := problemsOf(report)
	if problem := r.expect.check(r.embedded(credential)); problem != nil {
		v.Verified = false
		problems = append(problems, *problem)
	}
	if r.returned.credential {
		v.Credential = r.judged(credential)
	}
	if r.returned.problems {
		v.Problems = problems
	}
	if r.returned.results {
		v.Results = r.results(report, credential)
	}
	if r.returned.report {
		v.Report = report
	}
	return v
}

// judged is the credential that the report speaks of. A document with proofs may have come with contexts that were appended
// after signing (Data Integrity EdDSA Cryptosuites 1.0, section 3.3.2): what was judged, and is returned, goes without them.
func (r *verifyRequest) judged(credential map[string]any) any {
	if document, ok := r.given.(map[string]any); ok && document["proof"] != nil && credential != nil {
		return credential
	}
	return r.given
}

// embedded lists the proofs of the document that was given. What the content of an envelope calls its proof is none: it was not checked.
func (r *verifyRequest) embedded(document map[string]any) []any {
	if given, ok := r.given.(map[string]any); ok && given["proof"] != nil {
		return each(document["proof"])
	}
	return nil
}

// problemsOf lists what is wrong: errors before warnings.
func problemsOf(report *credentials.Report) []credentials.Problem {
	all := []credentials.Problem{}
	for _, severity := range []credentials.Severity{credentials.SeverityError, credentials.SeverityWarning} {
		for _, check := range report.Checks {
			if check.Severity == severity && check.Problem != nil {
				all = append(all, *check.Problem)
			}
		}
	}
	for _, check := range report.Checks {
		all = append(all, check.Warnings...)
	}
	return all
}

func (r *verifyRequest) results(report *credentials.Report, credential map[string]any) *ResultsView {
	passed := map[credentials.CheckID]bool{}
	for _, check := range report.Checks {
		passed[check.ID] = check.Outcome == credentials.Pass
	}
	v := &ResultsView{Proof: []ResultView{}}
	proofs := r.embedded(credential)
	if len(proofs) == 0 {
		proofs = []any{r.given} // an enveloping proof: the envelope is the input
	}
	for _, proof := range proofs {
		v.Proof = append(v.Proof, ResultView{Verified: passed[credentials.CheckSignature], Input: proof})
	}
	if from, ok := credential["validFrom"]; ok {
		v.ValidFrom = &ResultView{Verified: passed[credentials.CheckValidity], Input: from}
	}
	if until, ok := credential["validUntil"]; ok {
		v.ValidUntil = &ResultView{Verified: passed[credentials.CheckValidity], Input: until}
	}
	for _, entry := range each(credential["credentialStatus"]) {
		v.CredentialStatus = append(v.CredentialStatus, ResultView{Verified: passed[credentials.CheckStatus], Input: entry})
	}
	for _, schema := range each(credential["credentialSchema"]) {
		v.CredentialSchema = append(v.CredentialSchema, ResultView{Verified: passed[credentials.CheckSchema], Input: schema})
	}
	return v
}

// each lists the values of a member that has one or many.
func each(value any) []any {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{value}
}
