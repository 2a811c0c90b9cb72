package api

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/credentials/issuermeta"
	"github.com/hanse-id/hanse/did/fetch"
)

// ownWeb fetches from the API under test what is under its public URL.
type ownWeb struct {
	t *testing.T
	c *issuingCenter
}

func (w ownWeb) Get(_ context.Context, url, accept string) (*fetch.Response, error) {
	path, own := strings.CutPrefix(url, w.c.opts.PublicURL)
	if !own {
		return nil, &fetch.Error{Kind: fetch.Refused, URL: url}
	}
	answer := w.c.client.With("Accept", accept).Get(w.t, path)
	return &fetch.Response{URL: url, Status: answer.Status, Header: answer.Header, Body: answer.Body}, nil
}

// claimsCenter is an issuing center whose issuer "claims" makes dc+sd-jwt without a status.
func claimsCenter(t *testing.T) *issuingCenter {
	t.Helper()
	web := &ownWeb{t: t}
	c := startIssuing(t, func(o *Options) {
		center := o.Ledger.(*ledgertest.Ledger).Center
		o.Center = &CenterIdentity{DID: center.DID, Issuer: &credentials.Issuer{DID: center.DID, Method: center.KID().String(), Signer: center.Signer}}
		o.Verifier.Issuers = credentials.NewIssuerMetadata(web, issuermeta.Options{})
	})
	web.c = c
	simple, _ := c.service.Identity("eddsa-jcs-2022")
	c.issuers["claims"] = simple.DID
	ok(t, c.service.PutIssuer(t.Context(), issuance.Issuer{
		Name: "claims", DID: simple.DID, Key: "simple", Form: credentials.FormSDJWTVC, Method: simple.Keys[0].Method, Purposes: []string{"none"},
	}))
	return c
}

func (c *issuingCenter) issueClaims(t *testing.T, iss string) any {
	t.Helper()
	claims := map[string]any{"given_name": "Ada", "family_name": "Lovelace"}
	if iss != "" {
		claims["iss"] = iss
	}
	body := map[string]any{"credential": map[string]any{"vct": "https://credentials.example/person", "claims": claims, "disclosable": []any{"/given_name"}}}
	return c.call(t, "POST", "/issuers/claims/credentials/issue", body).Want(t, 201).JSON(t)["verifiableCredential"]
}

func TestClaimsOfBothNamesOfAnIssuerAreVerified(t *testing.T) {
	c := claimsCenter(t)
	for _, iss := range []string{"", string(c.issuers["claims"]), "https://center.example/issuers/claims"} {
		vc := c.issueClaims(t, iss)
		if text, isText := vc.(string); !isText || !strings.HasSuffix(text, "~") {
			t.Fatalf("issued %v", vc)
		}
		got := c.verify(t, vc, map[string]any{"report": "full", "returnCredential": true})
		if got["verified"] != true {
			text, _ := json.Marshal(got)
			t.Errorf("iss %q: %s", iss, text)
		}
	}
	body := map[string]any{"credential": map[string]any{"vct": "urn:x", "claims": map[string]any{"iss": "https://center.example/issuers/demo"}}}
	c.call(t, "POST", "/issuers/claims/credentials/issue", body).Want(t, 403)
}

func TestIssuersOfAnOriginHaveMetadata(t *testing.T) {
	c := claimsCenter(t)
	answer := c.client.With("Origin", "https://elsewhere.example").Get(t, "/.well-known/jwt-vc-issuer/issuers/claims").Want(t, 200)
	if got := answer.Header.Get("Access-Control-Allow-Origin"); got != "*" {
		t.Errorf("a page of another origin may not read it: %q", got)
	}
	signer, _ := c.service.Identity("claims")
	jwk := signer.Keys[0].Key.JWK()
	jwk["kid"], jwk["use"], jwk["alg"] = signer.Keys[0].Method, "sig", "EdDSA"
	want := map[string]any{"issuer": "https://center.example/issuers/claims", "jwks": map[string]any{"keys": []any{jwk}}}
	if d := cmp.Diff(want, answer.JSON(t)); d != "" {
		t.Error(d)
	}
	c.client.With("If-None-Match", answer.Header.Get("ETag")).Get(t, "/.well-known/jwt-vc-issuer/issuers/claims").Want(t, 304)
	// An issuer that signs no tokens publishes no keys for them.
	m, err := issuermeta.Parse(c.client.Get(t, "/.well-known/jwt-vc-issuer/issuers/eddsa-jcs-2022").Want(t, 200).Body, "https://center.example/issuers/eddsa-jcs-2022")
	if err != nil || len(m.Keys) != 0 {
		t.Errorf("%+v, %v", m, err)
	}
	own, err := issuermeta.Parse(c.client.Get(t, "/.well-known/jwt-vc-issuer").Want(t, 200).Body, "https://center.example")
	if err != nil || len(own.Keys) != 1 || own.Keys[0].Public != c.opts.Center.Issuer.Signer.Public() {
		t.Errorf("%+v, %v", own, err)
	}
	for _, name := range []string{"nobody", "..", "claims%2F", "CLAIMS", "claims/x"} {
		c.client.Get(t, "/.well-known/jwt-vc-issuer/issuers/"+name).Want(t, 404)
	}
	c.client.Get(t, "/.well-known/jwt-vc-issuer?x=y").Want(t, 400)
}

func TestWithoutHTTPSNoIssuerIsAURL(t *testing.T) {
	c := startIssuing(t, func(o *Options) { o.PublicURL = "http://127.0.0.1:7080" })
	for _, path := range []string{"/.well-known/jwt-vc-issuer", "/.well-known/jwt-vc-issuer/issuers/demo"} {
		if detail := c.client.Get(t, path).Want(t, 404).JSON(t)["detail"]; detail != "only an https origin has issuers that are URLs" {
			t.Errorf("%s: %v", path, detail)
		}
	}
}
