package api

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/api/apitest"
	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did/keys"
)

const degreeTemplate = `{"title":"Degree","types":["ExampleDegreeCredential"],"contexts":["https://www.w3.org/ns/credentials/examples/v2"],
	"claims":[{"path":"/degree","title":"Degree","type":"object","required":true}],"validity":3600}`

var bachelor = map[string]any{"degree": map[string]any{"type": "ExampleBachelorDegree", "name": "Bachelor of Arts"}}

func sameValue(t testing.TB, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func jsonText(t testing.TB, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	ok(t, err)
	return text
}

// envelopedText is the payload of an enveloped vc+jwt.
func envelopedText(t testing.TB, envelope any) string {
	t.Helper()
	id, _ := envelope.(map[string]any)["id"].(string)
	parts := strings.Split(id, ".")
	if len(parts) != 3 {
		t.Fatalf("not a token: %v", envelope)
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	ok(t, err)
	return string(text)
}

func (c *issuingCenter) putTemplate(t *testing.T, issuer, name string) apitest.Answer {
	t.Helper()
	return c.call(t, "PUT", "/v1/issuers/"+issuer+"/templates/"+name, []byte(degreeTemplate))
}

func TestTemplatesAreStoredReadIssuedFromAndForgotten(t *testing.T) {
	c := startIssuing(t)
	c.putTemplate(t, "demo", "degree").Want(t, 201)
	stored := c.putTemplate(t, "demo", "degree").Want(t, 200).JSON(t)
	read := c.call(t, "GET", "/v1/issuers/demo/templates/degree", nil).Want(t, 200).JSON(t)
	sameValue(t, read, stored)
	list := c.call(t, "GET", "/v1/issuers/demo/templates", nil).Want(t, 200).JSON(t)["items"].([]any)
	sameValue(t, list, []any{stored})

	body := map[string]any{"claims": bachelor, "subject": "did:example:ada", "options": map[string]any{"template": "degree"}}
	issued := c.call(t, "POST", "/issuers/demo/credentials/issue", body).Want(t, 201).JSON(t)["verifiableCredential"]
	if c.verify(t, issued, nil)["verified"] != true || !strings.Contains(envelopedText(t, issued), "Bachelor of Arts") {
		t.Errorf("issued %s", envelopedText(t, issued))
	}

	c.call(t, "DELETE", "/v1/issuers/demo/templates/degree", nil).Want(t, 204)
	c.call(t, "DELETE", "/v1/issuers/demo/templates/degree", nil).Want(t, 404)
	c.call(t, "GET", "/v1/issuers/demo/templates/degree", nil).Want(t, 404)
	c.call(t, "POST", "/issuers/demo/credentials/issue", body).Want(t, 404)
}

func TestTemplateRequestsThatAreRefused(t *testing.T) {
	c := startIssuing(t)
	c.putTemplate(t, "demo", "degree").Want(t, 201)
	with := func(claims any, more map[string]any) map[string]any {
		body := map[string]any{"claims": claims, "options": map[string]any{"template": "degree"}}
		for name, v := range more {
			body[name] = v
		}
		return body
	}
	for name, test := range map[string]struct {
		method, path string
		body         any
		status       int
		pointer      string
	}{
		"claims that do not fit":     {"POST", "/issuers/demo/credentials/issue", with(map[string]any{}, nil), 422, "/claims/degree"},
		"claims of another type":     {"POST", "/issuers/demo/credentials/issue", with(map[string]any{"degree": "x"}, nil), 422, "/claims/degree"},
		"claims that break contexts": {"POST", "/issuers/demo/credentials/issue", with(bachelor, map[string]any{"subject": "ada"}), 422, "/subject"},
		"no claims":                  {"POST", "/issuers/demo/credentials/issue", map[string]any{"options": map[string]any{"template": "degree"}}, 400, "/claims"},
		"a credential too":           {"POST", "/issuers/demo/credentials/issue", with(bachelor, map[string]any{"credential": map[string]any{}}), 400, "/credential"},
		"claims without a template":  {"POST", "/issuers/demo/credentials/issue", map[string]any{"credential": c.diploma("demo", ""), "claims": bachelor}, 400, "/claims"},
		"no issuer in the path":      {"POST", "/credentials/issue", with(bachelor, nil), 400, "/options/template"},
		"an unknown member":          {"PUT", "/v1/issuers/demo/templates/x", []byte(`{"tpyes":[]}`), 400, "/tpyes"},
		"a duplicate member":         {"PUT", "/v1/issuers/demo/templates/x", []byte(`{"types":[],"types":[]}`), 400, "/types"},
		"another name":               {"PUT", "/v1/issuers/demo/templates/x", []byte(`{"name":"y"}`), 400, "/name"},
		"another issuer":             {"PUT", "/v1/issuers/demo/templates/x", []byte(`{"issuer":"eddsa-jcs-2022"}`), 400, "/issuer"},
		"a context that is unknown":  {"PUT", "/v1/issuers/demo/templates/x", []byte(`{"contexts":["https://unknown.example/"]}`), 422, "/contexts/0"},
		"an issuer that is unknown":  {"PUT", "/v1/issuers/nobody/templates/x", []byte(`{}`), 404, ""},
		"a template that is unknown": {"POST", "/issuers/demo/credentials/issue", map[string]any{"claims": bachelor, "options": map[string]any{"template": "no"}}, 404, "/options/template"},
		"read, and unknown":          {"GET", "/v1/issuers/demo/templates/no", nil, 404, ""},
		"a form of another":          {"POST", "/issuers/demo/credentials/issue", map[string]any{"credential": c.diploma("demo", ""), "options": map[string]any{"format": "vc+cose"}}, 400, "/options/format"},
		"an id that is too long":     {"POST", "/issuers/demo/credentials/issue", map[string]any{"credential": c.diploma("demo", "urn:x:"+strings.Repeat("x", 2000))}, 400, "/credential/id"},
		"a credentialId too long":    {"POST", "/issuers/demo/credentials/issue", map[string]any{"credential": c.diploma("demo", ""), "options": map[string]any{"credentialId": strings.Repeat("x", 2000)}}, 400, "/options/credentialId"},
		"an id that is no URL":       {"POST", "/issuers/demo/credentials/issue", with(bachelor, map[string]any{"id": "7"}), 422, "/id"},
		"a claim in other letters":   {"PUT", "/v1/issuers/demo/templates/x", []byte(`{"types":[],"Types":["X"]}`), 400, "/Types"},
		"an issuer's bad purpose":    {"PUT", "/v1/issuers/fresh", []byte(`{"form":"vc+jwt","purposes":["fun"]}`), 422, "/purposes"},
		"an issuer's bad member":     {"PUT", "/v1/issuers/fresh", []byte(`{"form":"vc+jwt","owner":"me"}`), 400, "/owner"},
		"a list":                     {"PUT", "/v1/issuers/demo/templates/x", []byte(`[]`), 400, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := c.call(t, test.method, test.path, test.body).Want(t, test.status).JSON(t)
			if pointer, _ := got["pointer"].(string); pointer != test.pointer {
				t.Errorf("pointer %q: %v", pointer, got)
			}
		})
	}
}

// Pointers are into what the caller sent, and not into the credential that was made of it.
func TestPointersOfATemplatesCredentialAreIntoTheRequest(t *testing.T) {
	for at, want := range map[string]string{
		"": "", "/id": "/id", "/credentialSubject": "/claims", "/credentialSubject/degree/name": "/claims/degree/name", "/credentialSubject/id": "/subject",
		"/claims/sub": "/subject", "/claims/jti": "/id", "/claims/name": "/claims/name", "/options/format": "/options/format",
		"/validUntil": "/options/template", "/@context/1": "/options/template", "/vct": "/options/template", "/claimsX": "/options/template",
	} {
		if got := requestPointer(at); got != want {
			t.Errorf("%s: %s, want %s", at, got, want)
		}
	}
}

func TestCopiesAreIssuedForHolders(t *testing.T) {
	c := startIssuing(t)
	one, two := ledgertest.NewSigner(t, keys.EdDSA).Public(), ledgertest.NewSigner(t, keys.ES256).Public()
	credential := c.diploma("demo", "urn:uuid:1")
	credential["credentialSubject"] = map[string]any{"type": "Person"}
	credential["@context"] = []any{"https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"}
	body := map[string]any{"credential": credential, "options": map[string]any{"holders": []any{one.DIDKey(), two.JWK()}}}
	list := c.call(t, "POST", "/issuers/demo/credentials/issue", body).Want(t, 201).JSON(t)["verifiableCredentials"].([]any)
	if len(list) != 2 {
		t.Fatalf("%d copies", len(list))
	}
	for n, subject := range []string{one.DIDKey(), two.DIDKey()} {
		if c.verify(t, list[n], nil)["verified"] != true || !strings.Contains(envelopedText(t, list[n]), `"id":"`+subject+`"`) {
			t.Errorf("copy %d: %s", n, envelopedText(t, list[n]))
		}
	}
	kept := c.call(t, "GET", byID("urn:uuid:1"), nil).Want(t, 200).JSON(t)
	sameValue(t, kept["verifiableCredentials"], any(list))
	if kept["verifiableCredential"] != nil {
		t.Error("copies are shown as one credential")
	}
	c.setStatus(t, "urn:uuid:1", "revocation", true).Want(t, 200)
	for n := range list {
		if c.verify(t, list[n], nil)["verified"] != false {
			t.Errorf("copy %d is not revoked", n)
		}
	}
	for name, options := range map[string]map[string]any{
		"no copies": {"copies": 0}, "half a copy": {"copies": 1.5}, "copies as text": {"copies": "2"}, "too many": {"copies": 101}, "negative decoys": {"decoys": -1},
		"no holders": {"holders": []any{}}, "a holder that is none": {"holders": []any{"did:web:a.example"}}, "a private key": {"holders": []any{map[string]any{"kty": "OKP", "crv": "Ed25519", "x": "AA", "d": "AA"}}},
		"pointers that are none": {"mandatoryPointers": "x"}, "an unknown option": {"copeis": 2},
	} {
		t.Run(name, func(t *testing.T) {
			c.callLoosely(t, map[string]any{"credential": c.diploma("demo", ""), "options": options}).Want(t, 400)
		})
	}
}

// callLoosely issues as demo with a body that openapi.yaml does not allow.
func (c *issuingCenter) callLoosely(t *testing.T, body any) apitest.Answer {
	t.Helper()
	return c.call(t, "POST", "/issuers/demo/credentials/issue", jsonText(t, body))
}

func TestIssuersAreConfiguredByAdministrators(t *testing.T) {
	c := startIssuing(t)
	made := c.call(t, "PUT", "/v1/issuers/badges", []byte(`{"form":"eddsa-jcs-2022","purposes":["none"]}`)).Want(t, 201).JSON(t)
	read := c.call(t, "GET", "/v1/issuers/badges", nil).Want(t, 200).JSON(t)
	sameValue(t, read, made)
	c.call(t, "PUT", "/v1/issuers/badges", []byte(`{"form":"eddsa-jcs-2022","purposes":["none"],"retain":true}`)).Want(t, 200)
	list := c.call(t, "GET", "/v1/issuers", nil).Want(t, 200).JSON(t)["items"].([]any)
	if len(list) != 3 {
		t.Errorf("%d issuers", len(list))
	}
	credential := c.diploma("demo", "")
	credential["issuer"] = made["did"]
	issued := c.call(t, "POST", "/issuers/badges/credentials/issue", map[string]any{"credential": credential}).Want(t, 201).JSON(t)["verifiableCredential"]
	if c.verify(t, issued, nil)["verified"] != true {
		t.Error("what the new issuer signs does not verify")
	}
	for body, status := range map[string]int{
		`{"form":"vc+jwt","name":"other"}`: 400, `{"fork":1}`: 400, `[]`: 400, `{"form":"vc+nothing"}`: 422, `{"did":"did:key:z6Mk","form":"vc+jwt"}`: 409, `{"form":"vc+jwt","key":"center"}`: 422,
	} {
		c.call(t, "PUT", "/v1/issuers/badges", []byte(body)).Want(t, status)
	}
	c.call(t, "GET", "/v1/issuers/nobody", nil).Want(t, 404)
}

// TestAKeyOfOneIssuerReachesNothingOfAnother tries every route that names an issuer, or something of one, with everything that a key
// for issuer "demo" alone may have.
func TestAKeyOfOneIssuerReachesNothingOfAnother(t *testing.T) {
	c := startIssuing(t)
	const a, b = "demo", "eddsa-jcs-2022"
	admin := c.call
	theirs := c.issue(t, b, "urn:uuid:theirs")
	c.putTemplate(t, b, "degree").Want(t, 201)
	secured := jsonText(t, theirs)
	scopes := []string{"write:/issuers/" + a + "/**", "read:/issuers/" + a + "/**"}
	client := c.client.WithToken(c.key(t, scopes...))
	forA := c.diploma(a, "urn:uuid:mine")

	entry := listEntry(t, theirs)
	tried := map[string]bool{}
	try := func(method, path string, body any, want ...int) {
		t.Helper()
		answer := client.Do(t, method, path, body)
		if !slices.Contains(want, answer.Status) {
			t.Errorf("%s %s: %d %s", method, path, answer.Status, answer.Body)
		}
	}
	for _, r := range c.routes() {
		if r.Scope == "" {
			continue
		}
		tried[r.Method+" "+r.Path] = true
		path := strings.NewReplacer(":issuer", b, ":id", url.PathEscape("urn:uuid:theirs"), ":name", "degree").Replace(r.Path)
		switch {
		case strings.HasSuffix(r.Path, "/issuers/:issuer/credentials/issue"):
			try(r.Method, path, map[string]any{"credential": c.diploma(b, "")}, 403)
		case strings.HasSuffix(r.Path, "/credentials/issue"):
			try(r.Method, path, map[string]any{"credential": c.diploma(b, "")}, 403)
		case strings.HasSuffix(r.Path, "/credentials/status"):
			for _, name := range []string{"", a, b} { // of its own issuer, there is no such credential
				for _, status := range []map[string]any{
					{"credentialId": "urn:uuid:theirs", "credentialStatus": map[string]any{"type": bitstringEntry, "statusPurpose": "revocation"}, "status": true},
					{"credentialStatus": entry, "status": true},
				} {
					if name != "" {
						status["issuer"] = name
					}
					try(r.Method, path, status, 403, 404)
				}
			}
		case strings.HasSuffix(r.Path, bulkPath):
			for _, body := range []map[string]any{
				{"credentialIds": []any{"urn:uuid:theirs"}, "statusPurpose": "revocation", "status": true},
				{"credentialIds": []any{"urn:uuid:theirs"}, "statusPurpose": "revocation", "status": true, "issuer": b},
			} {
				try(r.Method, path, body, 403)
			}
			// Of its own issuer there is no such credential: the job finds nothing to change.
			for _, body := range []map[string]any{
				{"credentialIds": []any{"urn:uuid:theirs"}, "statusPurpose": "revocation", "status": true, "issuer": a},
				{"changes": []any{map[string]any{"credentialStatus": entry, "status": true}}, "issuer": a},
			} {
				if answer := client.Do(t, r.Method, path, body); answer.Status == http.StatusAccepted {
					awaitFailure(t, client, answer)
				}
			}
		case strings.HasSuffix(r.Path, "/credentials/:id"):
			try(r.Method, path, nil, 403)
			try(r.Method, path+"?issuer="+b, nil, 403)
			try(r.Method, path+"?issuer="+a, nil, 404)
		case strings.HasSuffix(r.Path, "/status-lists"):
			try(r.Method, path, map[string]any{"issuer": b, "statusPurpose": "revocation"}, 400, 403)
		case strings.HasPrefix(r.Path, "/v1/issuers"):
			body := any(nil)
			if r.Method == http.MethodPut {
				body = []byte(`{}`)
			}
			try(r.Method, path, body, 403)
			if r.Scope == "admin" { // neither its own: what an issuer is, is not its own to say
				try(r.Method, strings.ReplaceAll(path, b, a), body, 403)
			}
		default: // of no issuer: nothing of it is for a key of one
			try(r.Method, path, nil, 400, 403, 404)
		}
	}
	for _, route := range []string{"POST /issuers/:issuer/credentials/issue", "POST /credentials/status", "DELETE /credentials/:id", "PUT /v1/issuers/:issuer/templates/:name"} {
		if !tried[route] {
			t.Errorf("%s is not in the route table any more", route)
		}
	}

	// Names that read like another's path stay one segment.
	for _, name := range []string{b + "/..", "demo%2F..%2F" + b, "../issuers/" + b, "demo%2f%2e%2e"} {
		if answer := client.Do(t, "GET", "/v1/issuers/"+name+"/templates", nil); answer.Status == http.StatusOK {
			t.Errorf("%s: %s", name, answer.Body)
		}
	}
	// One's own issuer may be asked, and signs for nobody else.
	try("POST", "/issuers/"+a+"/credentials/issue", map[string]any{"credential": c.diploma(b, "")}, 403)
	try("POST", "/issuers/"+a+"/credentials/issue", map[string]any{"claims": bachelor, "options": map[string]any{"template": "degree"}}, 404)
	try("POST", "/issuers/"+a+"/credentials/issue", map[string]any{"credential": forA}, 201)
	try("GET", "/v1/issuers/"+a+"/templates", nil, 200)

	// An answer under an Idempotency-Key is its principal's alone.
	other := c.client.WithToken(c.key(t, "write:/issuers/"+b+"/**")).With("Idempotency-Key", "same")
	mine := client.With("Idempotency-Key", "same")
	mine.Do(t, "POST", "/issuers/"+a+"/credentials/issue", map[string]any{"credential": c.diploma(a, "")}).Want(t, 201)
	if answer := other.Do(t, "POST", "/issuers/"+b+"/credentials/issue", map[string]any{"credential": c.diploma(b, "")}).Want(t, 201); answer.Header.Get("Idempotent-Replayed") != "" {
		t.Error("an answer of another issuer was replayed")
	}

	// Nothing happened.
	if c.verify(t, theirs, nil)["verified"] != true {
		t.Error("the other issuer's credential was changed")
	}
	admin(t, "GET", "/v1/issuers/"+b+"/templates/degree", nil).Want(t, 200)
	if !strings.Contains(string(secured), "proof") {
		t.Error("the other issuer's credential is not what was meant")
	}
}

// awaitFailure waits for a bulk job to end, and wants nothing of it done.
func awaitFailure(t *testing.T, client *apitest.Client, accepted apitest.Answer) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; {
		job := client.Get(t, accepted.Header.Get("Location")).Want(t, 200).JSON(t)
		if job["finished"] != nil {
			if job["done"] != 0.0 || job["failedTotal"] != 1.0 {
				t.Errorf("job %v", job)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the job does not end: %v", job)
		}
	}
}

// listEntry is the first status entry of a credential with a proof inside.
func listEntry(t testing.TB, credential any) map[string]any {
	t.Helper()
	entries := credential.(map[string]any)["credentialStatus"].([]any)
	entry := maps.Clone(entries[0].(map[string]any))
	delete(entry, "id")
	return entry
}

func TestEveryFormIsIssuedAndVerifiedThroughTheSameRoutes(t *testing.T) {
	c := startIssuing(t)
	for _, form := range credentials.Forms() {
		t.Run(string(form), func(t *testing.T) {
			name := "f-" + strings.NewReplacer("+", "-").Replace(string(form))
			made := c.call(t, "PUT", "/v1/issuers/"+name, map[string]any{"form": string(form)}).Want(t, 201).JSON(t)
			credential := c.diploma("demo", "urn:uuid:"+name)
			credential["issuer"] = made["did"]
			if form.Claims() {
				credential = map[string]any{"vct": "https://types.example/card", "claims": map[string]any{"name": "Ada", "iss": made["did"]}, "disclosable": []any{"/name"}}
			}
			body := map[string]any{"credential": credential, "options": map[string]any{"credentialId": "urn:x:" + name}}
			issued := c.call(t, "POST", "/credentials/issue", body).Want(t, 201).JSON(t)["verifiableCredential"]
			if form == credentials.FormECDSASD {
				issued = c.call(t, "POST", "/credentials/derive", map[string]any{"verifiableCredential": issued, "options": map[string]any{"selectivePointers": []any{"/credentialSubject"}}}).Want(t, 201).JSON(t)["verifiableCredential"]
			}
			if got := c.verify(t, issued, map[string]any{"report": "full", "returnProblemDetails": true}); got["verified"] != true {
				t.Fatalf("%s", jsonText(t, got))
			}
			if purposes, has := made["purposes"].([]any); has && slices.Contains(purposes, any("none")) {
				return // its key is not one of the ledger's
			}
			c.setStatus(t, "urn:x:"+name, "revocation", true).Want(t, 200)
			if c.verify(t, issued, nil)["verified"] != false {
				t.Error("it is not revoked")
			}
		})
	}
}
