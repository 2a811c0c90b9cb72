package resolve_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/resolve"
)

func TestDereferenceFindsPartsOfTheDocument(t *testing.T) {
	for url, want := range map[string]string{
		hanseID + "#key-1":                `{"@context":"https://www.w3.org/ns/did/v1.1","controller":"` + hanseID + `","id":"` + hanseID + `#key-1","publicKeyMultibase":"` + edKey + `","type":"Multikey"}`,
		hanseID + "?versionId=1-op#files": `{"@context":"https://www.w3.org/ns/did/v1.1","id":"` + hanseID + `#files","serviceEndpoint":"https://files.example/v1/base?x=1","type":"Files"}`,
	} {
		result := resolve.Dereference(t.Context(), newRouter(nil), url, resolve.Options{})
		if result.Err() != nil || result.Status() != 200 || result.URLs != nil {
			t.Errorf("%s: got %d, %v", url, result.Status(), result.Err())
		}
		got, err := json.Marshal(result.Content)
		if diff := cmp.Diff(want, string(got)); diff != "" || err != nil {
			t.Errorf("%s: %s %v", url, diff, err)
		}
	}
	bare := resolve.Dereference(t.Context(), newRouter(nil), hanseID, resolve.Options{})
	if d, ok := bare.Content.(*did.Document); !ok || d.ID != hanseID || bare.ContentMetadata.VersionID != "2-op" {
		t.Errorf("got %v", bare)
	}
}

func TestDereferenceMarshalsAsSpecified(t *testing.T) {
	for url, want := range map[string]string{
		hanseID + "?service=did": `{"dereferencingMetadata":{"contentType":"text/uri-list"},"contentStream":["did:example:other"],` +
			`"contentMetadata":{"created":"2026-01-01T00:00:00Z","updated":"2026-01-02T00:00:00Z","versionId":"2-op","canonicalId":"` + hanseID + `"}}`,
		hanseID + "#absent": `{"dereferencingMetadata":{"error":{"type":"https://www.w3.org/ns/did#NOT_FOUND",` +
			`"title":"The DID or the resource was not found.","status":404,"detail":"the document has no such fragment"}},"contentStream":null,"contentMetadata":{}}`,
	} {
		got, err := json.Marshal(resolve.Dereference(t.Context(), newRouter(nil), url, resolve.Options{}))
		if diff := cmp.Diff(want, string(got)); diff != "" || err != nil {
			t.Errorf("%s: %s %v", url, diff, err)
		}
	}
}

func TestDereferenceFindsServiceEndpoints(t *testing.T) {
	for query, want := range map[string][]string{
		"?service=files":    {"https://files.example/v2/base?x=1"},
		"?service=%23files": {"https://files.example/v2/base?x=1"},
		"?service=did%3Ahanse%3Alubeck%3AQmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG%23files": {"https://files.example/v2/base?x=1"},
		"?service=https%3A%2F%2Fa.example%2Fnamed":                                               {"https://named.example/"},
		"?serviceType=Files":              {"https://files.example/v2/base?x=1", "https://a.example", "http://b.example/b"},
		"?service=many&serviceType=Files": {"https://a.example", "http://b.example/b"},
		"?service=files&versionId=1-op":   {"https://files.example/v1/base?x=1"},
		"?service=files&relativeRef=%2Fmyresume%2Fdoc%3Fversion%3Dlatest#intro": {"https://files.example/myresume/doc?version=latest#intro"},
		"?service=files&relativeRef=doc":                                        {"https://files.example/v2/doc"},
		"?service=files&relativeRef=%3Fy%3D2":                                   {"https://files.example/v2/base?y=2"},
		"?service=files#intro":                                                  {"https://files.example/v2/base?x=1#intro"},
		"?service=did&relativeRef=%2Fpath":                                      {"did:example:other/path"},
		"?service=did":                                                          {"did:example:other"},
	} {
		result := resolve.Dereference(t.Context(), newRouter(nil), hanseID+query, resolve.Options{})
		if diff := cmp.Diff(want, result.URLs); diff != "" || result.Err() != nil || result.Status() != 303 {
			t.Errorf("%s: %s %d %v", query, diff, result.Status(), result.Err())
		}
	}
}

func TestDereferenceSaysWhatIsWrong(t *testing.T) {
	for query, want := range map[string]resolve.Code{
		"#absent":                               resolve.NotFound,
		"/path":                                 resolve.NotFound,
		"/path#key-1":                           resolve.NotFound,
		"?service=absent":                       resolve.NotFound,
		"?service=files&serviceType=Map":        resolve.NotFound,
		"?service=map":                          resolve.NotFound,
		"?service=local":                        resolve.FeatureNotSupported,
		"?service=local&relativeRef=%2Fshadow":  resolve.FeatureNotSupported,
		"?service=script":                       resolve.FeatureNotSupported,
		"?service=page#x":                       resolve.InvalidDIDURL,
		"?service=files&relativeRef=%2F%2Fevil": resolve.InvalidDIDURL,
		"?service=did&relativeRef=path":         resolve.FeatureNotSupported,
		"?versionTime=2020-01-01T00:00:00Z#a":   resolve.NotFound,
		"?unknown=x":                            resolve.FeatureNotSupported,
		"#":                                     resolve.InvalidDIDURL,
	} {
		result := resolve.Dereference(t.Context(), newRouter(nil), hanseID+query, resolve.Options{})
		var typed *resolve.Error
		if !errors.As(result.Err(), &typed) || typed.Code != want || result.Content != nil || result.URLs != nil {
			t.Errorf("%s: got %v, want %s", query, result, want)
		}
	}
}

func TestVerificationRelationshipMustHold(t *testing.T) {
	for name, tt := range map[string]struct {
		query string
		r     did.Relationship
		want  resolve.Code
	}{
		"by relative reference":  {"#key-1", did.AssertionMethod, ""},
		"by absolute reference":  {"#key-2", did.Authentication, ""},
		"another relationship":   {"#key-1", did.Authentication, resolve.InvalidRelationship},
		"no such relationship":   {"#key-1", did.KeyAgreement, resolve.InvalidRelationship},
		"a service":              {"#files", did.AssertionMethod, resolve.InvalidVerificationMethod},
		"the document":           {"", did.AssertionMethod, resolve.InvalidVerificationMethod},
		"an endpoint":            {"?service=files#key-1", did.AssertionMethod, resolve.InvalidVerificationMethod},
		"nothing":                {"#absent", did.AssertionMethod, resolve.NotFound},
		"no relationship at all": {"#key-1", "friendship", resolve.InvalidOptions},
	} {
		result := resolve.Dereference(t.Context(), newRouter(nil), hanseID+tt.query, resolve.Options{VerificationRelationship: tt.r})
		if tt.want == "" {
			if result.Err() != nil {
				t.Errorf("%s: got %v", name, result.Err())
			}
			continue
		}
		if result.Dereferencing.Error == nil || result.Dereferencing.Error.Code != tt.want {
			t.Errorf("%s: got %v, want %s", name, result.Err(), tt.want)
		}
	}
	o := resolve.Options{VerificationRelationship: did.Authentication}
	if result := resolve.Resolve(t.Context(), newRouter(nil), hanseID+"#key-1", o); result.Status() != 400 ||
		result.Resolution.Error.Type() != "https://w3id.org/security#INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD" {
		t.Errorf("got %v", result.Err())
	}
	if result := resolve.Resolve(t.Context(), newRouter(nil), hanseID+"#key-2", o); result.Err() != nil {
		t.Error(result.Err())
	}
}

// Whatever is asked for, there is an answer of the right shape.
func FuzzDereference(f *testing.F) {
	for _, s := range []string{
		hanseID, hanseID + "#key-1", hanseID + "?service=files&relativeRef=%2Fa", didKey, didJWK, gone, "did:example:1", "",
		hanseID + "?versionTime=2026-01-01T00:00:00Z", hanseID + "?hl=zQmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG",
	} {
		f.Add(s)
	}
	router := newRouter(nil)
	f.Fuzz(func(t *testing.T, s string) {
		d := resolve.Dereference(t.Context(), router, s, resolve.Options{})
		if (d.Err() != nil) == (d.Content != nil) && !d.ContentMetadata.Deactivated {
			t.Fatalf("%v and %v", d.Err(), d.Content)
		}
		for _, u := range d.URLs {
			if len(u) < 4 || u[:4] != "http" && u[:4] != "did:" {
				t.Fatalf("endpoint %q", u)
			}
		}
		if _, err := json.Marshal(d); err != nil {
			t.Fatal(err)
		}
		r := resolve.Resolve(t.Context(), router, s, resolve.Options{})
		if r.Err() != nil && r.Document != nil || r.Status() < 200 {
			t.Fatalf("got %v", r)
		}
	})
}

func FuzzParseQuery(f *testing.F) {
	f.Add("versionId=1&noCache=true")
	f.Add("versionTime=2026-01-01T00:00:00Z&proof=false")
	f.Fuzz(func(t *testing.T, s string) {
		o, err := resolve.ParseQuery(s)
		var typed *resolve.Error
		if err != nil && !errors.As(err, &typed) {
			t.Fatal(err)
		}
		if o.VersionID != "" && !o.VersionTime.IsZero() {
			t.Fatalf("got %v", o)
		}
	})
}
