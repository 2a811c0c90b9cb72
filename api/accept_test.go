package api

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/did/resolve"
)

func TestQualitiesDecide(t *testing.T) {
	offers := []string{"a/x", "a/y", "b/x", `a/y;profile="p"`}
	for _, test := range []struct {
		accept string
		want   int
	}{
		{"", 0}, {" , ", 0}, {"*/*", 0}, {"a/*", 0}, {"b/*", 2}, {"a/y", 1}, {"A/Y", 1},
		{"a/y, a/x", 1}, {"a/x, a/y", 0}, {"*/*, a/y", 1}, {"a/*, a/y;q=0.9", 0}, {"a/x;q=0, */*", 1}, {"a/*;q=0, */*;q=0.1", 2},
		{`a/y;profile="p"`, 3}, {`a/y;profile="other"`, 1}, {`a/y;profile="p";q=0.5, a/y`, 1}, {`a/y;profile="other", a/y;q=0.2`, 1}, {`b/x;title="a,b", a/x;q=0.1`, 2},
		{"a/x;q=0.001", 0}, {"a/x;q=1.000", 0}, {"a/x;q=0.0001", -1}, {"a/x;q=1.1", -1}, {"a/x;q=-1", -1}, {"a/x;q=", -1}, {"a/x;q=0", -1},
		{"*", -1}, {"*/x", -1}, {"a", -1}, {"a/", -1}, {"/x", -1}, {";;", -1}, {"c/x", -1}, {"text/html", -1},
	} {
		if got := negotiate(parseAccept([]string{test.accept}), offers); got != test.want {
			t.Errorf("Accept %q chooses %d, want %d", test.accept, got, test.want)
		}
	}
	if got := negotiate(parseAccept(nil), offers); got != 0 {
		t.Errorf("no Accept chooses %d, want the default", got)
	}
	if got := negotiate(parseAccept([]string{"c/x", "b/x"}), offers); got != 2 {
		t.Errorf("two Accept headers choose %d, want 2", got)
	}
	if got := len(parseAccept([]string{strings.Repeat("a/x,", 10_000)})); got > maxRanges {
		t.Errorf("%d ranges were kept, want at most %d", got, maxRanges)
	}
}

// FuzzAccept: whatever a client sends, an offer is chosen or none, and the choice does not depend on what else was offered after it at quality 0.
func FuzzAccept(f *testing.F) {
	for _, seed := range []string{"", "*/*", "text/html,*/*;q=0.8", `application/ld+json;profile="a\"b,c"`, "a/b;q=0.5,,;", "\"", "a/b;q=NaN", strings.Repeat("a/b,", 100)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		ranges := parseAccept([]string{header})
		for _, r := range ranges {
			if r.quality < 0 || r.quality > 1000 {
				t.Fatalf("quality %d", r.quality)
			}
		}
		chosen := negotiate(ranges, resolutionOffers)
		if chosen < -1 || chosen >= len(resolutionOffers) {
			t.Fatalf("chose %d", chosen)
		}
		if again := negotiate(parseAccept([]string{header}), resolutionOffers); again != chosen {
			t.Fatalf("chose %d, then %d", chosen, again)
		}
		if len(ranges) == 0 && chosen != -1 {
			t.Fatalf("chose %d for a client that takes nothing", chosen)
		}
	})
}

// FuzzIdentifierPath: no path and query crash resolution, and encoding a DID URL whole never changes what it names.
func FuzzIdentifierPath(f *testing.F) {
	for _, seed := range []string{"did:key:z6Mk", "did%3Akey%3Az?versionId=1", "did:hanse:test:x?service=a&relativeRef=%2F..", "%", "%zz", "did%253Akey", "?", "did:web:a%3A80", "\x00", "//", "did:key:z#a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, target string) {
		r, err := http.NewRequest(http.MethodGet, "http://x"+identifiersPath+target, nil)
		if err != nil {
			return
		}
		c := echo.New().NewContext(r, httptest.NewRecorder())
		url, query := identifierOf(c)
		_, _ = resolve.ParseQuery(query)
		_ = selectsServices(url)
		_ = foreignParameters(url)
		result := resolve.Resolve(t.Context(), resolve.NewRouter(nil), url, resolve.Options{})
		if result.Err() == nil {
			t.Fatalf("%q resolved without any method", url)
		}
		if again, err := http.NewRequest(http.MethodGet, "http://x"+encoded(url), nil); err == nil {
			if got, rest := identifierOf(echo.New().NewContext(again, httptest.NewRecorder())); got != url || rest != "" {
				t.Fatalf("%q, encoded whole, became %q and %q", url, got, rest)
			}
		}
	})
}
