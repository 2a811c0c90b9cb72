package issuance_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

func TestAnIssuerWithoutADIDGetsAKeyOfItsOwn(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	for _, form := range credentials.Forms() {
		i, created, err := s.Configure(t.Context(), issuance.Issuer{Name: "new-" + string(form[:2]) + "-" + string(form[3:6]) + form2(form), Form: form, Purposes: []string{"none"}})
		must(t, err)
		same(t, created, true)
		same(t, i.DID.Method(), "key")
	}
	i, _, err := s.Configure(t.Context(), issuance.Issuer{Name: "badges", Form: credentials.FormEdDSAJCS, Alternatives: map[credentials.Form]string{credentials.FormJWT: ""}})
	must(t, err)
	c.issuers = append(c.issuers, i)
	c.opened(t, c.issue(t, s, "badges", "").Body)
	i.Retain = true
	changed, created, err := s.Configure(t.Context(), issuance.Issuer{Name: "badges", Form: credentials.FormEdDSAJCS, Retain: true})
	must(t, err)
	same(t, created, false)
	same(t, changed.DID, i.DID)
	same(t, changed.Retain, true)
}

// form2 makes names of forms differ.
func form2(form credentials.Form) string {
	if len(form) > 7 {
		return "-" + string(form[6:8])
	}
	return ""
}

func TestAnIssuerMaySignItsFormsWithSeveralKeys(t *testing.T) {
	c := newCenter(t)
	more := ledgertest.NewSigner(t, keys.ES256)
	signer := ledgertest.NewSigner(t, keys.EdDSA)
	c.keys.more["one"], c.keys.more["two"] = signer, more
	i := issuance.Issuer{
		Name: "several", DID: did.DID("did:web:university.example"), Method: "did:web:university.example#one", Key: "one", Form: credentials.FormJWT,
		Alternatives: map[credentials.Form]string{credentials.FormECDSAJCS: "did:web:university.example#two"},
		Keys:         map[credentials.Form]string{credentials.FormECDSAJCS: "two"}, Purposes: []string{"none"},
	}
	c.issuers = append(c.issuers, i)
	s := c.start(t)
	for form, method := range map[credentials.Form]string{credentials.FormJWT: i.Method, credentials.FormECDSAJCS: "did:web:university.example#two"} {
		issued, err := s.Issue(t.Context(), "several", degree(i.DID, ""), issuance.IssueOptions{Form: form})
		must(t, err)
		same(t, issued.Form, form)
		same(t, methodOf(t, issued), method)
	}
	id, ok := s.Identity("several")
	same(t, ok, true)
	same(t, len(id.Keys), 2)
	if id.Keys[0].Key != signer.Public() || id.Keys[1].Key != more.Public() {
		t.Error("the keys are not those of the methods")
	}
	i.Keys = map[credentials.Form]string{credentials.FormECDSAJCS: "one"}
	if err := s.PutIssuer(t.Context(), i); err == nil {
		t.Error("an Ed25519 key was taken for an ECDSA form")
	}
	i.Keys = map[credentials.Form]string{credentials.FormCOSE: "two"}
	if err := s.PutIssuer(t.Context(), i); err == nil {
		t.Error("a key of a form that it does not make was taken")
	}
}

// methodOf is the verification method that a credential says it was signed under.
func methodOf(t testing.TB, issued *issuance.Issued) string {
	t.Helper()
	body := parsed(t, string(issued.Body))
	if proof, ok := body["proof"].(map[string]any); ok {
		return proof["verificationMethod"].(string)
	}
	header, _, _ := strings.Cut(strings.TrimPrefix(body["id"].(string), "data:application/vc+jwt,"), ".")
	text, err := base64.RawURLEncoding.DecodeString(header)
	must(t, err)
	return parsed(t, string(text))["kid"].(string)
}

func TestConfigureRefuses(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	other := ledgertest.NewSigner(t, keys.EdDSA)
	c.keys.more["other"] = other
	demo := c.issuers[0]
	for name, test := range map[string]struct {
		change func(*issuance.Issuer)
		reason error
	}{
		"another DID under the name":      {func(i *issuance.Issuer) { i.DID = c.did("eddsa-jcs-2022") }, issuance.ErrFixed},
		"the center's key":                {func(i *issuance.Issuer) { i.Key = "center" }, issuance.ErrInvalid},
		"the operator's key":              {func(i *issuance.Issuer) { i.Key = "operator" }, issuance.ErrInvalid},
		"another issuer's key":            {func(i *issuance.Issuer) { i.Key = "simple" }, issuance.ErrInvalid},
		"another issuer's control":        {func(i *issuance.Issuer) { i.Control = []string{"simple"} }, issuance.ErrInvalid},
		"another issuer's key for a form": {func(i *issuance.Issuer) { i.Keys = map[credentials.Form]string{credentials.FormJWT: "simple"} }, issuance.ErrInvalid},
		"a key that is not the method's":  {func(i *issuance.Issuer) { i.Key = "other" }, issuance.ErrInvalid},
		"a method that is not there":      {func(i *issuance.Issuer) { i.Method = string(i.DID) + "#key-9" }, issuance.ErrInvalid},
		"a key that is lost":              {func(i *issuance.Issuer) { i.Key = "lost" }, issuance.ErrInvalid},
		"a DID that nobody registered": {func(i *issuance.Issuer) {
			i.Name, i.DID, i.Method = "x", unregistered, string(unregistered)+"#key-1"
			i.Key = "other"
		}, issuance.ErrInvalid},
		"a did:key of another key": {func(i *issuance.Issuer) {
			i.Name, i.DID, i.Method, i.Key, i.Control = "x", c.did("eddsa-jcs-2022"), c.issuers[1].Method, "other", nil
		}, issuance.ErrInvalid},
		"a form that is none": {func(i *issuance.Issuer) { *i = issuance.Issuer{Name: "x", Form: "vc+nothing"} }, issuance.ErrInvalid},
		"a name that is none": {func(i *issuance.Issuer) { *i = issuance.Issuer{Name: "a/b", Form: credentials.FormJWT} }, issuance.ErrInvalid},
		"a key without a DID": {func(i *issuance.Issuer) { *i = issuance.Issuer{Name: "x", Form: credentials.FormJWT, Key: "other"} }, issuance.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			i := demo
			test.change(&i)
			_, _, err := s.Configure(t.Context(), i)
			want(t, err, test.reason)
		})
	}
	if _, _, err := s.Configure(t.Context(), demo); err != nil {
		t.Errorf("as it is: %v", err)
	}
}

const unregistered = did.DID("did:hanse:test:QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG")

func FuzzParseIssuer(f *testing.F) {
	for _, one := range []string{`{}`, `{"name":"a","form":"vc+jwt","keys":{"vc+jwt":"k"}}`, `{"did":"did:web:a.example","purposes":["none"],"retain":true}`} {
		f.Add([]byte(one))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		one, err := issuance.ParseIssuer(data)
		if err != nil || one.DID == "" { // an issuer that is to be made has none yet, and is not written so
			return
		}
		text, err := json.Marshal(one)
		must(t, err)
		again, err := issuance.ParseIssuer(text)
		must(t, err)
		other, err := json.Marshal(again)
		must(t, err)
		same(t, string(other), string(text))
	})
}
