package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/credentials"
)

// presentationRequest is a request to verify a presentation, read. What it shares with one for a credential is embedded; given and
// credential are the presentation.
type presentationRequest struct {
	verifyRequest
	challenge, domain, media string
}

// verifyPresentation answers POST /presentations/verify: 200 whenever a verification was completed. The older dialect answers 400
// with the same body where the presentation is not verified.
func (a credentialAPI) verifyPresentation(c echo.Context) error {
	if a.opts.Verifier == nil {
		return unavailable("this center verifies nothing", nil)
	}
	r, err := a.readPresentation(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	report, document, err := a.opts.Verifier.VerifyPresentation(ctx, r.credential, credentials.PresentationOptions{
		VerifyOptions: r.options, Challenge: r.challenge, Domain: r.domain, MediaType: r.media,
	})
	if err != nil {
		return unavailable("the verification was not completed", err)
	}
	r.judgeProof(report, document)
	if err := a.useChallenge(ctx, r.challenge, report); err != nil {
		return err
	}
	result := r.result(report, document)
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

// useChallenge takes a challenge of ours from the presentation that is accepted for it: of any number that come at once, one. A
// presentation that is refused anyway leaves it, so that nobody can use up another's.
func (a credentialAPI) useChallenge(ctx context.Context, challenge string, report *credentials.PresentationReport) error {
	if !report.Verified() {
		return nil
	}
	err := a.challenges.take(ctx, challenge)
	if errors.Is(err, errChallengeUsed) {
		report.Refuse(credentials.CheckHolder, credentials.Problem{
			Type: credentials.ProblemCryptography, Title: "challenge is not valid here",
			Detail: "it is not one of this center's, or was used, or is older than 5 minutes",
		})
		return nil
	}
	if err != nil {
		return unavailable("whether the challenge was used cannot be found out", err)
	}
	return nil
}

func (a credentialAPI) readPresentation(c echo.Context) (*presentationRequest, error) {
	body, err := a.readRequest(c, "verifiablePresentation", "options")
	if err != nil {
		return nil, err
	}
	r := &presentationRequest{verifyRequest: verifyRequest{given: body.body["verifiablePresentation"]}}
	switch r.given.(type) {
	case string, map[string]any:
	default:
		return nil, badMember("/verifiablePresentation", "a presentation is an object, or a token as a string")
	}
	if r.credential, err = body.text("verifiablePresentation"); err != nil {
		return nil, err
	}
	if err := r.readOptions(&body.options); err != nil {
		return nil, err
	}
	if err := a.readChecks(&r.verifyRequest, &body.options); err != nil {
		return nil, err
	}
	if a.older {
		if err := r.readOlder(&body.options); err != nil {
			return nil, err
		}
	}
	if err := a.finish(c, body); err != nil {
		return nil, err
	}
	r.warnings = body.warnings
	return r, nil
}

func (r *presentationRequest) readOptions(o *options) (err error) {
	for name, flag := range map[string]*bool{
		"returnPresentation": &r.returned.credential, "returnResults": &r.returned.results, "returnProblemDetails": &r.returned.problems,
	} {
		if *flag, err = o.flag(name); err != nil {
			return err
		}
	}
	for name, to := range map[string]*string{"challenge": &r.challenge, "domain": &r.domain} {
		if *to, err = o.text(name); err != nil {
			return err
		}
	}
	if r.media, err = o.one("mediaType", credentials.MediaTypeLegacyJWT); err != nil {
		return err
	}
	report, err := o.one("report", "full")
	r.returned.report = report == "full"
	return err
}

// readOlder takes what the older dialect may say about the proof that it wants, beside challenge and domain.
func (r *presentationRequest) readOlder(o *options) (err error) {
	for name, to := range map[string]*string{"type": &r.expect.kind, "expectedProofPurpose": &r.expect.purpose} {
		if *to, err = o.text(name); err != nil {
			return err
		}
	}
	_, err = o.text("created")
	return err
}

// judgeProof refuses a presentation without a proof of the kind and purpose that the older dialect asked for.
func (r *presentationRequest) judgeProof(report *credentials.PresentationReport, document map[string]any) {
	if problem := r.expect.check(r.embedded(document)); problem != nil {
		report.Refuse(credentials.CheckSignature, *problem)
	}
}
