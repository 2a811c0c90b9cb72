package api

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

func TestAnAccreditationIsShownWithWhatStandsAboveIt(t *testing.T) {
	d := startDiet(t, ledgertest.Options{})
	d.accredit(t)
	granted := d.pass(t, time.Hour)
	right := d.get(t, "/v1/accreditations/"+d.toUniverse.String(), "proof", "true")
	for name, want := range map[string]any{
		"id": d.toUniverse.String(), "authority": string(d.ministry.DID), "subject": string(d.university.DID), "action": "issue",
		"resource": "type:Diploma", "parent": d.toMinistry.String(), "state": "active", "held": true, "level": 2.0,
		"validFrom": instant(granted.Add(-time.Hour)), "validUntil": nil, "why": nil,
	} {
		if right[name] != want {
			t.Errorf("%s is %v, want %v", name, right[name], want)
		}
	}
	record, err := trust.Decode(proved(t, right, trust.Key(d.toUniverse)))
	if err != nil || record.Subject != d.university.DID {
		t.Errorf("proved record %+v, %v", record, err)
	}
	above := right["path"].([]any)
	first, last := above[0].(map[string]any), above[len(above)-1].(map[string]any)
	if len(above) != 2 || first["id"] != d.toMinistry.String() || first["authorityName"] != "aachen" ||
		last["id"] != nil || last["authority"] != "urn:hanse:league:test" || last["authorityName"] != "test" || last["subjectName"] != "aachen" {
		t.Errorf("path %v", above)
	}

	d.league.Revoke(t, d.aachen, d.toMinistry, trust.Affiliation)
	right = d.get(t, "/v1/accreditations/"+d.toUniverse.String())
	if right["state"] != "active" || right["held"] != false || right["why"] != "accreditationInvalid" {
		t.Errorf("below a revoked accreditation: %v", right)
	}
	parent := d.get(t, "/v1/accreditations/"+d.toMinistry.String())
	change := parent["changes"].([]any)[0].(map[string]any)
	if parent["state"] != "revoked" || parent["given"] != 1.0 || change["state"] != "revoked" || change["reason"] != "affiliationChanged" ||
		change["by"] != string(d.aachen.DID) || change["from"] != instant(d.clock.Now()) {
		t.Errorf("revoked %v", parent)
	}
	if len(parent["path"].([]any)) != 1 {
		t.Errorf("what stands above a revoked accreditation is not hidden: %v", parent["path"])
	}
	d.client.Get(t, "/v1/accreditations/"+op.ID{1}.String()).WantProblem(t, 404, "unknown-accreditation")
	d.client.Get(t, "/v1/accreditations/x").WantProblem(t, 400, "invalid-parameter")
}

func TestAccreditationsAreSelected(t *testing.T) {
	d := startDiet(t, ledgertest.Options{})
	d.accredit(t)
	decided := d.league.Decide(t, "trust.accredit", map[string]any{"subject": string(d.university.DID), "action": "verify", "resource": "prefix:Dip"})
	for name, test := range map[string]struct {
		query []string
		want  []any
	}{
		"all":       {nil, []any{d.toMinistry.String(), d.toUniverse.String(), decided.ID.String()}},
		"subject":   {[]string{"subject", string(d.university.DID)}, []any{d.toUniverse.String(), decided.ID.String()}},
		"authority": {[]string{"authority", string(d.aachen.DID)}, []any{d.toMinistry.String()}},
		"league":    {[]string{"authority", "urn:hanse:league:test"}, []any{decided.ID.String()}},
		"parent":    {[]string{"parent", d.toMinistry.String()}, []any{d.toUniverse.String()}},
		"action":    {[]string{"action", "verify"}, []any{decided.ID.String()}},
		"resource":  {[]string{"resource", "type:Diploma", "action", "issue"}, []any{d.toUniverse.String()}},
		"nobody":    {[]string{"subject", string(d.brugge.DID)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, _ := d.pages(t, target("/v1/accreditations", test.query...), "id")
			sortTexts(got)
			sortTexts(test.want)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func sortTexts(list []any) {
	slices.SortFunc(list, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
}

func TestManyAccreditationsAreReadInPagesAndEachOnce(t *testing.T) {
	d := startDiet(t, ledgertest.Options{})
	want := []any{}
	for i := range 70 {
		subject := did.DID(fmt.Sprintf("did:web:issuer%d.example", i))
		want = append(want, d.league.Accredit(t, d.aachen, subject, trust.Issue, diploma, nil).String())
	}
	sortTexts(want)
	for _, first := range []string{
		"/v1/accreditations?limit=25", target("/v1/accreditations", "authority", string(d.aachen.DID), "limit", "25"),
	} {
		got, pages := d.pages(t, first, "id")
		sortTexts(got)
		if diff := cmp.Diff(want, got); diff != "" || pages != 3 {
			t.Errorf("%s: %d pages %s", first, pages, diff)
		}
	}
	d.client.Get(t, target("/v1/accreditations", "after", op.ID{1}.String())).WantProblem(t, 404, "unknown-accreditation")
}

func TestSchemasAreFoundByTypeAndDigest(t *testing.T) {
	d := startDiet(t, ledgertest.Options{})
	const digest = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
	id := d.league.Act(t, d.aachen, "schema.register", map[string]any{
		"digest": digest, "id": "https://schemas.example/diploma.json", "version": "1.0", "type": "Diploma",
	})
	d.pass(t, time.Minute)
	d.league.Act(t, d.aachen, "schema.status", map[string]any{"digest": digest, "status": "deprecated"})
	schema := d.get(t, "/v1/schemas/sha256-47DEQpj8HBSa%2B%2FTImW%2B5JCeuQeRkm5NMpJWZG3hSuFU%3D", "proof", "true")
	record, err := trust.DecodeSchema(proved(t, schema, trust.SchemaKey(digest)))
	if err != nil || record.Type != "Diploma" {
		t.Errorf("proved record %+v, %v", record, err)
	}
	if schema["digest"] != digest || schema["type"] != "Diploma" || schema["status"] != "deprecated" || schema["operation"] != id.String() ||
		schema["owner"] != string(d.aachen.DID) || len(schema["changes"].([]any)) != 1 {
		t.Errorf("schema %v", schema)
	}
	for path, want := range map[string]int{"/v1/schemas": 1, "/v1/schemas?type=Diploma": 1, "/v1/schemas?type=Licence": 0} {
		if got, _ := d.pages(t, path, "digest"); len(got) != want {
			t.Errorf("%s: %v", path, got)
		}
	}
	d.client.Get(t, "/v1/schemas/sha256-AAAA").WantProblem(t, 404, "unknown-schema")
}

func TestRecognitionsAreListed(t *testing.T) {
	d := startDiet(t, ledgertest.Options{})
	id := d.league.Act(t, d.aachen, "trust.recognise", map[string]any{"of": string(d.brugge.DID), "accepted": false, "resources": []any{"prefix:"}})
	d.league.Decide(t, "trust.recognise", map[string]any{"of": "urn:hanse:league:south", "accepted": true, "resources": []any{"type:Diploma"}})
	all, _ := d.pages(t, "/v1/recognitions?limit=1", "of")
	if len(all) != 2 || !slices.Contains(all, any("urn:hanse:league:south")) {
		t.Errorf("recognitions of %v", all)
	}
	page := d.get(t, "/v1/recognitions", "by", string(d.aachen.DID))["items"].([]any)
	want := map[string]any{
		"by": string(d.aachen.DID), "byName": "aachen", "of": string(d.brugge.DID), "ofName": "brugge", "accepted": false,
		"resources": []any{"prefix:"}, "since": instant(d.clock.Now()), "operation": id.String(),
	}
	got := page[0].(map[string]any)
	delete(got, "height")
	if diff := cmp.Diff(want, got); diff != "" || len(page) != 1 {
		t.Error(diff)
	}
}

func TestAPendingRecoveryIsPublic(t *testing.T) {
	d := startDiet(t, ledgertest.Options{})
	guardian := d.league.Create(t)
	person, id := d.recovering(t, guardian)
	recovery := d.get(t, "/v1/dids/"+string(person.DID)+"/recovery", "proof", "true")
	if recovery["did"] != string(person.DID) || recovery["operation"] != id.String() || recovery["by"] != "set" ||
		recovery["started"] != instant(d.clock.Now()) || recovery["due"] != instant(d.clock.Now().Add(48*time.Hour)) {
		t.Errorf("recovery %v", recovery)
	}
	d.client.Get(t, "/v1/dids/"+string(guardian.DID)+"/recovery").WantProblem(t, 404, "not-found")
	d.client.Get(t, "/v1/dids/nobody/recovery").WantProblem(t, 400, "invalid-did")
}

// TestEveryReadOfTheLeague holds what all these reads have in common.
func TestEveryReadOfTheLeague(t *testing.T) {
	d := startDiet(t, ledgertest.Options{})
	d.accredit(t)
	n := d.league.Propose(t, d.aachen, "center.suspend", map[string]any{"center": string(d.brugge.DID)})
	d.league.Act(t, d.aachen, "schema.register", map[string]any{
		"digest": "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "id": "urn:x:y", "version": "1", "type": "Diploma",
	})
	person, _ := d.recovering(t, d.league.Create(t))
	paths := []string{
		"/v1/league", "/v1/params", "/v1/centers", "/v1/centers/aachen", "/v1/proposals", "/v1/proposals/" + strconv.FormatInt(n, 10),
		"/v1/accreditations", "/v1/accreditations/" + d.toMinistry.String(), "/v1/schemas",
		"/v1/schemas/sha256-47DEQpj8HBSa%2B%2FTImW%2B5JCeuQeRkm5NMpJWZG3hSuFU%3D", "/v1/recognitions", "/v1/trust/graph",
		target("/v1/trust/path", "issuer", string(d.university.DID), "type", "Diploma"), "/v1/dids/" + string(person.DID) + "/recovery",
	}
	height := strconv.FormatInt(d.head(t), 10)
	for _, path := range paths {
		t.Run(path, func(t *testing.T) {
			answer := d.client.Get(t, path).Want(t, 200)
			if got := answer.Header.Get("X-Hanse-Height"); got != height {
				t.Errorf("height %q, want %s", got, height)
			}
			if got := answer.Header.Get("Cache-Control"); got != "public, no-cache" {
				t.Errorf("cache control %q", got)
			}
			d.client.With("If-None-Match", answer.Header.Get("Etag")).Get(t, path).Want(t, 304)
			join := "?"
			if strings.Contains(path, "?") {
				join = "&"
			}
			if problem := d.client.Get(t, path+join+"typo=1").WantProblem(t, 400, "invalid-parameter"); problem["parameter"] != "typo" {
				t.Errorf("problem %v", problem)
			}
			if got := d.client.With("Origin", "https://else.example").Get(t, path).Header.Get("Access-Control-Allow-Origin"); got != "*" {
				t.Errorf("pages of other origins may not read it: %q", got)
			}
			d.league.SetDown(true)
			defer d.league.SetDown(false)
			d.client.Get(t, path).WantProblem(t, 503, "unavailable")
		})
	}
}

func (d *diet) head(t *testing.T) int64 {
	t.Helper()
	head, err := d.league.Head(t.Context())
	ok(t, err)
	return head.Height
}

func TestParametersAreReadExactly(t *testing.T) {
	d := startDiet(t, ledgertest.Options{})
	d.accredit(t)
	issuer := string(d.university.DID)
	for path, parameter := range map[string]string{
		"/v1/accreditations?limit=0":                                            "limit",
		"/v1/accreditations?limit=1001":                                         "limit",
		"/v1/accreditations?subject=me":                                         "subject",
		"/v1/accreditations?subject=":                                           "subject",
		"/v1/accreditations?authority=urn:x":                                    "authority",
		"/v1/accreditations?action=teach":                                       "action",
		"/v1/accreditations?resource=Diploma":                                   "resource",
		"/v1/accreditations?after=x":                                            "after",
		"/v1/accreditations?parent=x":                                           "parent",
		"/v1/accreditations?action=issue&action=verify":                         "action",
		"/v1/accreditations/" + d.toMinistry.String() + "?proof=yes":            "proof",
		"/v1/proposals?state=lost":                                              "state",
		"/v1/proposals?before=-1":                                               "before",
		"/v1/centers?all=1":                                                     "all",
		"/v1/recognitions?by=me":                                                "by",
		"/v1/trust/path?type=Diploma":                                           "issuer",
		"/v1/trust/path?issuer=" + issuer:                                       "type",
		"/v1/trust/path?type=A&schema=sha256-B&issuer=" + issuer:                "schema",
		"/v1/trust/path?type=a%20b&issuer=" + issuer:                            "type",
		"/v1/trust/path?type=A&at=2026-05-01T12:00:00%2B01:00&issuer=" + issuer: "at",
		"/v1/trust/path?type=A&at=2026-05-02T12:00:00Z&issuer=" + issuer:        "at",
		"/v1/trust/path?type=A&at=1960-05-02T12:00:00Z&issuer=" + issuer:        "at",
		"/v1/trust/path?type=A&center=emden&issuer=" + issuer:                   "center",
		"/v1/trust/path?type=A&maxDepth=-1&issuer=" + issuer:                    "maxDepth",
		"/v1/trust/path?type=A&action=own&issuer=" + issuer:                     "action",
		"/v1/trust/graph?root=emden":                                            "root",
		"/v1/trust/graph?after=" + op.ID{7}.String():                            "after",
	} {
		if problem := d.client.Get(t, path).WantProblem(t, 400, "invalid-parameter"); problem["parameter"] != parameter {
			t.Errorf("%s: %v", path, problem)
		}
	}
	d.client.Get(t, "/v1/trust/path?type=A&jurisdiction=Hanse&issuer="+issuer).WantProblem(t, 400, "malformed")
}

// recovering makes a person whose guardian has started a recovery.
func (d *diet) recovering(t *testing.T, guardian ledgertest.Party) (ledgertest.Party, op.ID) {
	t.Helper()
	person, body := d.guarded(t, guardian.DID)
	d.league.Commit(t, d.league.Sign(t, person, "did.create", body))
	version, err := d.league.DID(t.Context(), person.DID, did.At{})
	ok(t, err)
	next := ledgertest.NewSigner(t, keys.EdDSA)
	start := map[string]any{"prev": version.VersionID, "document": ledgertest.Document(next.Public())}
	return person, d.league.Commit(t, d.league.SignAs(t, person.DID, guardian, "did.recover", start))
}

// guarded is the creation of a DID with a recovery set of one.
func (d *diet) guarded(t *testing.T, guardian did.DID) (ledgertest.Party, map[string]any) {
	t.Helper()
	signer := ledgertest.NewSigner(t, keys.EdDSA)
	body := ledgertest.CreateBody(ledgertest.Document(signer.Public()))
	body["recovery"] = map[string]any{"set": []any{string(guardian)}, "threshold": int64(1), "delay": int64(48 * 3600)}
	id, err := op.CreatedDID(d.league.League, body)
	ok(t, err)
	return ledgertest.Party{DID: id, Signer: signer}, body
}
