package api

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/hanse-id/hanse/api/apitest"
	"github.com/hanse-id/hanse/api/auth"
	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/resolve"
)

// degree is the resource that the rights of a registry are about.
const degree = governance.Resource("type:Degree")

// registry is an API over a league of three centers with rights:
//
//	lubeck ─ issue Degree ──────────► university
//	lubeck ─ accredit Degree ───────► agency ─ issue Degree ─► school
//	league ─ verify everything ─────► notary
//	nobody ─────────────────────────► mill
type registry struct {
	*center
	clock                                   *clock
	lubeck, bremen, visby                   ledgertest.Party
	university, agency, school, mill        ledgertest.Party
	notary                                  did.DID
	toUniversity, toAgency, toSchool, toNot op.ID
	began                                   time.Time // before every right
}

func startRegistry(t testing.TB, change ...func(*Options)) *registry {
	t.Helper()
	r := &registry{clock: &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}}
	r.began = r.clock.Now()
	league := ledgertest.New(t, ledgertest.Options{Now: r.clock.Now, Centers: []string{"lubeck", "bremen", "visby"}})
	r.lubeck, r.bremen, r.visby = league.Members[0], league.Members[1], league.Members[2]
	r.center = &center{league: league, keys: auth.NewMemory(nil), log: &lines{}}
	opts := Options{
		League: league.League, PublicURL: "https://center.example", Ledger: league, Keys: r.keys, Now: r.clock.Now,
		Resolver: resolve.NewRouter(map[string]did.Resolver{"hanse": resolve.NewHanse(league.League, league), "key": resolve.Key{}}),
		Limits:   Limits{Rate: -1, KeyRate: -1}, Center: identityOf(r.lubeck),
	}
	for _, f := range change {
		f(&opts)
	}
	server, err := New(opts)
	ok(t, err)
	r.Server = server
	r.client = apitest.New(t, server.Handler())
	t.Cleanup(server.Drain)
	r.accreditAll(t)
	return r
}

// identityOf is a center as an issuer.
func identityOf(p ledgertest.Party) *CenterIdentity {
	return &CenterIdentity{DID: p.DID, Issuer: &credentials.Issuer{DID: p.DID, Method: p.KID().String(), Form: credentials.FormJWT, Signer: p.Signer}}
}

func (r *registry) accreditAll(t testing.TB) {
	t.Helper()
	l := r.league
	r.clock.Advance(time.Hour)
	r.university, r.agency, r.school, r.mill = l.Create(t), l.Create(t), l.Create(t), l.Create(t)
	r.notary = "did:key:z6MkoTHsgNNrby8JzCNQ1iRLyW5QQ6R8Xuu6AA8igGrMVPUM"
	r.toUniversity = l.Accredit(t, r.lubeck, r.university.DID, trust.Issue, degree, nil)
	r.toAgency = l.Accredit(t, r.lubeck, r.agency.DID, trust.Accredit, degree, nil)
	r.toSchool = l.Accredit(t, r.agency, r.school.DID, trust.Issue, degree, map[string]any{"parent": r.toAgency.String()})
	r.toNot = l.Decide(t, "trust.accredit", map[string]any{"subject": string(r.notary), "action": "verify", "resource": "prefix:"}).ID
	r.clock.Advance(time.Hour)
	l.Block(t)
}

// published reads a schema that a specification published: a file of testdata, and a member of it ("" for the whole).
func published(t testing.TB, file, member string) *openapi3.Schema {
	t.Helper()
	data, err := os.ReadFile("testdata/" + file)
	ok(t, err)
	if member != "" {
		var members map[string]json.RawMessage
		ok(t, json.Unmarshal(data, &members))
		data = members[member]
	}
	var schema openapi3.Schema
	ok(t, json.Unmarshal(data, &schema))
	return &schema
}

// conforms fails the test unless a JSON text is what a published schema says.
func conforms(t testing.TB, schema *openapi3.Schema, text []byte) {
	t.Helper()
	var value any
	ok(t, json.Unmarshal(text, &value))
	if err := schema.VisitJSON(value, openapi3.MultiErrors(), openapi3.EnableFormatValidation()); err != nil {
		t.Errorf("not what the specification publishes: %v\n%s", err, text)
	}
}

// foreign is a client of a third party: it knows a base URL and published schemas, and nothing of this project.
type foreign struct {
	base string
	http http.Client
}

func (f *foreign) call(t testing.TB, method, url, body string) (status int, media string, text []byte) {
	t.Helper()
	if strings.HasPrefix(url, "/") {
		url = f.base + url
	}
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	ok(t, err)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := f.http.Do(r)
	ok(t, err)
	defer answer.Body.Close()
	text, err = io.ReadAll(answer.Body)
	ok(t, err)
	return answer.StatusCode, answer.Header.Get("Content-Type"), text
}
