package did_test

import (
	"encoding/json"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/did"
)

// lines reads a fixture file; lines that begin with '#' are comments.
func lines(t testing.TB, path string) []string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSuffix(line, "\n"); !strings.HasPrefix(line, "#") {
			out = append(out, line)
		}
	}
	return out
}

// quoted reads a fixture file of quoted strings.
func quoted(t testing.TB, path string) []string {
	t.Helper()
	out := lines(t, path)
	for i, line := range out {
		s, err := strconv.Unquote(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		out[i] = s
	}
	return out
}

func TestParseAcceptsDIDs(t *testing.T) {
	for _, s := range lines(t, "testdata/did_valid.txt") {
		d, err := did.Parse(s)
		if err != nil || d.String() != s {
			t.Errorf("%s: got %q, %v", s, d, err)
		}
		if got := "did:" + d.Method() + ":" + d.ID(); got != s {
			t.Errorf("%s: got %s", s, got)
		}
	}
}

func TestParseRefusesWhatIsNoDID(t *testing.T) {
	invalid := append(quoted(t, "testdata/did_invalid.txt"), "did:example:"+strings.Repeat("a", 1<<20))
	for _, s := range invalid {
		d, err := did.Parse(s)
		if !errors.Is(err, did.ErrInvalidDID) {
			t.Errorf("%q: got %q, %v", s, d, err)
			continue
		}
		if text := err.Error(); len(text) > 500 || strings.ContainsFunc(text, func(r rune) bool { return r < 0x20 || r > 0x7E && r != '…' }) {
			t.Errorf("%q: unsafe error text %q", s, text)
		}
	}
}

func TestParseURLAcceptsDIDURLs(t *testing.T) {
	for _, s := range lines(t, "testdata/url_valid.txt") {
		u, err := did.ParseURL(s)
		if err != nil || u.String() != s {
			t.Errorf("%s: got %q, %v", s, u, err)
		}
	}
	got, err := did.ParseURL("did:example:123/a/b?c=d?#e/f?g")
	want := did.URL{DID: "did:example:123", Path: "/a/b", Query: "c=d?", Fragment: "e/f?g"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestParseURLRefusesWhatIsNoDIDURL(t *testing.T) {
	invalid := append(quoted(t, "testdata/url_invalid.txt"), "did:example:123?"+strings.Repeat("a", 1<<20))
	for _, s := range invalid {
		if u, err := did.ParseURL(s); !errors.Is(err, did.ErrInvalidURL) {
			t.Errorf("%q: got %q, %v", s, u, err)
		}
	}
}

func TestParseReferenceResolvesRelativeURLs(t *testing.T) {
	const base = did.DID("did:example:123")
	for s, want := range map[string]string{
		"#key-1": "did:example:123#key-1", "/path": "did:example:123/path", "?a=b": "did:example:123?a=b",
		"did:example:456#x": "did:example:456#x",
	} {
		if got, err := did.ParseReference(s, base); err != nil || got.String() != want {
			t.Errorf("%s: got %s, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "key-1", "#", "https://example.com#x", ":x", "#a b"} {
		if got, err := did.ParseReference(s, base); !errors.Is(err, did.ErrInvalidURL) {
			t.Errorf("%s: got %s, %v", s, got, err)
		}
	}
}

func TestTextFormsRoundTripAndAreChecked(t *testing.T) {
	type pair struct {
		DID did.DID
		URL did.URL
	}
	in := pair{"did:example:1", did.URL{DID: "did:example:1", Fragment: "k"}}
	text, err := json.Marshal(in)
	if err != nil || string(text) != `{"DID":"did:example:1","URL":"did:example:1#k"}` {
		t.Fatalf("got %s, %v", text, err)
	}
	var out pair
	if err := json.Unmarshal(text, &out); err != nil || out != in {
		t.Errorf("got %v, %v", out, err)
	}
	for _, bad := range []string{`{"DID":"did:example:%41"}`, `{"URL":"#k"}`} {
		if err := json.Unmarshal([]byte(bad), &out); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

func TestErrorsShowNothingOfADIDJWK(t *testing.T) {
	_, err := did.Parse("did:jwk:eyJkIjoic2VjcmV0In0=")
	if err == nil || strings.Contains(err.Error(), "eyJk") {
		t.Errorf("got %v", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range append(lines(f, "testdata/did_valid.txt"), quoted(f, "testdata/did_invalid.txt")...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := did.Parse(s)
		if err != nil {
			return
		}
		if d.String() != s || "did:"+d.Method()+":"+d.ID() != s {
			t.Fatalf("%q is read as %q", s, d)
		}
		if u, err := did.ParseURL(s); err != nil || u != (did.URL{DID: d}) {
			t.Fatalf("as a URL: %v, %v", u, err)
		}
	})
}

func FuzzParseURL(f *testing.F) {
	for _, s := range append(lines(f, "testdata/url_valid.txt"), quoted(f, "testdata/url_invalid.txt")...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := did.ParseURL(s)
		if err != nil {
			return
		}
		if u.String() != s {
			t.Fatalf("%q is read as %q", s, u)
		}
		if _, err := did.Parse(string(u.DID)); err != nil {
			t.Fatal(err)
		}
	})
}
