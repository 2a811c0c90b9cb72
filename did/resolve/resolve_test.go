package resolve_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mr-tron/base58"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/resolve"
)

func TestResolveMarshalsAsSpecified(t *testing.T) {
	result := resolve.Resolve(t.Context(), newRouter(nil), hanseID+"?versionId=1-op", resolve.Options{Proof: true})
	if result.Err() != nil || result.Status() != 200 || result.Version.Height != 42 {
		t.Fatalf("got %d, %v", result.Status(), result.Err())
	}
	result.Document = &did.Document{ID: hanseID}
	got, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"didDocument":{"id":"` + hanseID + `"},"didResolutionMetadata":{"contentType":"application/did"},` +
		`"didDocumentMetadata":{"created":"2026-01-01T00:00:00Z","versionId":"1-op","nextVersionId":"2-op","nextUpdate":"2026-01-02T00:00:00Z",` +
		`"canonicalId":"` + hanseID + `","proof":[{"height":42,"type":"Test"}]}}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestErrorsMarshalAsSpecified(t *testing.T) {
	result := resolve.Resolve(t.Context(), newRouter(nil), "did:hanse:lubeck:QmaUo4PvvkdEWNDQRrA6p99w54fvks3AWhSRL5zQ979k6U", resolve.Options{})
	for want, v := range map[string]any{
		`{"didDocument":null,"didResolutionMetadata":{"error":{"type":"https://www.w3.org/ns/did#NOT_FOUND",` +
			`"title":"The DID or the resource was not found.","status":404,"detail":"DID not found"}},"didDocumentMetadata":{}}`: result,
		`{"@context":"https://w3id.org/did-resolution/v1","didDocument":null,"didResolutionMetadata":{"error":"notFound"},"didDocumentMetadata":{}}`: result.Legacy(),
	} {
		got, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestResolveSelectsVersions(t *testing.T) {
	for url, want := range map[string]string{
		hanseID:                       "2-op",
		hanseID + "?versionId=1-op":   "1-op",
		hanseID + "?versionId=1%2Dop": "1-op",
		hanseID + "?versionTime=2026-01-01T00:00:00Z":     "1-op",
		hanseID + "?versionTime=2026-01-01T23%3A59%3A59Z": "1-op",
		hanseID + "?versionTime=2026-01-02T00:00:00Z":     "2-op",
		hanseID + "?versionTime=2099-01-01T00:00:00Z":     "2-op",
		hanseID + "?service=files&relativeRef=%2Fa%3Fb":   "2-op",
		hanseID + "?service=absent":                       "2-op",
		hanseID + "#key-1":                                "2-op",
		didKey + "?versionTime=2001-01-01T00:00:00Z":      "",
	} {
		result := resolve.Resolve(t.Context(), newRouter(nil), url, resolve.Options{})
		if result.Err() != nil || result.Document == nil || result.DocumentMetadata.VersionID != want {
			t.Errorf("%s: got %q, %v", url, result.DocumentMetadata.VersionID, result.Err())
		}
	}
	latest := resolve.Resolve(t.Context(), newRouter(nil), hanseID, resolve.Options{}).DocumentMetadata
	if latest.Updated != epoch.AddDate(0, 0, 1) || latest.NextVersionID != "" {
		t.Errorf("got %v", latest)
	}
}

// Reliability table 56, with TestDereferenceSaysWhatIsWrong.
func TestResolveSaysWhatIsWrong(t *testing.T) {
	for url, want := range map[string]resolve.Code{
		"":                    resolve.InvalidDID,
		"did:":                resolve.InvalidDID,
		"https://example.com": resolve.InvalidDID,
		"did:example:%41":     resolve.InvalidDID,
		"did:example:1":       resolve.MethodNotSupported,
		"did:key:x":           resolve.InvalidDID,
		"did:hanse:lubeck:x":  resolve.InvalidDID,
		"did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc":        resolve.FeatureNotSupported,
		"did:hanse:bremen:QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG": resolve.NotFound,
		"did:hanse:lubeck:QmaUo4PvvkdEWNDQRrA6p99w54fvks3AWhSRL5zQ979k6U": resolve.NotFound,
		hanseID + "/path":                                                 resolve.NotFound,
		hanseID + "?":                                                     resolve.InvalidDIDURL,
		hanseID + "?service=":                                             resolve.InvalidDIDURL,
		hanseID + "?service":                                              resolve.InvalidDIDURL,
		hanseID + "?=x":                                                   resolve.InvalidDIDURL,
		hanseID + "?service=café":                                         resolve.InvalidDIDURL,
		hanseID + "?service=a%FF":                                         resolve.InvalidDIDURL,
		hanseID + "?service=a%E2%80%AEb":                                  resolve.InvalidDIDURL,
		hanseID + "?service=a&service=b":                                  resolve.InvalidDIDURL,
		hanseID + "?service=a&serv%69ce=b":                                resolve.InvalidDIDURL,
		hanseID + "?relativeRef=%2Fa":                                     resolve.InvalidDIDURL,
		hanseID + "?service=files&relativeRef=/a":                         resolve.InvalidDIDURL,
		hanseID + "?service=files&relativeRef=%2F%2Fevil.example":         resolve.InvalidDIDURL,
		hanseID + "?service=files&relativeRef=%2F..%2Fa":                  resolve.InvalidDIDURL,
		hanseID + "?service=files&relativeRef=%2F%252E%252E%2Fa":          resolve.InvalidDIDURL,
		hanseID + "?service=files&relativeRef=https%3A%2F%2Fevil.example": resolve.InvalidDIDURL,
		hanseID + "?service=files&relativeRef=%5C%5Cevil.example":         resolve.InvalidDIDURL,
		hanseID + "?service=files&relativeRef=%00":                        resolve.InvalidDIDURL,
		hanseID + "?versionTime=2026-01-01T00:00:00%2B01:00":              resolve.InvalidDIDURL,
		hanseID + "?versionTime=2026-01-01T00:00:00.5Z":                   resolve.InvalidDIDURL,
		hanseID + "?versionTime=2026-01-01":                               resolve.InvalidDIDURL,
		hanseID + "?versionTime=2026-13-01T00:00:00Z":                     resolve.InvalidDIDURL,
		hanseID + "?versionTime=now":                                      resolve.InvalidDIDURL,
		hanseID + "?versionTime=2025-12-31T23:59:59Z":                     resolve.NotFound,
		hanseID + "?versionId=3-op":                                       resolve.NotFound,
		hanseID + "?versionId=1-op&versionTime=2026-01-01T00:00:00Z":      resolve.InvalidOptions,
		hanseID + "?unknown=1":                                            resolve.FeatureNotSupported,
		hanseID + "?noCache=maybe":                                        resolve.InvalidOptions,
		hanseID + "?hl=x":                                                 resolve.FeatureNotSupported,
		hanseID + "?hl=z0":                                                resolve.InvalidDIDURL,
		hanseID + "?hl=zQmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG":   resolve.NotFound,
		didKey + "?versionId=1":                                           resolve.NotFound,
		didKey + "?proof=true":                                            resolve.FeatureNotSupported,
		hanseID + "?" + strings.Repeat("a", 1<<20):                        resolve.InvalidDIDURL,
	} {
		result := resolve.Resolve(t.Context(), newRouter(nil), url, resolve.Options{})
		var typed *resolve.Error
		if !errors.As(result.Err(), &typed) || typed.Code != want {
			t.Errorf("%.120s: got %v, want %s", url, result.Err(), want)
			continue
		}
		same := cmp.Comparer(func(a, b *resolve.Error) bool { return a == b })
		if diff := cmp.Diff(resolve.Result{Resolution: resolve.ResolutionMetadata{Error: typed}}, result, same); diff != "" {
			t.Errorf("%.120s: there is more than the error: %s", url, diff)
		}
		if typed.Title() == "" || typed.Legacy() == "" || typed.Status() < 400 || len(typed.Detail) > 400 {
			t.Errorf("%.120s: %s, %s, %d, %s", url, typed.Title(), typed.Legacy(), typed.Status(), typed.Detail)
		}
	}
}

func TestAMissingVersionIsToldFromAMissingDID(t *testing.T) {
	for url, want := range map[string]string{
		hanseID + "?versionTime=2025-12-31T23:59:59Z":                                    "the DID exists, but had no version yet at this versionTime",
		hanseID + "?versionId=3-op":                                                      "the DID exists, but has no version with this versionId",
		"did:hanse:lubeck:QmaUo4PvvkdEWNDQRrA6p99w54fvks3AWhSRL5zQ979k6U?versionId=3-op": "DID not found",
	} {
		result := resolve.Resolve(t.Context(), newRouter(nil), url, resolve.Options{})
		if e := result.Resolution.Error; e == nil || e.Code != resolve.NotFound || e.Detail != want || !errors.Is(e, did.ErrNotFound) {
			t.Errorf("%s: %+v, want %q", url, e, want)
		}
	}
}

func TestStatusOfErrors(t *testing.T) {
	for code, want := range map[resolve.Code]int{
		resolve.InvalidDID: 400, resolve.InvalidDIDURL: 400, resolve.InvalidOptions: 400, resolve.NotFound: 404,
		resolve.RepresentationNotSupported: 406, resolve.InvalidDIDDocument: 500, resolve.InternalError: 500,
		resolve.MethodNotSupported: 501, resolve.FeatureNotSupported: 501,
	} {
		e := &resolve.Error{Code: code}
		if e.Status() != want || e.Type() != "https://www.w3.org/ns/did#"+string(code) {
			t.Errorf("%s: got %d, %s", code, e.Status(), e.Type())
		}
	}
}

func TestDeactivatedDIDs(t *testing.T) {
	now := resolve.Resolve(t.Context(), newRouter(nil), gone, resolve.Options{})
	if now.Status() != 410 || now.Document != nil || now.Err() != nil || !now.DocumentMetadata.Deactivated {
		t.Errorf("got %d, %v", now.Status(), now)
	}
	text, err := json.Marshal(now)
	if err != nil || !strings.Contains(string(text), `"didDocument":null`) || !strings.Contains(string(text), `"deactivated":true`) {
		t.Errorf("got %s, %v", text, err)
	}
	old := resolve.Resolve(t.Context(), newRouter(nil), gone, resolve.Options{VersionID: "1-op"})
	if old.Status() != 410 || old.Document == nil {
		t.Errorf("got %d, %v", old.Status(), old.Document)
	}
	if d := resolve.Dereference(t.Context(), newRouter(nil), gone+"#key-1", resolve.Options{}); d.Status() != 410 || d.Content != nil {
		t.Errorf("got %d, %v", d.Status(), d.Content)
	}
	if d := resolve.Dereference(t.Context(), newRouter(nil), gone+"?service=files", resolve.Options{VersionID: "1-op"}); d.Status() != 410 {
		t.Errorf("got %d", d.Status())
	}
}

// Whoever resolves sees that control is in question: additional members of didDocumentMetadata, in both forms of a result.
func TestRecoveriesAreVisible(t *testing.T) {
	l := newLedger()
	due := epoch.AddDate(0, 0, 9)
	l.versions[hanseID][0].Disputed = "2-op"
	l.versions[hanseID][1].During = "earlier"
	for i := range l.versions[hanseID] {
		l.versions[hanseID][i].Recovery = &did.Recovery{
			Operation: "later", Base: "1-op", Started: due.AddDate(0, 0, -1), Due: due, By: did.RecoveredByLeague,
		}
	}
	pending := map[string]any{
		"operation": "later", "base": "1-op", "started": "2026-01-09T00:00:00Z", "due": "2026-01-10T00:00:00Z", "by": "league",
	}
	for url, want := range map[string]map[string]any{
		hanseID:                     {"recovery": pending, "disputed": nil, "duringRecovery": "earlier"},
		hanseID + "?versionId=1-op": {"recovery": pending, "disputed": "2-op", "duringRecovery": nil},
		gone:                        {"recovery": nil, "disputed": nil, "duringRecovery": nil},
	} {
		result := resolve.Resolve(t.Context(), newRouter(l), url, resolve.Options{})
		for _, form := range []any{result, result.Legacy()} {
			text, err := json.Marshal(form)
			if err != nil {
				t.Fatal(err)
			}
			var read struct {
				Metadata map[string]any `json:"didDocumentMetadata"`
			}
			if err := json.Unmarshal(text, &read); err != nil {
				t.Fatal(err)
			}
			for name, value := range want {
				if diff := cmp.Diff(value, read.Metadata[name]); diff != "" {
					t.Errorf("%s: %s: %s", url, name, diff)
				}
			}
		}
	}
	if d := resolve.Dereference(t.Context(), newRouter(l), hanseID+"#key-1", resolve.Options{}); d.ContentMetadata.Recovery == nil {
		t.Error("dereferencing says nothing of the recovery")
	}
}

func TestOutagesAreNotAbsence(t *testing.T) {
	l := newLedger()
	l.down = errors.New("disk /var/lib/secret is on fire")
	result := resolve.Resolve(t.Context(), newRouter(l), hanseID, resolve.Options{})
	var typed *resolve.Error
	if !errors.As(result.Err(), &typed) || typed.Code != resolve.InternalError || !errors.Is(typed, l.down) {
		t.Fatalf("got %v", result.Err())
	}
	if text, err := json.Marshal(result); err != nil || strings.Contains(string(text), "fire") {
		t.Errorf("the cause shows: %s, %v", text, err)
	}
}

func TestDocumentsOfAnotherDIDAreRefused(t *testing.T) {
	wrong := resolve.Func(func(context.Context, did.DID, did.At) (did.Version, error) {
		return did.Version{DID: hanseID, Document: document(gone, 1)}, nil
	})
	result := resolve.Resolve(t.Context(), wrong, hanseID, resolve.Options{})
	var typed *resolve.Error
	if !errors.As(result.Err(), &typed) || typed.Code != resolve.InvalidDIDDocument {
		t.Errorf("got %v", result.Err())
	}
}

func TestExpandRelativeURLs(t *testing.T) {
	plain := resolve.Resolve(t.Context(), newRouter(nil), hanseID, resolve.Options{})
	expanded := resolve.Resolve(t.Context(), newRouter(nil), hanseID, resolve.Options{ExpandRelativeURLs: true})
	if plain.Document.VerificationMethod[0].ID != "#key-1" || expanded.Document.VerificationMethod[0].ID != hanseID+"#key-1" {
		t.Errorf("got %v, %v", plain.Document.VerificationMethod[0].ID, expanded.Document.VerificationMethod[0].ID)
	}
	text, err := expanded.Document.Canonical()
	if err != nil || strings.Contains(string(text), `"#`) {
		t.Errorf("got %s, %v", text, err)
	}
}

func TestHashOfTheDocument(t *testing.T) {
	v, err := newLedger().DID(t.Context(), hanseID, did.At{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := v.Document.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(text)
	hl := "z" + base58.Encode(append([]byte{0x12, 0x20}, digest[:]...))
	for _, o := range []resolve.Options{{}, {ExpandRelativeURLs: true}} {
		if result := resolve.Resolve(t.Context(), newRouter(nil), hanseID+"?hl="+hl, o); result.Err() != nil {
			t.Error(result.Err())
		}
	}
	if result := resolve.Resolve(t.Context(), newRouter(nil), hanseID+"?versionId=1-op&hl="+hl, resolve.Options{}); result.Status() != 404 {
		t.Errorf("another version: got %v", result.Err())
	}
}

func TestOptionsAreParsed(t *testing.T) {
	want := resolve.Options{
		Accept: "application/did", VersionTime: epoch, ExpandRelativeURLs: true, NoCache: true,
		VerificationRelationship: did.AssertionMethod, Proof: true,
	}
	members, err := jcs.Parse([]byte(`{"accept":"application/did","versionTime":"2026-01-01T00:00:00Z","expandRelativeUrls":true,`+
		`"noCache":true,"verificationRelationship":"assertionMethod","proof":true}`), jcs.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := resolve.ParseOptions(members.(map[string]any))
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	got, err = resolve.ParseQuery("accept=application%2Fdid&versionTime=2026-01-01T00:00:00Z&expandRelativeUrls=true&noCache=true&verificationRelationship=assertionMethod&proof=true")
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if got, err := resolve.ParseQuery(""); err != nil || got != (resolve.Options{}) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for text, want := range map[string]resolve.Code{
		`{"unknown":1}`:                                             resolve.FeatureNotSupported,
		`{"VersionId":"1"}`:                                         resolve.FeatureNotSupported,
		`{"versionId":1}`:                                           resolve.InvalidOptions,
		`{"versionId":""}`:                                          resolve.InvalidOptions,
		`{"versionId":"a\u0000"}`:                                   resolve.InvalidOptions,
		`{"versionTime":"today"}`:                                   resolve.InvalidOptions,
		`{"versionTime":1767225600}`:                                resolve.InvalidOptions,
		`{"versionTime":"2026-01-01T00:00:00+00:00"}`:               resolve.InvalidOptions,
		`{"versionTime":"2026-01-01T00:00:00.000Z"}`:                resolve.InvalidOptions,
		`{"versionTime":"2026-01-01T00:00:00Z","versionId":"1-op"}`: resolve.InvalidOptions,
		`{"expandRelativeUrls":"true"}`:                             resolve.InvalidOptions,
		`{"noCache":1}`:                                             resolve.InvalidOptions,
		`{"verificationRelationship":"anything"}`:                   resolve.InvalidOptions,
		`{"verificationRelationship":["authentication"]}`:           resolve.InvalidOptions,
		`{"accept":null}`:                                           resolve.InvalidOptions,
	} {
		members, err := jcs.Parse([]byte(text), jcs.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		o, err := resolve.ParseOptions(members.(map[string]any))
		var typed *resolve.Error
		if !errors.As(err, &typed) || typed.Code != want {
			t.Errorf("%s: got %v, %v", text, o, err)
		}
	}
	for query, want := range map[string]resolve.Code{
		"x=1": resolve.FeatureNotSupported, "noCache=1": resolve.InvalidOptions, "versionId=a&versionId=a": resolve.InvalidOptions,
		"versionId=%zz": resolve.InvalidOptions, "%=1": resolve.InvalidOptions, "proof=TRUE": resolve.InvalidOptions,
	} {
		o, err := resolve.ParseQuery(query)
		var typed *resolve.Error
		if !errors.As(err, &typed) || typed.Code != want {
			t.Errorf("%s: got %v, %v", query, o, err)
		}
	}
	both := resolve.Resolve(t.Context(), newRouter(nil), hanseID+"?versionTime=2026-01-01T00:00:00Z", resolve.Options{VersionID: "1-op"})
	if both.Resolution.Error == nil || both.Resolution.Error.Code != resolve.InvalidOptions {
		t.Errorf("an option against a parameter: got %v", both.Err())
	}
}

func TestNoCacheReachesResolvers(t *testing.T) {
	for _, want := range []bool{true, false} {
		seen := !want
		r := resolve.Func(func(ctx context.Context, _ did.DID, _ did.At) (did.Version, error) {
			seen = resolve.NoCache(ctx)
			return did.Version{}, did.ErrNotFound
		})
		resolve.Resolve(t.Context(), r, hanseID, resolve.Options{NoCache: want})
		if seen != want {
			t.Errorf("got %v, want %v", seen, want)
		}
	}
}
