package did_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
)

const ledgerDID = did.DID("did:hanse:lubeck:QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG")

const creation = `{"verificationMethod":[{"id":"#key-1","type":"Multikey","publicKeyMultibase":"` + edKey + `"},` +
	`{"id":"#key-2","type":"JsonWebKey","publicKeyJwk":{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}],` +
	`"capabilityInvocation":["#key-1"],"assertionMethod":["#key-1","#key-2"],"controller":["did:hanse:lubeck:QmPc38XPfYy2yozhwvbY7yEhA1G2gN5ns4vGpPv5jRSaSA"],` +
	`"service":[{"id":"#files","type":"Files","serviceEndpoint":"https://example.com/"}]}`

func expand(t testing.TB, text string, id did.DID) (*did.Document, error) {
	t.Helper()
	v, err := jcs.ParseIntegers([]byte(text), jcs.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return did.Expand(v, id)
}

func TestExpandMakesCreationsAbsolute(t *testing.T) {
	d, err := expand(t, creation, ledgerDID)
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	id := string(ledgerDID)
	want := `{"@context":"https://www.w3.org/ns/did/v1.1",` +
		`"assertionMethod":["` + id + `#key-1","` + id + `#key-2"],` +
		`"capabilityInvocation":["` + id + `#key-1"],` +
		`"controller":"did:hanse:lubeck:QmPc38XPfYy2yozhwvbY7yEhA1G2gN5ns4vGpPv5jRSaSA",` +
		`"id":"` + id + `",` +
		`"service":[{"id":"` + id + `#files","serviceEndpoint":"https://example.com/","type":"Files"}],` +
		`"verificationMethod":[{"controller":"` + id + `","id":"` + id + `#key-1","publicKeyMultibase":"` + edKey + `","type":"Multikey"},` +
		`{"controller":"` + id + `","id":"` + id + `#key-2","publicKeyJwk":{"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},"type":"JsonWebKey"}]}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
	again, err := expand(t, string(got), ledgerDID)
	if err != nil {
		t.Fatalf("an update with absolute references: %v", err)
	}
	if diff := cmp.Diff(d, again); diff != "" {
		t.Error(diff)
	}
	stored, err := did.ParseDocument(got)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(d, stored); diff != "" {
		t.Errorf("the stored form is read otherwise: %s", diff)
	}
}

func TestExpandRefusesWhatALedgerDoesNotTake(t *testing.T) {
	replace := func(old, new string) string {
		if !strings.Contains(creation, old) {
			t.Fatalf("%s is not in the document", old)
		}
		return strings.Replace(creation, old, new, 1)
	}
	for name, tt := range map[string]struct{ text, pointer string }{
		"no object":                     {`"x"`, ""},
		"another id":                    {replace(`{"ver`, `{"id":"did:hanse:lubeck:QmPc38XPfYy2yozhwvbY7yEhA1G2gN5ns4vGpPv5jRSaSA","ver`), "/id"},
		"unknown member":                {replace(`{"ver`, `{"extra":1,"ver`), "/extra"},
		"differently cased member":      {replace(`{"ver`, `{"Service":[],"ver`), "/Service"},
		"inline context":                {replace(`{"ver`, `{"@context":["https://www.w3.org/ns/did/v1.1",{}],"ver`), "/@context/1"},
		"wrong context":                 {replace(`{"ver`, `{"@context":"https://example.com/","ver`), "/@context"},
		"embedded method":               {replace(`["#key-1"]`, `[{"id":"#x","type":"Multikey","controller":"did:a:b","publicKeyMultibase":"`+p256+`"}]`), "/capabilityInvocation/0"},
		"unresolved reference":          {replace(`["#key-1"]`, `["#key-3"]`), "/capabilityInvocation/0"},
		"reference to another DID":      {replace(`["#key-1"]`, `["did:example:1#key-1"]`), "/capabilityInvocation/0"},
		"reference to a service":        {replace(`["#key-1"]`, `["#files"]`), "/capabilityInvocation/0"},
		"reference twice":               {replace(`["#key-1"]`, `["#key-1","#key-1"]`), "/capabilityInvocation/1"},
		"fragment twice":                {replace(`"#key-2","type"`, `"#key-1","type"`), "/verificationMethod/1/id"},
		"service takes a key's name":    {replace(`"#files"`, `"#key-1"`), "/service/0/id"},
		"method of another controller":  {replace(`"#key-1","type"`, `"#key-1","controller":"did:example:1","type"`), "/verificationMethod/0/controller"},
		"method of another DID":         {replace(`"#key-1","type"`, `"did:example:1#key-1","type"`), "/verificationMethod/0/id"},
		"method at a path":              {replace(`"#key-1","type"`, `"/a#key-1","type"`), "/verificationMethod/0/id"},
		"fragment with percent":         {replace(`"#key-1","type"`, `"#key%20","type"`), "/verificationMethod/0/id"},
		"fragment too long":             {replace(`"#key-1","type"`, `"#`+strings.Repeat("a", 129)+`","type"`), "/verificationMethod/0/id"},
		"method with unknown member":    {replace(`"#key-1","type"`, `"#key-1","expires":"2030-01-01T00:00:00Z","type"`), "/verificationMethod/0/expires"},
		"other method type":             {replace(`"type":"Multikey"`, `"type":"Ed25519VerificationKey2020"`), "/verificationMethod/0/type"},
		"unsupported key":               {replace(edKey, "z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc"), "/verificationMethod/0/publicKeyMultibase"},
		"private JWK":                   {replace(`"kty":"OKP"`, `"kty":"OKP","d":"AQ"`), "/verificationMethod/1/publicKeyJwk/d"},
		"JWK with unknown member":       {replace(`"kty":"OKP"`, `"kty":"OKP","x5u":"https://a"`), "/verificationMethod/1/publicKeyJwk/x5u"},
		"JWK member no string":          {replace(`"kty":"OKP"`, `"kty":"OKP","kid":1`), "/verificationMethod/1/publicKeyJwk/kid"},
		"service with unknown member":   {replace(`"type":"Files"`, `"type":"Files","priority":1`), "/service/0/priority"},
		"service without id":            {replace(`"id":"#files",`, ``), "/service/0/id"},
		"service named by another URI":  {replace(`"#files"`, `"https://example.com/files"`), "/service/0/id"},
		"controller no DID":             {replace(`["did:hanse:lubeck:Qm`, `["hanse:lubeck:Qm`), "/controller/0"},
		"homoglyph":                     {replace(`example.com`, `ex\u0430mple.com`), "/service/0/serviceEndpoint"},
		"NFD in an endpoint map":        {replace(`"https://example.com/"`, `{"uri":"cafe\u0301"}`), "/service/0/serviceEndpoint/uri"},
		"bidi in a service type":        {replace(`"Files"`, `"Files\u202e"`), "/service/0/type"},
		"NUL in a member name":          {replace(`"https://example.com/"`, `{"a\u0000":1}`), "/service/0/serviceEndpoint"},
		"control character in a string": {replace(`"Files"`, `"Fi\nles"`), "/service/0/type"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := expand(t, tt.text, ledgerDID)
			var typed *did.DocumentError
			if !errors.As(err, &typed) {
				t.Fatalf("got %v, %v", d, err)
			}
			if typed.Pointer != tt.pointer {
				t.Errorf("got %q (%v), want %q", typed.Pointer, err, tt.pointer)
			}
		})
	}
}

func TestExpandWorksOnLargeDocumentsWithinReason(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"service":[`)
	for i := range 10_001 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"#s%d","type":"X","serviceEndpoint":"https://a.example"}`, i)
	}
	b.WriteString(`]}`)
	if _, err := expand(t, b.String(), ledgerDID); err != nil { // the number is a ledger parameter, not syntax
		t.Error(err)
	}
	long := `{"service":[{"id":"#s","type":"X","serviceEndpoint":"https://a.example/` + strings.Repeat("a", 1_000_000) + `"}]}`
	if _, err := expand(t, long, ledgerDID); err != nil {
		t.Error(err)
	}
}

func FuzzExpand(f *testing.F) {
	f.Add([]byte(creation))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := jcs.ParseIntegers(data, jcs.Limits{})
		if err != nil {
			return
		}
		d, err := did.Expand(v, ledgerDID)
		if err != nil {
			if !errors.Is(err, did.ErrInvalidDocument) {
				t.Fatal(err)
			}
			return
		}
		text, err := d.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Validate(); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		again, err := expand(t, string(text), ledgerDID)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if second, err := again.Canonical(); err != nil || string(second) != string(text) {
			t.Fatalf("%s\n%s", text, second)
		}
	})
}

func BenchmarkExpand(b *testing.B) {
	v, err := jcs.ParseIntegers([]byte(creation), jcs.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := did.Expand(v, ledgerDID); err != nil {
			b.Fatal(err)
		}
	}
}
