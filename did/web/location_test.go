package web_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/fetch"
	"github.com/hanse-id/hanse/did/web"
)

func TestURLs(t *testing.T) {
	for id, want := range map[did.DID]string{ // the first four are the examples of the did:web specification
		"did:web:w3c-ccg.github.io":                "https://w3c-ccg.github.io/.well-known/did.json",
		"did:web:w3c-ccg.github.io:user:alice":     "https://w3c-ccg.github.io/user/alice/did.json",
		"did:web:example.com%3A3000":               "https://example.com:3000/.well-known/did.json",
		"did:web:example.com%3A3000:user:alice":    "https://example.com:3000/user/alice/did.json",
		"did:web:a.example:User:x-y_z.1":           "https://a.example/User/x-y_z.1/did.json",
		"did:web:a.example:b%C3%BC":                "https://a.example/b%C3%BC/did.json",
		"did:web:xn--bcher-kva.example":            "https://xn--bcher-kva.example/.well-known/did.json",
		"did:web:localhost%3A7080:issuers:eddsa.1": "https://localhost:7080/issuers/eddsa.1/did.json", // the guard decides whom to ask
	} {
		got, err := web.URL(id)
		if err != nil || got != want {
			t.Errorf("%s: %s %v", id, got, err)
		}
		back, err := web.DID(strings.TrimSuffix(strings.TrimSuffix(got, "/did.json"), "/.well-known"))
		if err != nil || back != id {
			t.Errorf("%s comes back as %s %v", id, back, err)
		}
	}
}

// invalidDIDs name no host that anybody may be asked for.
var invalidDIDs = []string{
	"did:web:127.0.0.1", "did:web:127.0.0.1%3A8080", "did:web:169.254.169.254", "did:web:10.0.0.1:x", "did:web:9.9.9.9", "did:web:0x7f.1", "did:web:2130706433", "did:web:0177.0.0.1",
	"did:web:127.1", "did:web:%5B%3A%3A1%5D", "did:web:%5B%3A%3Affff%3A10.0.0.1%5D", "did:web:localhost", "did:web:localhost%3A8080", "did:web:localhost.", "did:web:a.example.",
	"did:web:intranet", "did:web:metadata.google.internal", "did:web:printer.local", "did:web:x.localhost", "did:web:a.onion", "did:web:redis%3A6379",
	"did:web:a.example%3A", "did:web:a.example%3A0", "did:web:a.example%3A65536", "did:web:a.example%3A0443", "did:web:a.example%3A443%3A22", "did:web:a.example%3Ahttp",
	"did:web:a.example%3a443", "did:web:user%40a.example", "did:web:user%3Apass%40a.example", "did:web:a.example%2Fx", "did:web:a.example%5Cx", "did:web:a.example%23x", "did:web:a.example%3Fx",
	"did:web:a.example%00", "did:web:a.example%20", "did:web:A.example", "did:web:b%C3%BCcher.example", "did:web:аpple.example", "did:web:a..example", "did:web:-a.example", "did:web:a_b.example",
	"did:web:a.example:..", "did:web:a.example:.:x", "did:web:a.example:x:..:y", "did:web:a.example:%2e%2e", "did:web:a.example:%2E%2E", "did:web:a.example:%252E%252E", "did:web:a.example:%2F..",
	"did:web:a.example:x%2Fy", "did:web:a.example:x%5Cy", "did:web:a.example:x%3Fy", "did:web:a.example:x%23y", "did:web:a.example::x", "did:web:a.example:", "did:web::x", "did:web:",
	"did:web:a.example:%ZZ", "did:web:" + strings.Repeat("a", 64) + ".example",
}

func TestPlacesOfNoDIDAreRefused(t *testing.T) {
	for _, base := range []string{"http://a.example", "https://", "a.example", "https://u@a.example", "https://a.example?x", "https://a.example#x", "https://10.0.0.1", "https://a.example/../x", "https://a.example/a%2Fb",
		"https://a.example/a:b", "https://a.example:/x", "https://a.example/x//y"} {
		if id, err := web.DID(base); err == nil {
			t.Errorf("%s is %s", base, id)
		}
	}
	if _, err := web.DID("https://a.example", "issuers", "a:b/c"); err == nil {
		t.Error("a segment with a delimiter is taken")
	}
	if _, err := web.URL("did:key:" + key); !errors.Is(err, did.ErrMethodNotSupported) {
		t.Error(err)
	}
}

// Whatever is a did:web for us is one URL, of https, whose DID it is.
func FuzzURL(f *testing.F) {
	for _, id := range invalidDIDs {
		f.Add(id)
	}
	f.Add("did:web:example.com%3A3000:user:alice")
	f.Fuzz(func(t *testing.T, text string) {
		id := did.DID(text)
		target, err := web.URL(id)
		if err != nil {
			return
		}
		u, err := fetch.ParseURL(target)
		if err != nil {
			return // the guard asks nobody
		}
		if u.Scheme != "https" || u.User != nil || u.RawQuery != "" || strings.Contains(u.Path, "/../") || strings.Contains(u.Path, "/./") || !strings.HasSuffix(u.Path, "/did.json") {
			t.Fatalf("%s is asked for at %s", id, target)
		}
		back, err := web.DID(strings.TrimSuffix(strings.TrimSuffix(target, "/did.json"), "/.well-known"))
		if err != nil || back != id && !strings.Contains(text, ".well-known") {
			t.Fatalf("%s is %s, which is %s %v", id, target, back, err)
		}
	})
}
