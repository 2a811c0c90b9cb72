package api

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/api/apitest"
	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/did"
)

const (
	testKey   = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
	errorBase = "https://www.w3.org/ns/did#"
)

func identifier(did string) string { return "/1.0/identifiers/" + did }

// encoded is a request target whose path holds the whole DID URL.
func encoded(didURL string) string {
	return "/1.0/identifiers/" + strings.ReplaceAll(url.QueryEscape(didURL), "+", "%20")
}

func TestEveryAcceptedTypeGetsItsRepresentation(t *testing.T) {
	c := startCenter(t)
	p := c.league.Create(t)
	browser := "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
	for _, test := range []struct{ accept, media, form string }{
		{"", mediaResolution, "result"},
		{"*/*", mediaResolution, "result"},
		{"application/*", mediaResolution, "result"},
		{browser, mediaResolution, "result"},
		{"application/did-resolution", mediaResolution, "result"},
		{"application/did", "application/did", "document"},
		{"application/did+json", "application/did+json", "document"},
		{"application/did+ld+json", "application/did+ld+json", "document"},
		{"application/json", "application/json", "document"},
		{"application/json;charset=utf-8", "application/json", "document"},
		{"application/ld+json", "application/ld+json", "document"},
		{`application/ld+json;profile="https://www.w3.org/ns/json-ld#compacted"`, "application/ld+json", "document"},
		{"application/did-url-dereferencing", mediaDereferencing, "dereferencing"},
		{`application/ld+json;profile="https://w3id.org/did-resolution"`, mediaLegacy, "legacy"},
		{`application/ld+json; profile="https://w3id.org/did-resolution", */*;q=0.1`, mediaLegacy, "legacy"},
		{"application/did;q=0.5, application/did-resolution;q=0.4", "application/did", "document"},
		{"application/did;q=0, */*", mediaResolution, "result"},
		{"application/json, application/did", "application/json", "document"},
		{"application/did-resolution;q=0, */*;q=0.1", "application/did", "document"},
		{"text/html", "", ""},
		{"application/did;q=0", "", ""},
		{"application/did;q=2", "", ""},
		{"nonsense", "", ""},
		{"text/uri-list", "", ""},
	} {
		t.Run(test.accept, func(t *testing.T) {
			a := c.client.With("Accept", test.accept).Get(t, identifier(p.DID.String()))
			if test.media == "" {
				wantResolutionError(t, a, 406, "REPRESENTATION_NOT_SUPPORTED")
				return
			}
			a.Want(t, 200)
			if got := a.Header.Get("Content-Type"); got != test.media {
				t.Errorf("content type %q, want %q", got, test.media)
			}
			if got := formOf(a.JSON(t)); got != test.form {
				t.Errorf("form %q, want %q: %s", got, test.form, a.Body)
			}
			if got := a.Header.Values("Vary"); len(got) != 1 || got[0] != "Accept" {
				t.Errorf("Vary %v, want Accept", got)
			}
			if a.Header.Get("X-Hanse-Height") == "" {
				t.Error("no X-Hanse-Height")
			}
		})
	}
}

func formOf(body map[string]any) string {
	switch {
	case body["@context"] == "https://w3id.org/did-resolution/v1" && body["didDocument"] != nil:
		return "legacy"
	case body["didDocument"] != nil:
		return "result"
	case body["contentStream"] != nil:
		return "dereferencing"
	case body["id"] != nil:
		return "document"
	}
	return ""
}

func wantResolutionError(t *testing.T, a apitest.Answer, status int, code string) {
	t.Helper()
	a.Want(t, status)
	if got := a.Header.Get("Content-Type"); got != mediaResolution {
		t.Fatalf("content type %q, want %q: %s", got, mediaResolution, a.Body)
	}
	var body struct {
		Document json.RawMessage `json:"didDocument"`
		Metadata struct {
			Error struct {
				Type   string `json:"type"`
				Title  string `json:"title"`
				Status int    `json:"status"`
			} `json:"error"`
		} `json:"didResolutionMetadata"`
		DocumentMetadata json.RawMessage `json:"didDocumentMetadata"`
	}
	if err := json.Unmarshal(a.Body, &body); err != nil {
		t.Fatal(err)
	}
	e := body.Metadata.Error
	if e.Type != errorBase+code || e.Status != status || e.Title == "" {
		t.Errorf("error %+v, want %s with status %d", e, code, status)
	}
	if string(body.Document) != "null" || string(body.DocumentMetadata) != "{}" {
		t.Errorf("didDocument %s, didDocumentMetadata %s; want null and {}", body.Document, body.DocumentMetadata)
	}
}

func TestEveryErrorHasItsStatus(t *testing.T) {
	c := startCenter(t)
	p := c.league.Create(t, service("files", "https://files.example/x/"))
	id := p.DID.String()
	other := strings.Replace(id, ":test:", ":other:", 1)
	absent := strings.Replace(mustDID(t, c).String(), ":test:", ":test:", 1)
	for _, test := range []struct {
		target string
		status int
		code   string
	}{
		{identifier(""), 400, "INVALID_DID"},
		{identifier("did"), 400, "INVALID_DID"},
		{identifier("did:"), 400, "INVALID_DID"},
		{identifier("did:hanse"), 400, "INVALID_DID"},
		{identifier("did:HANSE:x"), 400, "INVALID_DID"},
		{identifier("did:hanse:test:!!"), 400, "INVALID_DID"},
		{identifier("did:hanse:test:notamultihash"), 400, "INVALID_DID"},
		{identifier("hello"), 400, "INVALID_DID"},
		{identifier("DID:key:z6Mk"), 400, "INVALID_DID"},
		{identifier("did:key:z6Mkinvalid0OIl"), 400, "INVALID_DID"},
		{identifier("did%253Akey%253Az6Mk"), 400, "INVALID_DID"},
		{identifier(testKey + "%00"), 400, "INVALID_DID"},
		{identifier("%E2%80%AEdid:key:x"), 400, "INVALID_DID"},
		{identifier(id + "?versionTime=2026-01-01T00:00:00%2B01:00"), 400, "INVALID_DID_URL"},
		{identifier(id + "?versionTime=2026-01-01T00:00:00.5Z"), 400, "INVALID_DID_URL"},
		{identifier(id + "?versionTime=yesterday"), 400, "INVALID_DID_URL"},
		{identifier(id + "?service=files&relativeRef=a/b?c"), 400, "INVALID_DID_URL"},
		{identifier(id + "?service=fil%C3%A9s"), 400, "INVALID_DID_URL"},
		{identifier(id + "?service=a&service=b"), 400, "INVALID_DID_URL"},
		{encoded(id) + "?versionTime=2026-01-01T00:00:00%2B01:00", 400, "INVALID_OPTIONS"},
		{encoded(id) + "?expandRelativeUrls=perhaps", 400, "INVALID_OPTIONS"},
		{encoded(id) + "?versionId=a&versionTime=2026-01-01T00:00:00Z", 400, "INVALID_OPTIONS"},
		{encoded(id) + "?versionId=%zz", 400, "INVALID_OPTIONS"},
		{encoded(id) + "?shoeSize=44", 501, "FEATURE_NOT_SUPPORTED"},
		{identifier(absent), 404, "NOT_FOUND"},
		{identifier(other), 404, "NOT_FOUND"},
		{encoded(id) + "?versionId=9-nothing", 404, "NOT_FOUND"},
		{encoded(id) + "?versionTime=2001-01-01T00:00:00Z", 404, "NOT_FOUND"},
		{identifier("did:example:123"), 501, "METHOD_NOT_SUPPORTED"},
		{encoded(testKey) + "?proof=true", 501, "FEATURE_NOT_SUPPORTED"},
	} {
		t.Run(test.target, func(t *testing.T) {
			a := c.client.Get(t, test.target)
			wantResolutionError(t, a, test.status, test.code)
			if got := a.Header.Get("Cache-Control"); got != "no-store" {
				t.Errorf("Cache-Control %q, want no-store", got)
			}
			legacy := c.client.With("Accept", mediaLegacy).Get(t, test.target)
			if legacy.Status != test.status {
				t.Errorf("the legacy profile changes the status to %d", legacy.Status)
			}
		})
	}
	c.league.SetDown(true)
	wantResolutionError(t, c.client.Get(t, identifier(id)), 500, "INTERNAL_ERROR")
	if body := string(c.client.Get(t, identifier(id)).Body); strings.Contains(body, "ledger is down") {
		t.Errorf("the cause of an internal error is shown: %s", body)
	}
}

func mustDID(t *testing.T, c *center) did.DID {
	t.Helper()
	p, _ := c.league.CreateEnvelope(t) // never submitted
	return p.DID
}

func service(name, endpoint string) map[string]any {
	return map[string]any{"id": "#" + name, "type": "LinkedDomains", "serviceEndpoint": endpoint}
}

func TestTheLegacyProfileHasStringErrors(t *testing.T) {
	c := startCenter(t)
	for target, want := range map[string]string{
		identifier(""):                            "invalidDid",
		identifier(mustDID(t, c).String()):        "notFound",
		identifier("did:example:1"):               "methodNotSupported",
		identifier(testKey + "?versionTime=soon"): "invalidDidUrl",
	} {
		a := c.client.With("Accept", mediaLegacy).Get(t, target)
		metadata := a.JSON(t)["didResolutionMetadata"].(map[string]any)
		if strings.HasPrefix(a.Header.Get("Content-Type"), "application/ld+json") && metadata["error"] != want {
			t.Errorf("%s: error %v, want %q", target, metadata["error"], want)
		}
	}
}

func TestUnencodedEverythingAfterTheQuestionMarkBelongsToTheURL(t *testing.T) {
	c := startCenter(t)
	p := c.league.Create(t, service("files", "https://files.example/x/"))
	first, err := c.league.DID(t.Context(), p.DID, did.At{})
	if err != nil {
		t.Fatal(err)
	}
	c.league.Update(t, p, ledgertest.Document(p.Signer.Public()))
	id := p.DID.String()
	for name, target := range map[string]string{
		"in the DID URL":             identifier(id + "?versionId=" + first.VersionID),
		"as an option":               encoded(id) + "?versionId=" + first.VersionID,
		"in the encoded DID URL":     encoded(id + "?versionId=" + first.VersionID),
		"with lower-case escapes":    identifier(strings.ReplaceAll(id, ":", "%3a")) + "?versionId=" + first.VersionID,
		"with services that are not": encoded(id) + "?versionId=" + first.VersionID + "&noCache=true",
	} {
		t.Run(name, func(t *testing.T) {
			body := c.client.Get(t, target).Want(t, 200).JSON(t)
			if got := body["didDocumentMetadata"].(map[string]any)["versionId"]; got != first.VersionID {
				t.Errorf("version %v, want %s", got, first.VersionID)
			}
			if body["didDocument"].(map[string]any)["service"] == nil {
				t.Error("the first version's service is missing")
			}
		})
	}
}

func TestServicesAreRedirectedToOnlyWhereAsked(t *testing.T) {
	c := startCenter(t)
	p := c.league.Create(t, service("files", "https://files.example/x/"), service("other", "https://other.example/"))
	id := p.DID.String()
	for _, test := range []struct{ name, target, accept, location string }{
		{"list of URLs", identifier(id + "?service=files"), mediaURIList, "https://files.example/x/"},
		{"dereferencing", identifier(id + "?service=other"), mediaDereferencing, "https://other.example/"},
		{"relative reference", identifier(id + "?service=files&relativeRef=a%2Fb%3Fc%3Dd"), mediaURIList, "https://files.example/x/a/b?c=d"},
		{"by type", identifier(id + "?serviceType=LinkedDomains"), mediaURIList, "https://files.example/x/"},
		{"percent-encoded", encoded(id + "?service=files"), mediaURIList, "https://files.example/x/"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := c.client.With("Accept", test.accept).Get(t, test.target).Want(t, 303)
			if got := a.Header.Get("Location"); got != test.location || len(a.Body) != 0 {
				t.Errorf("location %q with %d bytes, want %q and none", got, len(a.Body), test.location)
			}
		})
	}
	t.Run("the full result is unchanged", func(t *testing.T) {
		plain := c.client.Get(t, identifier(id)).Want(t, 200)
		with := c.client.Get(t, identifier(id+"?service=files&relativeRef=%2Fa")).Want(t, 200)
		if diff := cmp.Diff(plain.JSON(t), with.JSON(t)); diff != "" {
			t.Errorf("service changed the result:\n%s", diff)
		}
	})
	t.Run("to no file", func(t *testing.T) {
		q := c.league.Create(t, service("local", "file:///etc/passwd"))
		a := c.client.With("Accept", mediaURIList).Get(t, identifier(q.DID.String()+"?service=local"))
		if a.Status == 303 || a.Header.Get("Location") != "" {
			t.Errorf("redirected to %q", a.Header.Get("Location"))
		}
	})
	t.Run("an absent service is not found", func(t *testing.T) {
		wantResolutionError(t, c.client.With("Accept", mediaURIList).Get(t, identifier(id+"?service=nothing")), 404, "NOT_FOUND")
	})
}

func TestDereferencing(t *testing.T) {
	c := startCenter(t)
	p := c.league.Create(t)
	id, client := p.DID.String(), c.client.With("Accept", mediaDereferencing)
	whole := client.Get(t, identifier(id)).Want(t, 200).JSON(t)
	if whole["contentStream"].(map[string]any)["id"] != id {
		t.Errorf("a bare DID dereferences to %v, want its document", whole["contentStream"])
	}
	method := client.Get(t, encoded(id+"#key-1")).Want(t, 200).JSON(t)
	if method["contentStream"].(map[string]any)["id"] != id+"#key-1" {
		t.Errorf("a fragment dereferences to %v, want its method", method["contentStream"])
	}
	missing := client.Get(t, encoded(id+"#nothing")).Want(t, 404).JSON(t)
	if missing["contentStream"] != nil || missing["dereferencingMetadata"].(map[string]any)["error"] == nil {
		t.Errorf("a missing fragment: %v", missing)
	}
	client.Get(t, encoded(id+"#key-1")+"?verificationRelationship=assertionMethod").Want(t, 200)
	client.Get(t, encoded(id+"#key-1")+"?verificationRelationship=keyAgreement").Want(t, 400)
}

func TestOptionsInABody(t *testing.T) {
	c := startCenter(t)
	p := c.league.Create(t)
	first, err := c.league.DID(t.Context(), p.DID, did.At{})
	if err != nil {
		t.Fatal(err)
	}
	c.league.Update(t, p, ledgertest.Document(p.Signer.Public()))
	target := encoded(p.DID.String())
	body := c.client.Post(t, target, map[string]any{"versionId": first.VersionID}).Want(t, 200).JSON(t)
	if got := body["didDocumentMetadata"].(map[string]any)["versionId"]; got != first.VersionID {
		t.Errorf("version %v, want %s", got, first.VersionID)
	}
	document := c.client.Post(t, target, map[string]any{"accept": "application/did"}).Want(t, 200)
	if got := document.Header.Get("Content-Type"); got != "application/did" {
		t.Errorf("the accept option gave %q", got)
	}
	c.client.Do(t, http.MethodPost, target, nil).Want(t, 200)
	wantResolutionError(t, c.client.Post(t, target, map[string]any{"versionId": 7}), 400, "INVALID_OPTIONS")
	wantResolutionError(t, c.client.Post(t, target, map[string]any{"shoeSize": "44"}), 501, "FEATURE_NOT_SUPPORTED")
	wantResolutionError(t, c.client.Post(t, target+"?noCache=true", map[string]any{"proof": true}), 400, "INVALID_OPTIONS")
	c.client.Post(t, target, []byte(`{"versionId":"a","versionId":"b"}`)).WantProblem(t, 400, "malformed-json")
	c.client.With("Content-Type", "text/plain").Post(t, target, []byte(`{}`)).WantProblem(t, 400, "unsupported-content-type")
}

func TestADeactivatedDIDIsGone(t *testing.T) {
	c := startCenter(t)
	p := c.league.Create(t)
	first, err := c.league.DID(t.Context(), p.DID, did.At{})
	if err != nil {
		t.Fatal(err)
	}
	c.league.Deactivate(t, p)
	gone := c.client.Get(t, identifier(p.DID.String())).Want(t, 410).JSON(t)
	if gone["didDocument"] != nil || gone["didDocumentMetadata"].(map[string]any)["deactivated"] != true {
		t.Errorf("deactivated: %v", gone)
	}
	version := c.client.Get(t, identifier(p.DID.String()+"?versionId="+first.VersionID)).Want(t, 410).JSON(t)
	if version["didDocument"] == nil || version["didDocumentMetadata"].(map[string]any)["deactivated"] != true {
		t.Errorf("a version of a deactivated DID: %v", version)
	}
	document := c.client.With("Accept", "application/did").Get(t, identifier(p.DID.String())).Want(t, 410)
	if got := document.Header.Get("Content-Type"); got != mediaResolution {
		t.Errorf("without a document the answer is %q, want the full result", got)
	}
}

func TestTheProofOptionAttachesAProof(t *testing.T) {
	c := startCenter(t)
	p := c.league.Create(t)
	for range 2 {
		body := c.client.Get(t, encoded(p.DID.String())+"?proof=true").Want(t, 200).JSON(t)
		proofs := body["didDocumentMetadata"].(map[string]any)["proof"].([]any)
		if len(proofs) != 1 || proofs[0].(map[string]any)["type"] != "Ics23CommitmentProof" {
			t.Fatalf("proof %v", proofs)
		}
		c.league.Update(t, p, ledgertest.Document(p.Signer.Public()))
	}
	first := c.client.Get(t, encoded(p.DID.String())+"?versionTime="+time.Now().UTC().Format("2006-01-02T15:04:05Z")+"&proof=true")
	first.Want(t, 200)
}

func TestWhatDescribesTheMethods(t *testing.T) {
	c := startCenter(t)
	var methods []string
	if err := json.Unmarshal(c.client.Get(t, "/1.0/methods").Want(t, 200).Body, &methods); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"hanse", "jwk", "key"}, methods); diff != "" {
		t.Errorf("methods:\n%s", diff)
	}
	traits := c.client.Get(t, "/1.0/traits").Want(t, 200).JSON(t)
	for method, want := range map[string]map[string]bool{ // names of DIF DID Traits 1.0.0
		"hanse": {"supportsUpdate": true, "supportsDeactivate": true, "supportsDelete": false, "prerotationOfKeys": true, "history": true, "enumerable": true},
		"key":   {"supportsUpdate": false, "selfCertifying": true, "hostingNotRequired": true, "resolvableGlobally": true, "history": false},
	} {
		view := traits[method].(map[string]any)
		if view["name"] != method {
			t.Errorf("traits of %s are named %v", method, view["name"])
		}
		for name, value := range want {
			if view[name] != value {
				t.Errorf("%s: %s is %v, want %v", method, name, view[name], value)
			}
		}
	}
	for _, path := range []string{"/1.0/properties", "/1.0/traits"} {
		if view := c.client.Get(t, path).Want(t, 200).JSON(t); len(view) != 3 {
			t.Errorf("%s: %v", path, view)
		}
	}
	for method, dids := range c.client.Get(t, "/1.0/testIdentifiers").Want(t, 200).JSON(t) {
		for _, id := range dids.([]any) {
			if got := c.client.Get(t, identifier(id.(string))); got.Status != 200 {
				t.Errorf("test identifier of %s does not resolve: %d %s", method, got.Status, got.Body)
			}
		}
	}
}
