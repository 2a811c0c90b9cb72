package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hanse-id/hanse/api/cache"
	"github.com/hanse-id/hanse/api/cache/redistest"
	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/credentials/jose"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

func newPresenter(t *testing.T, form credentials.Form) *credentials.Presenter {
	t.Helper()
	signer := ledgertest.NewSigner(t, keyFor(form))
	public := signer.Public()
	return &credentials.Presenter{DID: did.DID(public.DIDKey()), Method: public.DIDKeyURL(), Form: form, Signer: signer}
}

func keyFor(form credentials.Form) keys.Algorithm {
	if strings.HasPrefix(string(form), "ecdsa-") {
		return keys.ES256
	}
	return keys.EdDSA
}

// present makes a presentation of verifiable credentials as the API gives them.
func present(t *testing.T, p *credentials.Presenter, o credentials.PresentOptions, list ...any) any {
	t.Helper()
	for _, credential := range list {
		data, err := json.Marshal(credential)
		ok(t, err)
		o.Credentials = append(o.Credentials, data)
	}
	secured, err := p.Present(t.Context(), o)
	ok(t, err)
	return decoded(t, secured.Body)
}

func decoded(t *testing.T, data []byte) any {
	t.Helper()
	var v any
	ok(t, json.Unmarshal(data, &v))
	return v
}

func (c *issuingCenter) challenge(t *testing.T, path string) string {
	t.Helper()
	answer := c.client.Post(t, path, nil).Want(t, 200)
	if answer.Header.Get("Cache-Control") != cacheNever {
		t.Errorf("cache control %q", answer.Header.Get("Cache-Control"))
	}
	challenge, _ := answer.JSON(t)["challenge"].(string)
	if len(challenge) < 32 {
		t.Fatalf("challenge %q", challenge)
	}
	return challenge
}

func (c *issuingCenter) verifyVP(t *testing.T, presentation any, options map[string]any) map[string]any {
	t.Helper()
	body := map[string]any{"verifiablePresentation": presentation}
	if options != nil {
		body["options"] = options
	}
	return c.client.Post(t, "/presentations/verify", body).Want(t, 200).JSON(t)
}

func TestAPresentationAnswersAChallengeOnce(t *testing.T) {
	c := startIssuing(t)
	credentialsOfBoth := []any{c.issue(t, "demo", ""), c.issue(t, "eddsa-jcs-2022", "")}
	for _, form := range credentials.PresentationForms() {
		p, challenge := newPresenter(t, form), c.challenge(t, "/challenges")
		vp := present(t, p, credentials.PresentOptions{Challenge: challenge, Domain: "https://verifier.example"}, credentialsOfBoth...)
		options := map[string]any{
			"challenge": challenge, "domain": "https://verifier.example", "returnPresentation": true, "returnResults": true,
			"returnProblemDetails": true, "report": "full",
		}
		wrong := map[string]any{"challenge": challenge, "domain": "https://other.example"}
		if got := c.verifyVP(t, vp, wrong); got["verified"] != false {
			t.Fatalf("%s: verified for another domain", form)
		}
		first := c.verifyVP(t, vp, options) // what was refused did not use the challenge up
		if first["verified"] != true {
			t.Fatalf("%s: %v", form, first)
		}
		results := first["results"].(map[string]any)
		inside := results["credentials"].([]any)
		report := first["report"].(map[string]any)
		if len(inside) != 2 || inside[0].(map[string]any)["verified"] != true || first["verifiablePresentation"] == nil ||
			report["holder"] != p.DID.String() || report["form"] != string(form) {
			t.Errorf("%s: %v", form, first)
		}
		asked := results["presentation"].(map[string]any)
		if asked["challenge"].(map[string]any)["verified"] != true || asked["domain"].(map[string]any)["verified"] != true {
			t.Errorf("%s: %v", form, asked)
		}
		second := c.verifyVP(t, vp, options)
		if second["verified"] != false || !strings.Contains(written(t, second["problemDetails"]), "is not one of this center's, or was used, or is older than 5 minutes") {
			t.Errorf("%s: a challenge was used twice: %v", form, second)
		}
	}
}

func written(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	ok(t, err)
	return string(data)
}

func TestOfManyPresentationsForOneChallengeOneIsAccepted(t *testing.T) {
	server := redistest.Start(t)
	withRedis := func(o *Options) {
		l2, err := cache.NewRedis(server.URL())
		ok(t, err)
		o.Cache, err = cache.New(cache.Options{L2: l2, Key: make([]byte, 32), Namespace: "test", L2Timeout: 10 * time.Second})
		ok(t, err)
		t.Cleanup(func() { _ = o.Cache.Close() })
	}
	first, second := startIssuing(t, withRedis), startIssuing(t, withRedis) // replicas, as far as challenges go
	for name, centers := range map[string][2]*issuingCenter{"in process": {startIssuing(t)}, "over Redis": {first, second}} {
		if centers[1] == nil {
			centers[1] = centers[0]
		}
		p, challenge := newPresenter(t, credentials.FormVPJWT), centers[0].challenge(t, "/challenges")
		vp := present(t, p, credentials.PresentOptions{Challenge: challenge})
		var accepted atomic.Int32
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				if centers[i%2].verifyVP(t, vp, map[string]any{"challenge": challenge})["verified"] == true {
					accepted.Add(1)
				}
			})
		}
		all.Wait()
		if n := accepted.Load(); n != 1 {
			t.Errorf("%s: %d presentations were accepted", name, n)
		}
	}
}

func TestAChallengeWhoseStoreIsSilentIsNotAccepted(t *testing.T) {
	server := redistest.Start(t)
	c := startIssuing(t, func(o *Options) {
		l2, err := cache.NewRedis(server.URL())
		ok(t, err)
		o.Cache, err = cache.New(cache.Options{L2: l2, Key: make([]byte, 32), Namespace: "test"})
		ok(t, err)
		t.Cleanup(func() { _ = o.Cache.Close() })
	})
	challenge := c.challenge(t, "/challenges")
	vp := present(t, newPresenter(t, credentials.FormVPJWT), credentials.PresentOptions{Challenge: challenge})
	server.Kill()
	c.client.Post(t, "/challenges", nil).Want(t, 503)
	c.client.Post(t, "/presentations/verify", map[string]any{"verifiablePresentation": vp, "options": map[string]any{"challenge": challenge}}).Want(t, 503)
}

func TestOnlyOurChallengesAreCounted(t *testing.T) {
	c := startIssuing(t)
	p := newPresenter(t, credentials.FormEdDSAJCS)
	for challenge, want := range map[string]bool{"its-own-1": true, challengePrefix + "invented": false} {
		vp := present(t, p, credentials.PresentOptions{Challenge: challenge})
		for range 2 {
			if got := c.verifyVP(t, vp, map[string]any{"challenge": challenge}); got["verified"] != want {
				t.Errorf("%s: %v", challenge, got)
			}
		}
	}
}

func TestAnUnsignedPresentationIsVerifiedUnlessAChallengeIsAsked(t *testing.T) {
	c := startIssuing(t)
	vp := map[string]any{
		"@context": []any{"https://www.w3.org/ns/credentials/v2"}, "type": []any{"VerifiablePresentation"}, "verifiableCredential": []any{c.issue(t, "demo", "")},
	}
	if got := c.verifyVP(t, vp, map[string]any{"returnResults": true}); got["verified"] != true {
		t.Errorf("result %v", got)
	}
	for _, member := range []string{"challenge", "domain"} {
		if got := c.verifyVP(t, vp, map[string]any{member: "x"}); got["verified"] != false {
			t.Errorf("%s: %v", member, got)
		}
	}
	vp["verifiableCredential"] = []any{c.diploma("demo", "")}
	if got := c.verifyVP(t, vp, nil); got["verified"] != false {
		t.Errorf("an unsecured credential inside: %v", got)
	}
}

func TestARevokedCredentialInsideIsNamed(t *testing.T) {
	c := startIssuing(t)
	good, bad := c.issue(t, "demo", "urn:uuid:good"), c.issue(t, "demo", "urn:uuid:bad")
	c.setStatus(t, "urn:uuid:bad", "revocation", true).Want(t, 200)
	vp := present(t, newPresenter(t, credentials.FormVPJWT), credentials.PresentOptions{}, good, bad)
	got := c.verifyVP(t, vp, map[string]any{"returnProblemDetails": true})
	if got["verified"] != false || !strings.Contains(written(t, got["problemDetails"]), "/verifiableCredential/1/credentialStatus") {
		t.Errorf("result %v", got)
	}
	proofOnly := c.verifyVP(t, vp, map[string]any{"checks": []any{"proof"}})
	if proofOnly["verified"] != true {
		t.Errorf("proof only: %v", proofOnly)
	}
}

func TestAPolicyAsksForTheHolder(t *testing.T) {
	c := startIssuing(t)
	p := newPresenter(t, credentials.FormVPJWT)
	issue := func(subject string) any {
		diploma := c.diploma("demo", "")
		diploma["credentialSubject"] = map[string]any{"id": subject}
		return c.call(t, "POST", "/issuers/demo/credentials/issue", map[string]any{"credential": diploma}).Want(t, 201).JSON(t)["verifiableCredential"]
	}
	policy := map[string]any{"policy": map[string]any{"requireHolderBinding": true}}
	for subject, want := range map[string]bool{p.DID.String(): true, "did:example:ada": false} {
		vp := present(t, p, credentials.PresentOptions{}, issue(subject))
		if got := c.verifyVP(t, vp, policy); got["verified"] != want {
			t.Errorf("%s with the policy: %v", subject, got)
		}
		if got := c.verifyVP(t, vp, nil); got["verified"] != true {
			t.Errorf("%s without: %v", subject, got)
		}
	}
}

func TestRequestsAboutPresentationsAreReadStrictly(t *testing.T) {
	c := startIssuing(t)
	vp := present(t, newPresenter(t, credentials.FormVPJWT), credentials.PresentOptions{})
	for name, body := range map[string]any{
		"no presentation": map[string]any{}, "a number": map[string]any{"verifiablePresentation": 1},
		"another member":    map[string]any{"verifiablePresentation": vp, "verifiableCredential": vp},
		"an unknown option": map[string]any{"verifiablePresentation": vp, "options": map[string]any{"chalenge": "x"}},
		"an empty one":      map[string]any{"verifiablePresentation": vp, "options": map[string]any{"challenge": ""}},
		"a list of domains": map[string]any{"verifiablePresentation": vp, "options": map[string]any{"domain": []any{"x"}}},
		"a media type":      map[string]any{"verifiablePresentation": vp, "options": map[string]any{"mediaType": "application/vp+jwt"}},
		"a time to come":    map[string]any{"verifiablePresentation": vp, "options": map[string]any{"at": "2999-01-01T00:00:00Z"}},
	} {
		if answer := c.client.Post(t, "/presentations/verify", body); answer.Status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, answer.Status, answer.Body)
		}
	}
	unknown := c.client.Post(t, "/presentations/verify", map[string]any{"verifiablePresentation": vp, "options": map[string]any{"x": 1}}).Want(t, 400).JSON(t)
	if unknown["type"] != problemUnknownOption {
		t.Errorf("type %v", unknown["type"])
	}
}

func TestTheOlderDialectOfPresentations(t *testing.T) {
	c := startIssuing(t)
	challenge := c.challenge(t, "/vc-api/challenges")
	vp := present(t, newPresenter(t, credentials.FormEdDSARDFC), credentials.PresentOptions{Challenge: challenge}, c.issue(t, "demo", ""))
	post := func(options map[string]any, status int) map[string]any {
		t.Helper()
		return c.client.Post(t, "/vc-api/presentations/verify", map[string]any{"verifiablePresentation": vp, "options": options}).Want(t, status).JSON(t)
	}
	for name, options := range map[string]map[string]any{
		"another challenge": {"challenge": "x"}, "a domain": {"domain": "x"}, "another purpose": {"expectedProofPurpose": "assertionMethod"},
		"another type": {"type": "Ed25519Signature2020"},
	} {
		if got := post(options, 400); got["verified"] != false || got["errors"] == nil || got["problemDetails"] == nil {
			t.Errorf("%s: %v", name, got)
		}
	}
	options := map[string]any{"challenge": challenge, "expectedProofPurpose": "authentication", "type": "DataIntegrityProof", "created": "2026-01-01T00:00:00Z", "nonsense": 1}
	good := post(options, 200)
	if good["verified"] != true || !contains(good["checks"], "proof") || !contains(good["warnings"], "ignored: /options/nonsense") {
		t.Errorf("result %v", good)
	}
	post(options, 400) // once
}

func TestALegacyPresentationIsReadWhereItsMediaTypeIsNamed(t *testing.T) {
	c := startIssuing(t)
	p := newPresenter(t, credentials.FormVPJWT)
	token := legacyToken(t, p, map[string]any{
		"iss": p.DID.String(), "nonce": "n",
		"vp": map[string]any{"@context": []any{"https://www.w3.org/2018/credentials/v1"}, "type": []any{"VerifiablePresentation"}},
	})
	if got := c.verifyVP(t, token, map[string]any{"challenge": "n"}); got["verified"] != false {
		t.Errorf("unnamed: %v", got)
	}
	if got := c.verifyVP(t, token, map[string]any{"challenge": "n", "mediaType": "application/jwt", "returnResults": true}); got["verified"] != true {
		t.Errorf("named: %v", got)
	}
}

func legacyToken(t *testing.T, p *credentials.Presenter, payload map[string]any) string {
	t.Helper()
	compact, err := jose.Sign(t.Context(), payload, p.Signer, jose.SignOptions{Type: "JWT", KeyID: p.Method})
	ok(t, err)
	return compact
}
