package credentials

// Outcome of a check.
type Outcome string

// The outcomes. Skip is said, never silent.
const (
	Pass          Outcome = "pass"
	Fail          Outcome = "fail"
	Skip          Outcome = "skip"
	Indeterminate Outcome = "indeterminate"
)

// Severity of a check: an error decides, a warning stops nothing.
type Severity string

// The severities.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
)

// CheckID names a check. Order of the constants is the order of checks (interfaces.md section 4).
type CheckID string

// The checks, in order.
const (
	CheckLimits        CheckID = "limits"
	CheckParse         CheckID = "parse"
	CheckAlgorithm     CheckID = "algorithm"
	CheckDataModel     CheckID = "dataModel"
	CheckAccreditation CheckID = "accreditation"
	CheckIssuer        CheckID = "issuer"
	CheckSignature     CheckID = "signature"
	CheckConsistency   CheckID = "consistency"
	CheckValidity      CheckID = "validity"
	CheckStatus        CheckID = "status"
	CheckSchema        CheckID = "schema"
	CheckResources     CheckID = "resources"
	CheckHolder        CheckID = "holder"
	CheckLinkedDomain  CheckID = "linkedDomain"
	CheckPolicy        CheckID = "policy" // what somebody else decides, asked last
)

// Decision sums a report up.
type Decision string

// The decisions: any failed error rejects; else any indeterminate error is indeterminate; else accept.
const (
	Accept    Decision = "accept"
	Reject    Decision = "reject"
	Undecided Decision = "indeterminate"
)

// Report is what a verifier found, one entry per check, in order.
type Report struct {
	Decision Decision `json:"decision"`
	At       string   `json:"at"` // RFC 3339 UTC, whole seconds: the instant everything was evaluated at
	Checks   []Check  `json:"checks"`
}

// Check is one entry of a report.
type Check struct {
	ID             CheckID    `json:"id"`
	Outcome        Outcome    `json:"outcome"`
	Severity       Severity   `json:"severity"`
	Problem        *Problem   `json:"problem,omitempty"`  // of a check that failed or is indeterminate
	Warnings       []Problem  `json:"warnings,omitempty"` // what was seen and does not decide
	Code           string     `json:"code,omitempty"`     // of a failed accreditation or linkedDomain: why, as its source calls it, a stable word
	Note           string     `json:"note,omitempty"`     // why a check was skipped, or what a pass means
	Path           []TrustHop `json:"path,omitempty"`     // accreditation only: from the issuer upwards, the best attempt where it fails
	Evidence       *Evidence  `json:"evidence,omitempty"`
	DurationMicros int64      `json:"durationMicros"`
}

// Evidence says what a check stood on.
type Evidence struct {
	Source string `json:"source,omitempty"` // "ledger", "did:key", "configuration", a URL
	Height int64  `json:"height,omitempty"` // ledger height the evidence was read at
	Age    int64  `json:"age"`              // seconds between the evidence's time and now
	Digest string `json:"digest,omitempty"`
}

// Verified reports whether no check of severity error failed or is indeterminate: VCALM's `verified`.
func (r *Report) Verified() bool { return r.Decision == Accept }

// Check returns the entry of a check.
func (r *Report) Check(id CheckID) (Check, bool) {
	for _, c := range r.Checks {
		if c.ID == id {
			return c, true
		}
	}
	return Check{}, false
}

// Problems lists the problems of error severity that decided, in order of the checks, and the warnings: problems of
// warning severity and everything else that was remarked.
func (r *Report) Problems() (errors, warnings []Problem) {
	for _, c := range r.Checks {
		switch {
		case c.Problem == nil:
		case c.Severity == SeverityError && (c.Outcome == Fail || c.Outcome == Indeterminate):
			errors = append(errors, *c.Problem)
		default:
			warnings = append(warnings, *c.Problem)
		}
		warnings = append(warnings, c.Warnings...)
	}
	return errors, warnings
}

// decide sums checks up: any failed error rejects; else any indeterminate error is indeterminate, and so is what has an outcome
// that is none; else accept.
func decide(checks []Check) Decision {
	decision := Accept
	for _, c := range checks {
		if c.Severity != SeverityError {
			continue
		}
		switch c.Outcome {
		case Pass, Skip:
		case Fail:
			return Reject
		default:
			decision = Undecided
		}
	}
	return decision
}

// order lists the checks as a report has them.
var order = [...]CheckID{
	CheckLimits, CheckParse, CheckAlgorithm, CheckDataModel, CheckAccreditation, CheckIssuer, CheckSignature,
	CheckConsistency, CheckValidity, CheckStatus, CheckSchema, CheckResources, CheckHolder, CheckLinkedDomain,
	CheckPolicy,
}
