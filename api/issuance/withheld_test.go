package issuance_test

import (
	"testing"

	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/credentials"
)

// What a credential is or can be refused by is never the holder's to withhold, whoever asks for it.
func TestNobodyCanLetHoldersHideARevocation(t *testing.T) {
	c := newCenter(t)
	c.wallet(t)
	s := c.start(t)
	for _, pointer := range []string{"/credentialStatus", "/credentialStatus/0", "/validUntil", "/type/1", "/issuer", "/@context/0", "/credentialSchema", "/termsOfUse", "/cnf", "/exp", "/iat", "/status"} {
		_, err := s.Issue(t.Context(), "wallet", degree(c.did("wallet"), ""), issuance.IssueOptions{Form: credentials.FormSDJWT, Disclosable: []string{pointer}})
		want(t, err, issuance.ErrInvalid)
		one := degrees()
		one.Issuer, one.Form, one.Disclosable = "wallet", credentials.FormSDJWT, []string{"/credentialSubject/degree", pointer}
		_, err = s.PutTemplate(t.Context(), one)
		want(t, err, issuance.ErrInvalid)
	}
	one := degrees()
	one.Issuer, one.Form, one.Disclosable = "wallet", credentials.FormSDJWT, []string{"/credentialSubject/degree"}
	_, err := s.PutTemplate(t.Context(), one)
	must(t, err)
	card := issuance.Template{Name: "card", Issuer: "wallet", Form: credentials.FormSDJWTVC, VCT: "https://types.example/person", Disclosable: []string{"/status"}}
	_, err = s.PutTemplate(t.Context(), card)
	want(t, err, issuance.ErrInvalid)
}

// A key binding answers with the key in cnf: a vc+sd-jwt has one too, beside the subject's id.
func TestSDJWTsNameTheKeyOfTheirHolder(t *testing.T) {
	c := newCenter(t)
	c.wallet(t)
	s := c.start(t)
	one := holder(t)
	credential := degree(c.did("wallet"), "")
	credential["credentialSubject"] = map[string]any{"name": "Ada"}
	o := issuance.IssueOptions{Form: credentials.FormSDJWT, Holders: []issuance.Holder{one}}
	issued, err := s.Issue(t.Context(), "wallet", credential, o)
	must(t, err)
	got := c.opened(t, bodies(t, issued)[0])
	same(t, got["cnf"], any(map[string]any{"jwk": one.Key.JWK()}))
	same(t, got["credentialSubject"].(map[string]any)["id"], any(string(one.DID)))
	credential["cnf"] = map[string]any{"jwk": holder(t).Key.JWK()}
	_, err = s.Issue(t.Context(), "wallet", credential, o)
	want(t, err, issuance.ErrInvalid)
}
