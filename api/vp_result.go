package api

import (
	"strconv"

	"github.com/hanse-id/hanse/credentials"
)

// PresentationView is the VCALM result of the verification of a presentation (VerifyPresentationResult), with the report where it
// was asked for.
type PresentationView struct {
	Verified     bool                            `json:"verified"` // the presentation and every credential inside
	Presentation any                             `json:"verifiablePresentation,omitempty"`
	Problems     []credentials.Problem           `json:"problemDetails,omitempty"` // pointers go into the presentation
	Results      *PresentationResultsView        `json:"results,omitempty"`
	Report       *credentials.PresentationReport `json:"report,omitempty"`

	// The older dialect.
	Checks   []string `json:"checks,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
	Errors   []string `json:"errors,omitempty"`
}

// PresentationResultsView has the outcomes for the presentation itself, and a result for each credential in order.
type PresentationResultsView struct {
	Presentation PresentedMembersView `json:"presentation"`
	Credentials  []*VerificationView  `json:"credentials"`
}

// PresentedMembersView has the outcome for what was asked for and for the members of a presentation that were checked.
type PresentedMembersView struct {
	Challenge *ResultView  `json:"challenge,omitempty"`
	Domain    *ResultView  `json:"domain,omitempty"`
	Holder    *ResultView  `json:"holder,omitempty"`
	Proof     []ResultView `json:"proof"`
}

// result makes the answer out of a report.
func (r *presentationRequest) result(report *credentials.PresentationReport, document map[string]any) *PresentationView {
	v := &PresentationView{Verified: report.Verified()}
	if r.returned.credential {
		v.Presentation = r.judged(document)
	}
	if r.returned.problems {
		v.Problems = presentationProblems(report)
	}
	if r.returned.results {
		v.Results = r.results(report, document)
	}
	if r.returned.report {
		v.Report = report
	}
	return v
}

// presentationProblems lists what is wrong with the presentation, and then with each credential inside.
func presentationProblems(report *credentials.PresentationReport) []credentials.Problem {
	all := problemsOf(&report.Report)
	for i, c := range report.Credentials {
		for _, problem := range problemsOf(c.Report) {
			problem.Pointer = "/verifiableCredential/" + strconv.Itoa(i) + problem.Pointer
			all = append(all, problem)
		}
	}
	return all
}

func (r *presentationRequest) results(report *credentials.PresentationReport, document map[string]any) *PresentationResultsView {
	v := &PresentationResultsView{Presentation: r.members(report, document), Credentials: []*VerificationView{}}
	inside := each(document["verifiableCredential"])
	for i, c := range report.Credentials {
		one := verifyRequest{given: r.given}
		if i < len(inside) {
			one.given = inside[i]
		}
		one.returned.problems, one.returned.results = true, true
		v.Credentials = append(v.Credentials, one.result(c.Report, c.Credential))
	}
	return v
}

// members are the outcomes for the presentation itself. What it was made for counts with its signature only. A credential that presents
// itself has its key binding as proof, which the holder check is about.
func (r *presentationRequest) members(report *credentials.PresentationReport, document map[string]any) PresentedMembersView {
	signature, _ := report.Check(credentials.CheckSignature)
	holder, _ := report.Check(credentials.CheckHolder)
	signed := signature.Outcome == credentials.Pass
	proofs := r.embedded(document)
	switch itself := document == nil && report.Form != ""; {
	case itself && holder.Outcome != credentials.Skip:
		signed, proofs = holder.Outcome == credentials.Pass, []any{r.given}
	case itself:
	case report.Form != "" && len(proofs) == 0:
		proofs = []any{r.given} // an enveloping proof: the envelope is the input
	}
	madeFor := signed && holder.Outcome == credentials.Pass
	v := PresentedMembersView{Proof: []ResultView{}}
	for _, proof := range proofs {
		v.Proof = append(v.Proof, ResultView{Verified: signed, Input: proof})
	}
	if named, ok := document["holder"]; ok {
		v.Holder = &ResultView{Verified: signed, Input: named}
	}
	if r.challenge != "" {
		v.Challenge = &ResultView{Verified: madeFor, Input: r.challenge}
	}
	if r.domain != "" {
		v.Domain = &ResultView{Verified: madeFor, Input: r.domain}
	}
	return v
}

// addOlder adds the members that the older dialect has: names of the checks made, warnings and errors as text.
func (v *PresentationView) addOlder(report *credentials.PresentationReport, r *presentationRequest) {
	reports := []*credentials.Report{&report.Report}
	for _, c := range report.Credentials {
		reports = append(reports, c.Report)
	}
	for i, one := range reports {
		var part VerificationView
		part.Verified = true // what is missing of a proof was made a problem already
		part.addOlder(one, &verifyRequest{})
		if i == 0 {
			v.Checks = part.Checks
		}
		v.Warnings = append(v.Warnings, part.Warnings...)
		v.Errors = append(v.Errors, part.Errors...)
	}
	v.Warnings = append(v.Warnings, r.warnings...)
	if !v.Verified && v.Problems == nil {
		v.Problems = presentationProblems(report)
	}
}
