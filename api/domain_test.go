package api

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/fetch"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

const didConfiguration = "/.well-known/did-configuration.json"

func TestTheDIDConfigurationIsWhatTheSpecificationPublishes(t *testing.T) {
	r := startRegistry(t)
	answer := r.client.Get(t, didConfiguration).Want(t, 200)
	conforms(t, published(t, "domain/resource.json", "resource"), answer.Body)
	if got := answer.Header.Get("Cache-Control"); got != "public, max-age=3600" {
		t.Errorf("Cache-Control %q", got)
	}
	if got := r.client.With("If-None-Match", answer.Header.Get("ETag")).Get(t, didConfiguration); got.Status != 304 {
		t.Errorf("status %d for the same resource, want 304", got.Status)
	}
	parts := strings.Split(answer.JSON(t)["linked_dids"].([]any)[0].(string), ".")
	for i, member := range []string{"header", "payload"} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		ok(t, err)
		conforms(t, published(t, "domain/resource.json", member), text)
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	ok(t, err)
	var payload struct {
		Iss, Sub string
		Nbf, Exp int64
		VC       struct {
			Issuer            string
			CredentialSubject struct{ ID, Origin string }
		}
	}
	ok(t, json.Unmarshal(text, &payload))
	id := string(r.lubeck.DID)
	if payload.Iss != id || payload.Sub != id || payload.VC.Issuer != id || payload.VC.CredentialSubject.ID != id {
		t.Errorf("payload %+v is not all of %s", payload, id)
	}
	if payload.VC.CredentialSubject.Origin != "https://center.example" {
		t.Errorf("origin %q", payload.VC.CredentialSubject.Origin)
	}
	now := r.clock.Now().Unix()
	if payload.Nbf > now || payload.Exp-now < int64(domainPeriod/time.Second) {
		t.Errorf("valid from %d to %d, now %d: less than two weeks left", payload.Nbf, payload.Exp, now)
	}
}

// fixed is a Fetcher of one body.
type fixed struct{ body []byte }

func (f fixed) Get(_ context.Context, url, _ string) (*fetch.Response, error) {
	return &fetch.Response{URL: url, Status: 200, Body: f.body}, nil
}

func TestAVerifierTakesTheOriginForTheCenters(t *testing.T) {
	r := startRegistry(t)
	body := r.client.Get(t, didConfiguration).Want(t, 200).Body
	domains := &credentials.Domains{Resolver: r.opts.Resolver, Now: r.clock.Now, Fetch: fixed{body}}
	origin, err := credentials.ParseOrigin("https://center.example")
	ok(t, err)
	for issuer, want := range map[did.DID]bool{r.lubeck.DID: true, r.bremen.DID: false} {
		result, err := domains.Linked(t.Context(), credentials.DomainQuery{Issuer: issuer, Origin: origin})
		ok(t, err)
		if result.Linked != want {
			t.Errorf("%s: linked %v (%s), want %v", issuer, result.Linked, result.Detail, want)
		}
	}
}

func TestTheDIDConfigurationIsSignedAnewInTimeAndAlikeByEveryReplica(t *testing.T) {
	r := startRegistry(t)
	first := r.client.Get(t, didConfiguration).Want(t, 200).Body
	if other, err := (&domainLinkage{server: r.Server}).at(t.Context(), r.clock.Now().Add(time.Second)); err != nil || !bytes.Equal(other, first) {
		t.Errorf("another replica serves other bytes (%v)", err)
	}
	r.clock.Advance(domainPeriod)
	if next := r.client.Get(t, didConfiguration).Want(t, 200).Body; bytes.Equal(next, first) {
		t.Error("not signed anew")
	}
}

// failing is a signer whose keys are out of reach until it is mended.
type failing struct {
	keystore.Signer
	broken bool
}

func (f *failing) Sign(ctx context.Context, data []byte) ([]byte, error) {
	if f.broken {
		return nil, errors.New("no route to the keys")
	}
	return f.Signer.Sign(ctx, data)
}

func (f *failing) Public() keys.Public { return f.Signer.Public() }

func TestAKeyOutOfReachIsAnOutageAndNoMore(t *testing.T) {
	var signer *failing
	r := startRegistry(t, func(o *Options) {
		issuer := *o.Center.Issuer
		signer = &failing{Signer: issuer.Signer, broken: true}
		issuer.Signer = signer
		o.Center = &CenterIdentity{DID: o.Center.DID, Issuer: &issuer}
	})
	copied := "/v1/accreditations/" + r.toUniversity.String() + "/credential"
	for _, target := range []string{didConfiguration, copied, tirBase + attributeOf(r.university.DID, r.toUniversity)} {
		r.client.Get(t, target).WantProblem(t, 503, "unavailable")
	}
	signer.broken = false
	for _, target := range []string{didConfiguration, copied} {
		r.client.Get(t, target).Want(t, 200)
	}
}

func TestOnlyTheOriginOfThePublicURLIsLinked(t *testing.T) {
	for text, want := range map[string]string{
		"https://center.example":           "https://center.example",
		"https://Center.example:443/hanse": "https://center.example",
		"https://center.example:8443/x/y":  "https://center.example:8443",
		"http://127.0.0.1:8080":            "http://127.0.0.1:8080",
	} {
		if got, err := originOfURL(text); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v; want %q", text, got, err, want)
		}
	}
	r := startRegistry(t, func(o *Options) { o.PublicURL = "http://center.example" })
	r.client.Get(t, didConfiguration).WantProblem(t, 404, "not-found")
}
