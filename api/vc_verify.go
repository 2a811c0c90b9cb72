package api

import (
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/credentials"
)

// verifyRequest is a request to verify a credential, read.
type verifyRequest struct {
	credential []byte // as it was written
	given      any    // the same, as a value
	options    credentials.VerifyOptions
	returned   struct{ credential, results, problems, report bool }
	expect     proofExpectation
	warnings   []string
}

// verify answers POST /credentials/verify: 200 whenever a verification was completed. The older dialect answers 400 with the
// same body where the credential is not verified.
func (a credentialAPI) verify(c echo.Context) error {
	if a.opts.Verifier == nil {
		return unavailable("this center verifies nothing", nil)
	}
	r, err := a.readVerify(c)
	if err != nil {
		return err
	}
	report, credential, err := a.opts.Verifier.Verify(c.Request().Context(), r.credential, r.options)
	if err != nil {
		return unavailable("the verification was not completed", err)
	}
	result := r.result(report, credential)
	c.Response().Header().Set(echo.HeaderCacheControl, cacheNever)
	status := http.StatusOK
	if a.older {
		result.addOlder(report, r)
		if !result.Verified {
			status = http.StatusBadRequest
		}
	}
	return writeJSON(c, status, mediaJSON, result)
}

func (a credentialAPI) readVerify(c echo.Context) (*verifyRequest, error) {
	body, err := a.readRequest(c, "verifiableCredential", "options")
	if err != nil {
		return nil, err
	}
	r := &verifyRequest{given: body.body["verifiableCredential"]}
	switch r.given.(type) {
	case string, map[string]any:
	default:
		return nil, badMember("/verifiableCredential", "a verifiable credential is an object, or a compact JWS as a string")
	}
	if r.credential, err = body.text("verifiableCredential"); err != nil {
		return nil, err
	}
	for name, flag := range map[string]*bool{
		"returnCredential": &r.returned.credential, "returnResults": &r.returned.results, "returnProblemDetails": &r.returned.problems,
	} {
		if *flag, err = body.options.flag(name); err != nil {
			return nil, err
		}
	}
	report, err := body.options.one("report", "full")
	if err != nil {
		return nil, err
	}
	r.returned.report = report == "full"
	if err := a.readChecks(r, &body.options); err != nil {
		return nil, err
	}
	if a.older {
		if err := r.expect.read(&body.options); err != nil {
			return nil, err
		}
	}
	if err := a.finish(c, body); err != nil {
		return nil, err
	}
	r.warnings = body.warnings
	return r, nil
}

// readChecks reads what is to be checked, at which instant, and what is asked for.
func (a credentialAPI) readChecks(r *verifyRequest, o *options) error {
	at, err := o.text("at")
	if err != nil {
		return err
	}
	if at != "" {
		if r.options.At, err = parseInstant(at); err != nil {
			return badMember("/options/at", "must be a time in UTC and whole seconds, like 2026-11-22T13:00:00Z")
		}
		if r.options.At.After(a.opts.Now()) {
			return badMember("/options/at", "must not be in the future")
		}
	}
	checks, err := o.texts("checks")
	if err != nil {
		return err
	}
	for _, check := range checks {
		if check != "proof" {
			return badMember("/options/checks", `known checks are "proof"; an empty list means all`)
		}
	}
	r.options.Checks = checks
	r.options.Policy, err = readPolicy(o, a.opts.Verifier.Policy)
	return err
}

// parseInstant reads an RFC 3339 time in UTC without sub-seconds.
func parseInstant(text string) (time.Time, error) {
	const layout = "2006-01-02T15:04:05Z"
	at, err := time.Parse(layout, text)
	if err == nil && at.Format(layout) != text { // time.Parse takes fractions that no layout asks for
		err = fmt.Errorf("%.64q is not in whole seconds", text)
	}
	return at, err
}
