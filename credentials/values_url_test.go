package credentials

import (
	"net/url"
	"testing"
)

// FuzzURL holds the short way for plain names against the long one.
func FuzzURL(f *testing.F) {
	for _, s := range []string{"did:example:a", "urn:uuid:58172aac", "did:", "did::", "urn:a", "did:a b", "did:a%zz", "https://a.example/ü", "urn:x#%zz", "DID:a", "did:a\x7f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !isURL(s) {
			return
		}
		if u, err := url.Parse(s); err != nil || u.Scheme == "" || len(s) == len(u.Scheme)+1 {
			t.Errorf("%q is taken for a URL: %v", s, err)
		}
	})
}

func TestNamesAreURLs(t *testing.T) {
	for s, want := range map[string]bool{
		"did:example:a": true, "urn:uuid:58172aac-d8ba": true, "did:": false, "urn:": false, "did:x": true, "did": false,
		"did:a b": false, "did:a|b": false, "https://": false, "https://a.example": true, "did:example:ü": true, "urn:x:%41": true,
	} {
		if isURL(s) != want {
			t.Errorf("%q: %t", s, !want)
		}
	}
}
