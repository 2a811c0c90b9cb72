package api

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
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
		identifier(id + "?versionId=" + first.VersionID): cacheRevalidate,
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

// Whoever kept an old version must learn that its DID was deactivated since.
func TestAKeptVersionDoesNotHideADeactivation(t *testing.T) {
	c := startCenter(t)
	p := c.league.Create(t)
	first, err := c.league.DID(t.Context(), p.DID, did.At{})
	if err != nil {
		t.Fatal(err)
	}
	c.league.Update(t, p, ledgertest.Document(p.Signer.Public()))
	target := identifier(p.DID.String() + "?versionId=" + first.VersionID)
	for _, accept := range []string{mediaResolution, "application/did", mediaDereferencing} {
		kept := c.client.With("Accept", accept).Get(t, target).Want(t, 200)
		if policy := kept.Header.Get("Cache-Control"); policy != cacheRevalidate {
			t.Errorf("%s: a superseded version may be kept unasked: %s", accept, policy)
		}
		c.client.With("Accept", accept).With("If-None-Match", kept.Header.Get("ETag")).Get(t, target).Want(t, 304)
	}
	tag := c.client.Get(t, target).Header.Get("ETag")
	c.league.Deactivate(t, p)
	if gone := c.client.With("If-None-Match", tag).Get(t, target).Want(t, 410); gone.Header.Get("ETag") != "" {
		t.Error("a 410 has an ETag")
	}
}

// What a pool dropped was never consumed: another center may still commit it, so nobody may keep the answer.
func TestOnlyWhatABlockSettledIsKeptForEver(t *testing.T) {
	c := startCenter(t)
	league := &dropping{Ledger: c.league}
	c.opts.Ledger = league
	p := c.league.Create(t)
	version, err := c.league.DID(t.Context(), p.DID, did.At{})
	if err != nil {
		t.Fatal(err)
	}
	_, id, _ := strings.Cut(version.VersionID, "-")
	if got := c.client.Get(t, "/v1/operations/"+id).Want(t, 200).Header.Get("Cache-Control"); got != cacheImmutable {
		t.Errorf("a committed receipt: %q", got)
	}
	league.drops = true
	dropped := c.client.Get(t, "/v1/operations/"+id).Want(t, 200)
	if dropped.Header.Get("Cache-Control") != cacheNever || dropped.Header.Get("ETag") != "" {
		t.Errorf("a dropped operation: %v", dropped.Header)
	}
	c.client.Get(t, "/v1/operations/"+id+"/proof").WantProblem(t, 409, "not-provable")
}

// dropping is a ledger whose pool dropped every operation.
type dropping struct {
	Ledger
	drops bool
}

func (d *dropping) Receipt(ctx context.Context, id op.ID) (app.Receipt, error) {
	if d.drops {
		return app.Receipt{ID: id, State: app.Rejected, Code: exec.CodeNotAuthorised}, nil
	}
	return d.Ledger.Receipt(ctx, id)
}

func TestAbsenceSaysAtWhichHeight(t *testing.T) {
	c := startCenter(t)
	absent := strings.Replace(c.league.Create(t).DID.String(), "test", "other", 1)
	if got := c.client.Get(t, identifier(mustDID(t, c).String())).Want(t, 404).Header.Get(headerHeight); got == "" || got == "0" {
		t.Errorf("%s %q on a DID that does not exist", headerHeight, got)
	}
	c.client.Get(t, identifier(absent)).Want(t, 404)
	if got := c.client.Get(t, identifier(testKey)).Want(t, 200).Header.Get(headerHeight); got != "" {
		t.Errorf("did:key: %s %q, and no ledger was asked", headerHeight, got)
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
	c.client.With("If-None-Match", tag).Post(t, target, map[string]any{}).Want(t, 200) // 304 is for GET and HEAD
	c.league.Update(t, p, ledgertest.Document(p.Signer.Public(), service("s", "https://s.example/")))
	changed := c.client.With("If-None-Match", tag).Get(t, target).Want(t, 200)
	if changed.Header.Get("ETag") == tag {
		t.Error("the ETag did not change with the document")
	}
	if head := c.client.Do(t, http.MethodHead, target, nil).Want(t, 200); len(head.Body) != 0 || head.Header.Get("ETag") != changed.Header.Get("ETag") {
		t.Errorf("HEAD: %d bytes, ETag %q", len(head.Body), head.Header.Get("ETag"))
	}
}

// Reliability table 59. Representations, DIDs that differ in case and spellings of one path must never share an ETag or an answer.
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

// Reliability table 59. Headers that are no part of the cache key must not change what is answered.
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
