package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/did"
)

func TestCachesAreToldWhatCanChange(t *testing.T) {
	c := startCenter(t)
	p := c.league.Create(t)
	first, err := c.league.DID(t.Context(), p.DID, did.At{})
	if err != nil {
		t.Fatal(err)
	}
	c.league.Update(t, p, ledgertest.Document(p.Signer.Public()))
	id := p.DID.String()
	for target, want := range map[string]string{
		identifier(id): cacheRevalidate,
		identifier(id + "?versionId=" + first.VersionID): cacheImmutable,
		identifier(testKey): cacheRevalidate,
		"/v1/league":        cacheRevalidate,
		"/livez":            cacheNever,
		"/readyz":           cacheNever,
	} {
		if got := c.client.Get(t, target).Want(t, 200).Header.Get("Cache-Control"); got != want {
			t.Errorf("%s: Cache-Control %q, want %q", target, got, want)
		}
	}
}

func TestConditionalRequestsAreAnsweredBy304(t *testing.T) {
	c := startCenter(t)
	p := c.league.Create(t)
	target := identifier(p.DID.String())
	tag := c.client.Get(t, target).Want(t, 200).Header.Get("ETag")
	if tag == "" {
		t.Fatal("no ETag")
	}
	for _, condition := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
		same := c.client.With("If-None-Match", condition).Get(t, target).Want(t, 304)
		if len(same.Body) != 0 || same.Header.Get("ETag") != tag {
			t.Errorf("If-None-Match %s: %d bytes, ETag %q", condition, len(same.Body), same.Header.Get("ETag"))
		}
	}
	c.league.Update(t, p, ledgertest.Document(p.Signer.Public(), service("s", "https://s.example/")))
	changed := c.client.With("If-None-Match", tag).Get(t, target).Want(t, 200)
	if changed.Header.Get("ETag") == tag {
		t.Error("the ETag did not change with the document")
	}
	if head := c.client.Do(t, http.MethodHead, target, nil).Want(t, 200); len(head.Body) != 0 || head.Header.Get("ETag") != changed.Header.Get("ETag") {
		t.Errorf("HEAD: %d bytes, ETag %q", len(head.Body), head.Header.Get("ETag"))
	}
}

// Representations, DIDs that differ in case and spellings of one path must never share an ETag or an answer.
func TestVariantsAreNotConfused(t *testing.T) {
	c := startCenter(t)
	p := c.league.Create(t)
	target := identifier(p.DID.String())
	tags := map[string]string{}
	for _, accept := range resolutionOffers {
		tag := c.client.With("Accept", accept).Get(t, target).Want(t, 200).Header.Get("ETag")
		if other := tags[tag]; other != "" {
			t.Errorf("%s and %s share an ETag", accept, other)
		}
		tags[tag] = accept
		for other := range tags {
			if other != tag {
				c.client.With("Accept", accept).With("If-None-Match", other).Get(t, target).Want(t, 200)
			}
		}
	}
	if a := c.client.Get(t, identifier(strings.ToLower(p.DID.String()))); a.Status == 200 {
		t.Error("a DID in another case resolves")
	}
	if a := c.client.Get(t, target+"/"); a.Status == 200 {
		t.Error("a DID with a trailing slash resolves")
	}
	for _, path := range []string{"/v1/league/", "/V1/league", "//v1/league", "/v1//league", "/livez/", "/openapi.json/"} {
		c.client.Get(t, path).WantProblem(t, 404, "not-found")
	}
}

// Headers that are no part of the cache key must not change what is answered.
func TestUnkeyedHeadersChangeNothing(t *testing.T) {
	c := startCenter(t)
	plain := c.client.Get(t, "/openapi.json").Want(t, 200)
	for name, value := range map[string]string{
		"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher", "Forwarded": "host=evil.example", "X-Original-Url": "/livez",
		"X-Rewrite-Url": "/livez", "X-Http-Method-Override": "DELETE", "Host": "evil.example", "X-Forwarded-Prefix": "/evil",
	} {
		a := c.client.With(name, value).Get(t, "/openapi.json").Want(t, 200)
		if string(a.Body) != string(plain.Body) {
			t.Errorf("%s: %s changes the answer", name, value)
		}
		landing := c.client.With(name, value).Get(t, "/")
		if strings.Contains(string(landing.Body), "evil") {
			t.Errorf("%s is reflected: %s", name, landing.Body)
		}
	}
}
