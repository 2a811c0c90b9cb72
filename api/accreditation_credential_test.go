package api

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/credentials"
)

func (r *registry) copyURL(id op.ID) string {
	return "/v1/accreditations/" + id.String() + "/credential"
}

func TestTheHoldersCopySaysWhatWasGranted(t *testing.T) {
	r := startRegistry(t)
	until := r.clock.Now().AddDate(1, 0, 0)
	id := r.league.Accredit(t, r.agency, r.mill.DID, trust.Issue, degree, map[string]any{
		"parent": r.toAgency.String(), "limits": map[string]any{"jurisdictions": []any{"DE", "SE"}, "validity": int64(86400)},
		"validUntil": until.Unix(), "framework": "https://hanse.example/rules",
	})
	answer := r.client.With("Accept", "application/vc+jwt").Get(t, r.copyURL(id)).Want(t, 200)
	if got := answer.Header.Get("Content-Type"); got != "application/vc+jwt" {
		t.Errorf("content type %q", got)
	}
	verifier := &credentials.Verifier{Resolver: r.opts.Resolver, Now: r.clock.Now, Status: NewLedgerStatus(r.league, r.clock.Now)}
	report, got, err := verifier.Verify(t.Context(), answer.Body, credentials.VerifyOptions{})
	ok(t, err)
	if report.Decision != credentials.Accept {
		t.Fatalf("the copy does not verify: %+v", report)
	}
	delete(got, "@context")
	want := map[string]any{
		"id": "https://center.example" + r.copyURL(id), "type": []any{"VerifiableCredential", "AccreditationCredential"},
		"issuer": string(r.lubeck.DID), "validFrom": timeText(r.clock.Now().Unix()), "validUntil": timeText(until.Unix()),
		"credentialStatus": map[string]any{
			"id": "https://center.example/v1/accreditations/" + id.String() + "#status", "type": "AccreditationStatusEntry",
			"accreditation": id.String(),
		},
		"credentialSubject": map[string]any{"id": string(r.mill.DID), "accreditation": map[string]any{
			"id": "urn:hanse:accreditation:" + id.String(), "parent": "urn:hanse:accreditation:" + r.toAgency.String(),
			"authority": string(r.agency.DID), "action": "issue", "resource": "type:Degree", "framework": "https://hanse.example/rules",
			"limits":    map[string]any{"jurisdictions": []any{"DE", "SE"}, "validity": json.Number("86400")},
			"validFrom": timeText(r.clock.Now().Unix()), "validUntil": timeText(until.Unix()),
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTheHoldersCopyIsTheSameBytesInEveryFormThatIsOffered(t *testing.T) {
	r := startRegistry(t)
	target := r.copyURL(r.toUniversity)
	compact := r.client.With("Accept", "application/vc+jwt").Get(t, target).Want(t, 200).Body
	again := r.client.With("Accept", "application/vc+jwt").Get(t, target).Want(t, 200).Body
	if !bytes.Equal(compact, again) {
		t.Error("two requests got two copies")
	}
	for _, accept := range []string{"", "*/*", "application/vc", "application/json", "application/ld+json"} {
		answer := r.client.With("Accept", accept).Get(t, target).Want(t, 200)
		if got := answer.JSON(t)["id"]; got != "data:application/vc+jwt,"+string(compact) {
			t.Errorf("Accept %q: another copy is enveloped", accept)
		}
		if got := r.client.With("Accept", accept).With("If-None-Match", answer.Header.Get("ETag")).Get(t, target); got.Status != 304 {
			t.Errorf("Accept %q: status %d for the same copy, want 304", accept, got.Status)
		}
	}
	attribute := r.tir(t, attributeOf(r.university.DID, r.toUniversity), "attribute")["attribute"].(map[string]any)
	if attribute["body"] != string(compact) {
		t.Error("the trusted issuers registry has another copy")
	}
	r.client.With("Accept", "text/html").Get(t, target).WantProblem(t, 406, "not-acceptable")
}

func TestTheHoldersCopyIsRevokedWithTheAccreditation(t *testing.T) {
	r := startRegistry(t)
	target := r.copyURL(r.toUniversity)
	before := r.client.Get(t, target).Want(t, 200).Body
	verifier := &credentials.Verifier{Resolver: r.opts.Resolver, Now: r.clock.Now, Status: NewLedgerStatus(r.league, r.clock.Now)}
	decide := func() credentials.Decision {
		t.Helper()
		report, _, err := verifier.Verify(t.Context(), before, credentials.VerifyOptions{})
		ok(t, err)
		return report.Decision
	}
	if got := decide(); got != credentials.Accept {
		t.Fatalf("before: %v", got)
	}
	r.clock.Advance(domainPeriod)
	r.league.Revoke(t, r.lubeck, r.toUniversity, trust.Withdrawn)
	if got := decide(); got != credentials.Reject {
		t.Errorf("after the revocation: %v", got)
	}
	if after := r.client.Get(t, target).Want(t, 200).Body; !bytes.Equal(before, after) {
		t.Error("the copy itself changed")
	}
}

func TestThereIsNoCopyOfWhatIsNoAccreditation(t *testing.T) {
	r := startRegistry(t)
	r.client.Get(t, "/v1/accreditations/nonsense/credential").WantProblem(t, 404, "not-found")
	r.client.Get(t, r.copyURL(op.ID{1})).WantProblem(t, 404, "unknown-accreditation")
}
