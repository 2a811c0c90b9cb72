package credentials

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

// panicking is a source with a fault in it.
type panicking struct{ calls atomic.Int32 }

func (p *panicking) Resolve(context.Context, did.DID, did.At) (did.Version, error) {
	p.calls.Add(1)
	panic("fault")
}

func (p *panicking) Status(context.Context, StatusQuery) (StatusResult, error) { panic("fault") }

// A worker's panic is nobody's to recover: without care it would end the process, for everybody.
func TestAPanicEndsOneCredentialAndNoProcess(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	plain := issue(t, issuer, degree(issuer.DID, nil)).Body
	withStatus := issue(t, issuer, degree(issuer.DID, map[string]any{"credentialStatus": map[string]any{
		"type": EntryType, "statusPurpose": "revocation", "statusListIndex": "5", "statusListCredential": "https://issuer.example/1"}})).Body
	v := newVerifier()
	v.Status = &panicking{}
	results := v.VerifyBatch(t.Context(), [][]byte{plain, withStatus, plain}, VerifyOptions{})
	for i, bad := range []bool{false, true, false} {
		if r := results[i]; r.Report == nil || r.Report.Verified() == bad || (r.Err != nil) != bad {
			t.Errorf("%d: %+v, %v", i, r.Report, r.Err)
		}
	}
	v.Resolver = &panicking{}
	for i, r := range v.VerifyBatch(t.Context(), [][]byte{plain, plain, plain, plain}, VerifyOptions{}) {
		if r.Report == nil || r.Report.Decision != Undecided {
			t.Errorf("%d: a fault of the resolver is no fault of the issuer: %+v, %v", i, r.Report, r.Err)
		}
	}
}

// What is not finished is not accepted, whoever forgets to look at the error.
func TestWhatWasNotCompletedIsNeverAccepted(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	input := issue(t, issuer, degree(issuer.DID, nil)).Body
	report, _, err := newVerifier().Verify(t.Context(), input, VerifyOptions{Checks: []string{"everything"}})
	if err == nil || report.Decision == Accept {
		t.Errorf("an unknown selection: %v, %s", err, report.Decision)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if report, _, err = newVerifier().Verify(ended, input, VerifyOptions{}); err == nil || report.Decision == Accept {
		t.Errorf("a context that ended: %v, %s", err, report.Decision)
	}
	for i, r := range newVerifier().VerifyBatch(t.Context(), make([][]byte, MaxBatch+1), VerifyOptions{}) {
		if r.Report.Decision == Accept {
			t.Fatalf("%d of too many is accepted", i)
		}
	}
	if d := decide([]Check{{Severity: SeverityError, Outcome: Pass}, {Severity: SeverityError}}); d != Undecided {
		t.Errorf("a check without an outcome: %s", d)
	}
}

// A batch stops where its client has gone: what was not begun is not begun.
func TestABatchDoesNoMoreWhenItsContextEnds(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	ctx, end := context.WithCancel(t.Context())
	v, asked := newVerifier(), atomic.Int32{}
	v.Trust = trustFunc(func(TrustQuery) (TrustResult, error) {
		asked.Add(1)
		end()
		return TrustResult{}, nil
	})
	inputs := make([][]byte, 200)
	for i := range inputs {
		inputs[i] = issue(t, issuer, degree(issuer.DID, nil)).Body
	}
	for i, r := range v.VerifyBatch(ctx, inputs, VerifyOptions{}) {
		if !errors.Is(r.Err, context.Canceled) || r.Report.Decision == Accept {
			t.Fatalf("%d: %v, %s", i, r.Err, r.Report.Decision)
		}
	}
	if n := asked.Load(); n > batchWorkers {
		t.Errorf("%d credentials were begun", n)
	}
}

// An answer after the time is none.
func TestADeciderThatAnswersTooLateDecidesNothing(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	ctx, end := context.WithCancel(t.Context())
	v := newVerifier()
	v.Decider = deciderFunc(func(DeciderQuery) (Verdict, error) {
		end()
		return Verdict{Accept: true}, nil
	})
	report, _, _ := v.Verify(ctx, issue(t, issuer, degree(issuer.DID, nil)).Body, VerifyOptions{})
	want(t, report, CheckPolicy, Fail, ProblemNotAccepted)
}
