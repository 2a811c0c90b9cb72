package api

import (
	"strings"
	"testing"
	"time"

	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/credentials/statuslist"
)

// listOf returns the path of an issuer's revocation list, making it.
func (c *issuingCenter) listOf(t *testing.T, issuer string) string {
	t.Helper()
	made := c.call(t, "POST", "/status-lists", map[string]any{"issuer": issuer, "statusPurpose": "revocation"})
	if made.Header.Get("Location") != made.JSON(t)["id"] {
		t.Fatalf("Location %q, body %s", made.Header.Get("Location"), made.Body)
	}
	return strings.TrimPrefix(made.Header.Get("Location"), "https://center.example")
}

func TestAStatusListIsNegotiated(t *testing.T) {
	c := startIssuing(t)
	jwt, di := c.listOf(t, "demo"), c.listOf(t, "eddsa-jcs-2022")
	for _, test := range []struct {
		path, accept string
		status       int
		media        string
	}{
		{jwt, "", 200, "application/vc"},
		{jwt, "*/*", 200, "application/vc"},
		{jwt, "application/json", 200, "application/json"},
		{jwt, "application/ld+json, application/json", 200, "application/ld+json"},
		{jwt, "application/vc+jwt", 200, "application/vc+jwt"},
		{jwt, "application/vc+jwt;q=0.5, application/json", 200, "application/json"},
		{jwt, "text/html, */*;q=0.1", 200, "application/vc"},
		{jwt, "application/statuslist+jwt", 200, "application/statuslist+jwt"},
		{jwt, "application/statuslist+cwt", 200, "application/statuslist+cwt"},
		{jwt, "application/statuslist+jwt, */*;q=0.1", 200, "application/statuslist+jwt"},
		{jwt, "application/statuslist+cwt;q=0.1, application/vc", 200, "application/vc"},
		{jwt, "application/vc+cose", 406, mediaProblem},
		{jwt, "application/vc+cose, application/json;q=0.1", 200, "application/json"},
		{di, "application/statuslist+jwt", 200, "application/statuslist+jwt"},
		{di, "application/vc+jwt, application/statuslist+cwt;q=0.5", 200, "application/statuslist+cwt"},
		{di, "application/vc", 200, "application/vc"},
		{di, "application/vc+jwt", 406, mediaProblem},
		{di, "text/html", 406, mediaProblem},
	} {
		answer := c.client.With("Accept", test.accept).Get(t, test.path).Want(t, test.status)
		if got := answer.Header.Get("Content-Type"); got != test.media {
			t.Errorf("Accept %q gives %q, want %q", test.accept, got, test.media)
		}
		if !strings.Contains(strings.Join(answer.Header.Values("Vary"), ","), "Accept") {
			t.Errorf("Accept %q: no Vary: Accept", test.accept)
		}
	}
	enveloped := c.client.With("Accept", "application/json").Get(t, jwt).JSON(t)
	compact := string(c.client.With("Accept", "application/vc+jwt").Get(t, jwt).Body)
	if enveloped["type"] != "EnvelopedVerifiableCredential" || enveloped["id"] != "data:application/vc+jwt,"+compact {
		t.Errorf("envelope %v", enveloped)
	}
}

func TestAStatusListIsACredentialThatVerifiesAndIsCached(t *testing.T) {
	c := startIssuing(t)
	for _, issuer := range []string{"demo", "eddsa-jcs-2022"} {
		path := c.listOf(t, issuer)
		answer := c.client.Get(t, path).Want(t, 200)
		if answer.Header.Get("Cache-Control") != "public, max-age=60" || answer.Header.Get("X-Hanse-Height") == "" {
			t.Errorf("headers %v", answer.Header)
		}
		report, credential, err := c.opts.Verifier.Verify(t.Context(), answer.Body, credentials.VerifyOptions{})
		ok(t, err)
		if report.Decision != credentials.Accept {
			t.Fatalf("report %+v", report)
		}
		list, err := statuslist.Open(credential, statuslist.Want{URL: "https://center.example" + path, Purpose: "revocation", Issuer: string(c.issuers[issuer]), Size: 1})
		ok(t, err)
		if list.TTL != time.Minute {
			t.Errorf("ttl %v", list.TTL)
		}
		c.client.With("If-None-Match", answer.Header.Get("ETag")).Get(t, path).Want(t, 304)
	}
}

func TestAStatusListThatIsNotThere(t *testing.T) {
	c := startIssuing(t)
	for _, id := range []string{"x", op.ID{}.String(), strings.Repeat("A", 42) + "B", "..%2F..%2Fetc", strings.Repeat("A", 100_000)[:6000]} {
		c.client.Get(t, "/status-lists/"+id).WantProblem(t, 404, "not-found")
	}
	path := c.listOf(t, "demo")
	c.client.Get(t, path+"?timestamp=yesterday").WantProblem(t, 400, "invalid-parameter")
	c.client.Get(t, path+"?timestamp=").WantProblem(t, 400, "invalid-parameter")
	c.client.Get(t, path+"?timestamp=2999-01-01T00:00:00Z").WantProblem(t, 400, "invalid-request")
	c.client.Get(t, path+"?timestamp=2001-01-01T00:00:00Z").WantProblem(t, 404, "not-found")
	c.client.Get(t, path+"?time=1").WantProblem(t, 404, "not-found")
	for _, time := range []string{"", "0", "-1", "01", "1e3", "2026-01-01T00:00:00Z", "99999999999999"} {
		c.client.Get(t, path+"?time="+time).WantProblem(t, 400, "invalid-parameter")
	}
	c.client.Get(t, path+"?time=1&timestamp=2001-01-01T00:00:00Z").WantProblem(t, 400, "invalid-parameter")
	c.client.Get(t, path+"?credential=1").WantProblem(t, 400, "invalid-parameter")
}

func TestAListOfAnotherCenterRedirectsHome(t *testing.T) {
	c := startIssuing(t)
	path := c.listOf(t, "demo")
	other := &issuingCenter{issuers: c.issuers}
	other.center = startCenter(t, func(o *Options) {
		o.Ledger = c.league
		o.Issuance = c.foreign(t)
	})
	answer := other.client.Get(t, path+"?timestamp=2026-01-01T00:00:00Z").Want(t, 307)
	if got := answer.Header.Get("Location"); got != "https://center.example"+path+"?timestamp=2026-01-01T00:00:00Z" {
		t.Errorf("Location %q", got)
	}
	answer = c.client.Get(t, path).Want(t, 200)
	if strings.Contains(string(answer.Body), "other.example") {
		t.Error("the list names another center")
	}
}

func TestMakingAStatusListTwiceMakesOne(t *testing.T) {
	c := startIssuing(t)
	body := map[string]any{"issuer": "demo", "statusPurpose": "suspension"}
	first := c.call(t, "POST", "/status-lists", body).Want(t, 201)
	body["issuer"] = string(c.issuers["demo"])
	second := c.call(t, "POST", "/status-lists", body).Want(t, 200)
	if first.Header.Get("Location") != second.Header.Get("Location") {
		t.Errorf("%q and %q", first.Header.Get("Location"), second.Header.Get("Location"))
	}
	c.call(t, "POST", "/status-lists", map[string]any{"issuer": "demo", "statusPurpose": "message"}).WantProblem(t, 400, "invalid-request")
	c.call(t, "POST", "/status-lists", map[string]any{"issuer": "nobody", "statusPurpose": "revocation"}).WantProblem(t, 404, "unknown-issuer")
	c.call(t, "POST", "/status-lists", map[string]any{"issuer": "demo"}).WantProblem(t, 400, "invalid-member")
	c.call(t, "POST", "/status-lists", map[string]any{"issuer": "demo", "statusPurpose": "revocation", "operators": []string{"me"}}).WantProblem(t, 400, "invalid-member")
}
