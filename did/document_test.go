package did_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
)

const (
	edKey  = "z6MkmM42vxfqZQsv4ehtTjFFxQ4sQKS2w6WR7emozFAn5cxu"
	p256   = "zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"
	method = `{"id":"#k","type":"Multikey","controller":"did:example:1","publicKeyMultibase":"` + edKey + `"}`
)

func core(t testing.TB) (*did.Document, []byte) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "documents", "core.json"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := did.ParseDocument(data)
	if err != nil {
		t.Fatal(err)
	}
	return d, data
}

func TestDocumentsKeepEveryMember(t *testing.T) {
	d, data := core(t)
	want, err := jcs.Transform(data)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error(diff)
	}
	var again did.Document
	if err := json.Unmarshal(got, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(d, &again); diff != "" {
		t.Error(diff)
	}
}

func TestMethodsAreFoundByAbsoluteURL(t *testing.T) {
	d, _ := core(t)
	for _, url := range []string{"did:example:123#key-1", "did:example:123#key-2", "did:example:123#embedded", "did:example:123#old"} {
		if _, ok := d.Method(url); !ok {
			t.Errorf("%s was not found", url)
		}
	}
	for _, url := range []string{"", "#key-1", "key-1", "did:example:123", "did:example:1#key-1", "did:example:123#key-", "did:example:123#KEY-1", "did:example:123#files"} {
		if m, ok := d.Method(url); ok {
			t.Errorf("%q: got %v", url, m)
		}
	}
	var ids []string
	for _, m := range d.MethodsFor(did.AssertionMethod) {
		ids = append(ids, m.ID)
	}
	if diff := cmp.Diff([]string{"did:example:123#key-2", "#embedded"}, ids); diff != "" {
		t.Error(diff)
	}
	if got := d.MethodsFor(did.Authentication); len(got) != 1 || got[0].ID != "#key-1" {
		t.Errorf("references to other documents are followed: %v", got)
	}
	if !d.Has(did.Authentication, "did:example:123#key-1") || d.Has(did.Authentication, "did:example:456#key-9") ||
		d.Has(did.AssertionMethod, "did:example:123#key-1") || !d.Has(did.AssertionMethod, "did:example:123#embedded") {
		t.Error("Has and MethodsFor disagree")
	}
	if s, ok := d.ServiceByID("did:example:123#files"); !ok || s.Type[0] != "Files" {
		t.Errorf("got %v", s)
	}
}

func TestMethodsDecodeTheirKeys(t *testing.T) {
	d, _ := core(t)
	key, err := d.VerificationMethod[0].Key()
	if err != nil || key.Multikey() != edKey {
		t.Errorf("got %v, %v", key, err)
	}
	if key, err := d.VerificationMethod[1].Key(); err != nil || key.Algorithm() != keys.EdDSA {
		t.Errorf("got %v, %v", key, err)
	}
	if key, err := d.VerificationMethod[2].Key(); err != nil || key.Algorithm() != keys.ES256K {
		t.Errorf("got %v, %v", key, err)
	}
	if _, err := (did.VerificationMethod{Type: "X"}).Key(); !errors.Is(err, keys.ErrUnsupported) {
		t.Errorf("got %v", err)
	}
}

func TestExpandRelativeLeavesTheOriginal(t *testing.T) {
	d, _ := core(t)
	before, _ := d.Canonical()
	e := d.ExpandRelative()
	if text, err := e.Canonical(); err != nil || strings.Contains(string(text), `"#`) {
		t.Errorf("relative URLs are left: %s, %v", text, err)
	}
	if err := e.Validate(); err != nil {
		t.Error(err)
	}
	if after, _ := d.Canonical(); string(before) != string(after) {
		t.Error("the original changed")
	}
	e.VerificationMethod[0].ID = "x"
	e.Relationships[did.AssertionMethod][1].Embedded.ID = "x"
	e.Relationships[did.KeyAgreement] = nil
	e.Service[0].Type = nil
	if after, _ := d.Canonical(); string(before) != string(after) {
		t.Error("the copy shares something with the original")
	}
}

func TestParseDocumentNamesTheWrongMember(t *testing.T) {
	for name, tt := range map[string]struct{ text, pointer string }{
		"not an object":            {`[]`, ""},
		"no id":                    {`{}`, "/id"},
		"id of another type":       {`{"id":1}`, "/id"},
		"id is a URL":              {`{"id":"did:example:1#x"}`, "/id"},
		"bidi in the id":           {`{"id":"did:example:\u202e1"}`, "/id"},
		"NUL in the id":            {`{"id":"did:example:1\u0000"}`, "/id"},
		"variant spelling":         {`{"id":"did:example:%31"}`, "/id"},
		"empty context":            {`{"id":"did:example:1","@context":[]}`, "/@context"},
		"wrong first context":      {`{"id":"did:example:1","@context":["https://example.com","https://www.w3.org/ns/did/v1.1"]}`, "/@context"},
		"context null":             {`{"id":"did:example:1","@context":null}`, "/@context"},
		"context number":           {`{"id":"did:example:1","@context":["https://www.w3.org/ns/did/v1.1",1]}`, "/@context/1"},
		"controller no DID":        {`{"id":"did:example:1","controller":"bob"}`, "/controller/0"},
		"controller twice":         {`{"id":"did:example:1","controller":["did:a:b","did:a:b"]}`, "/controller/1"},
		"alsoKnownAs no URI":       {`{"id":"did:example:1","alsoKnownAs":["alice"]}`, "/alsoKnownAs/0"},
		"alsoKnownAs no ASCII":     {`{"id":"did:example:1","alsoKnownAs":["https://ex\u0430mple.com"]}`, "/alsoKnownAs/0"},
		"alsoKnownAs no list":      {`{"id":"did:example:1","alsoKnownAs":"https://a"}`, "/alsoKnownAs"},
		"methods no list":          {`{"id":"did:example:1","verificationMethod":{}}`, "/verificationMethod"},
		"method no object":         {`{"id":"did:example:1","verificationMethod":["#k"]}`, "/verificationMethod/0"},
		"method without id":        {`{"id":"did:example:1","verificationMethod":[{"type":"X","controller":"did:a:b"}]}`, "/verificationMethod/0/id"},
		"method without type":      {`{"id":"did:example:1","verificationMethod":[{"id":"#k","controller":"did:a:b"}]}`, "/verificationMethod/0/type"},
		"method without owner":     {`{"id":"did:example:1","verificationMethod":[{"id":"#k","type":"X"}]}`, "/verificationMethod/0/controller"},
		"method twice":             {`{"id":"did:example:1","verificationMethod":[` + method + `,` + strings.Replace(method, "#k", "did:example:1#k", 1) + `]}`, "/verificationMethod/1/id"},
		"embedded twice":           {`{"id":"did:example:1","verificationMethod":[` + method + `],"authentication":[` + method + `]}`, "/authentication/0/id"},
		"multikey malformed":       {`{"id":"did:example:1","verificationMethod":[` + strings.Replace(method, "z6Mk", "z6M0", 1) + `]}`, "/verificationMethod/0/publicKeyMultibase"},
		"multikey missing":         {`{"id":"did:example:1","verificationMethod":[{"id":"#k","type":"Multikey","controller":"did:a:b"}]}`, "/verificationMethod/0/publicKeyMultibase"},
		"JWK missing":              {`{"id":"did:example:1","verificationMethod":[{"id":"#k","type":"JsonWebKey","controller":"did:a:b"}]}`, "/verificationMethod/0/publicKeyJwk"},
		"JWK private":              {`{"id":"did:example:1","verificationMethod":[{"id":"#k","type":"JsonWebKey","controller":"did:a:b","publicKeyJwk":{"kty":"RSA","d":"AQ"}}]}`, "/verificationMethod/0/publicKeyJwk"},
		"secret key":               {`{"id":"did:example:1","verificationMethod":[` + strings.Replace(method, `"type"`, `"secretKeyMultibase":"z","type"`, 1) + `]}`, "/verificationMethod/0/secretKeyMultibase"},
		"both forms":               {`{"id":"did:example:1","verificationMethod":[` + strings.Replace(method, `"type"`, `"publicKeyJwk":{},"type"`, 1) + `]}`, "/verificationMethod/0"},
		"reference no URL":         {`{"id":"did:example:1","authentication":["k"]}`, "/authentication/0"},
		"reference no text":        {`{"id":"did:example:1","authentication":[1]}`, "/authentication/0"},
		"reference twice":          {`{"id":"did:example:1","authentication":["#k","did:example:1#k"]}`, "/authentication/1"},
		"service without type":     {`{"id":"did:example:1","service":[{"id":"#s","serviceEndpoint":"https://a.example"}]}`, "/service/0/type"},
		"service without endpoint": {`{"id":"did:example:1","service":[{"id":"#s","type":"X"}]}`, "/service/0/serviceEndpoint"},
		"endpoint no URI":          {`{"id":"did:example:1","service":[{"id":"#s","type":"X","serviceEndpoint":"a b"}]}`, "/service/0/serviceEndpoint"},
		"endpoint empty list":      {`{"id":"did:example:1","service":[{"id":"#s","type":"X","serviceEndpoint":[]}]}`, "/service/0/serviceEndpoint"},
		"endpoint nested list":     {`{"id":"did:example:1","service":[{"id":"#s","type":"X","serviceEndpoint":[["https://a"]]}]}`, "/service/0/serviceEndpoint"},
		"service twice":            {`{"id":"did:example:1","service":[{"id":"#s","type":"X","serviceEndpoint":{}},{"id":"#s","type":"X","serviceEndpoint":{}}]}`, "/service/1/id"},
		"service named as a key":   {`{"id":"did:example:1","verificationMethod":[` + method + `],"service":[{"id":"#k","type":"X","serviceEndpoint":{}}]}`, "/service/0/id"},
		"bidi in a service type":   {`{"id":"did:example:1","service":[{"id":"#s","type":"X\u202e","serviceEndpoint":{}}]}`, "/service/0/type/0"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := did.ParseDocument([]byte(tt.text))
			var typed *did.DocumentError
			if !errors.As(err, &typed) || !errors.Is(err, did.ErrInvalidDocument) {
				t.Fatalf("got %v, %v", d, err)
			}
			if typed.Pointer != tt.pointer {
				t.Errorf("got %q (%v), want %q", typed.Pointer, err, tt.pointer)
			}
		})
	}
	_, err := did.ParseDocument([]byte(`{"id":"did:example:1","id":"did:example:2"}`))
	if !errors.Is(err, did.ErrInvalidDocument) || !errors.Is(err, jcs.ErrDuplicate) {
		t.Errorf("got %v", err)
	}
}

// Whatever ParseDocument accepts can be written and read again, with the same meaning.
func FuzzParseDocument(f *testing.F) {
	_, data := core(f)
	f.Add(data)
	f.Add([]byte(`{"id":"did:example:1","verificationMethod":[` + method + `],"authentication":["#k"]}`))
	f.Add([]byte(`{"id":"did:example:1","controller":[],"alsoKnownAs":[],"service":[{"type":"X","serviceEndpoint":{}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := did.ParseDocument(data)
		if err != nil {
			if !errors.Is(err, did.ErrInvalidDocument) {
				t.Fatal(err)
			}
			return
		}
		text, err := d.Canonical()
		if err != nil {
			if !errors.Is(err, jcs.ErrNumber) {
				t.Fatal(err)
			}
			return
		}
		again, err := did.ParseDocument(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if second, err := again.Canonical(); err != nil || string(second) != string(text) {
			t.Fatalf("%s\n%s\n%v", text, second, err)
		}
		if err := d.ExpandRelative().Validate(); err != nil {
			t.Fatal(err)
		}
		for _, r := range did.Relationships() {
			for _, m := range d.MethodsFor(r) {
				if !d.Has(r, d.Absolute(m.ID)) {
					t.Fatalf("%s is listed for %s, and is not in it", m.ID, r)
				}
			}
		}
	})
}
