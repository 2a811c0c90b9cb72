package credentials

import (
	"testing"
	"time"

	"github.com/hanse-id/hanse/did/keys"
)

func TestPresentationsAndCredentialsAreToldApartInWords(t *testing.T) {
	for _, p := range []*Presenter{newPresenter(t, FormVPJWT, keys.EdDSA), newPresenter(t, FormVPSDJWT, keys.EdDSA), newPresenter(t, FormVPCOSE, keys.EdDSA), newPresenter(t, FormEdDSAJCS, keys.EdDSA)} {
		secured := present(t, p, PresentOptions{Credentials: [][]byte{about(t, FormJWT, p.DID)}})
		for _, input := range [][]byte{secured.Body, []byte(secured.Compact), secured.COSE} {
			if len(input) == 0 {
				continue
			}
			check, _ := verify(t, newVerifier(), input).Check(CheckParse)
			if check.Outcome != Fail || check.Problem.Detail != isPresentation {
				t.Errorf("%s: %s %+v", p.Form, check.Outcome, check.Problem)
			}
		}
	}
	for _, form := range []Form{FormJWT, FormCOSE, FormEdDSAJCS, FormECDSASD} {
		issuer := newIssuer(t, form, form.Algorithms()[0])
		secured := issue(t, issuer, degree(issuer.DID, nil))
		for _, input := range [][]byte{secured.Body, []byte(secured.Compact), secured.COSE} {
			if len(input) == 0 {
				continue
			}
			report := verifyPresentation(t, newVerifier(), input, PresentationOptions{})
			problems, _ := report.Problems()
			if report.Decision != Reject || len(problems) != 1 || problems[0].Detail != isCredential {
				t.Errorf("%s: %s %+v", form, report.Decision, problems)
			}
		}
	}
}

func TestTheTimeOfAProofIsCalledThat(t *testing.T) {
	issuer := newIssuer(t, FormEdDSAJCS, keys.EdDSA)
	issuer.Now = func() time.Time { return noon.Add(time.Hour) }
	report := verify(t, newVerifier(), issue(t, issuer, degree(issuer.DID, nil)).Body)
	problem := want(t, report, CheckValidity, Fail, ProblemRange).Problem
	if problem.Pointer != "/proof/created" || problem.Detail != "the proof's created is 2026-11-01T13:00:00Z" {
		t.Errorf("%+v", problem)
	}
}
