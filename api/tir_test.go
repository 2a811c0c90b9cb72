package api

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/did"
)

// tir reads from the facade and holds the answer against a published schema.
func (r *registry) tir(t testing.TB, target, schema string) map[string]any {
	t.Helper()
	answer := r.client.Get(t, tirBase+target).Want(t, 200)
	conforms(t, published(t, "tir/schemas.json", schema), answer.Body)
	return answer.JSON(t)
}

func attributesOf(id did.DID) string { return "/issuers/" + string(id) + "/attributes" }

func attributeOf(id did.DID, accreditation op.ID) string {
	return attributesOf(id) + "/" + hex.EncodeToString(accreditation[:])
}

func (r *registry) issuerType(t testing.TB, id did.DID, accreditation op.ID) any {
	t.Helper()
	return r.tir(t, attributeOf(id, accreditation), "attribute")["attribute"].(map[string]any)["issuerType"]
}

func TestTheHashOfAnAttributeIsMadeAsInThePublishedExample(t *testing.T) {
	hashed := func(t *testing.T, text []byte) {
		t.Helper()
		conforms(t, published(t, "tir/schemas.json", "attribute"), text)
		var v TirAttributeOfView
		ok(t, json.Unmarshal(text, &v))
		digest := sha256.Sum256([]byte(v.Attribute.Body))
		if v.Attribute.Hash != hex.EncodeToString(digest[:]) {
			t.Errorf("hash %s is not that of the body", v.Attribute.Hash)
		}
	}
	example, err := os.ReadFile("testdata/tir/attribute.json")
	ok(t, err)
	hashed(t, example)
	r := startRegistry(t)
	hashed(t, r.client.Get(t, tirBase+attributeOf(r.university.DID, r.toUniversity)).Want(t, 200).Body)
}

func TestTIRListsEveryIssuerOnce(t *testing.T) {
	r := startRegistry(t)
	want := []any{
		r.university.DID.String(), r.agency.DID.String(), r.school.DID.String(), r.notary.String(), // as they were accredited
		r.bremen.DID.String(), r.lubeck.DID.String(), r.visby.DID.String(), // centers by name
	}
	for size := 1; size <= 8; size++ {
		var got []any
		seen := map[string]bool{}
		next := "?page[size]=" + strconv.Itoa(size)
		for !seen[next] {
			seen[next] = true
			page := r.tir(t, "/issuers"+next, "issuers")
			if page["total"] != float64(len(want)) || page["pageSize"] != float64(size) {
				t.Fatalf("total %v, size %v", page["total"], page["pageSize"])
			}
			for _, item := range page["items"].([]any) {
				got = append(got, item.(map[string]any)["did"])
			}
			links := page["links"].(map[string]any)
			if links["next"] == page["self"] || links["last"] == page["self"] {
				break
			}
			_, query, _ := strings.Cut(links["next"].(string), "?")
			next = "?" + query
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("pages of %d (-want +got):\n%s", size, diff)
		}
	}
	r.league.Accredit(t, r.lubeck, r.bremen.DID, trust.Issue, degree, nil) // a center becomes a subject
	if page := r.tir(t, "/issuers", "issuers"); page["total"] != float64(len(want)) {
		t.Errorf("total %v, want %d", page["total"], len(want))
	}
}

func TestTIRPagesAreThoseOfThePublishedExamples(t *testing.T) {
	at := func(p tirPage, total int64) TirPageView[TirIDView] {
		return tirPageOf[TirIDView]("u", "", p, total, nil)
	}
	link := func(n int64) string { return "u?page[after]=" + strconv.FormatInt(n, 10) + "&page[size]=2" }
	for _, c := range []struct {
		number, total    int64
		prev, next, last int64
	}{
		{3, 42, 2, 4, 21}, {1, 15, 1, 2, 8}, {8, 15, 7, 8, 8}, {1, 1, 1, 1, 1}, {1, 0, 1, 1, 1}, {100, 3, 2, 2, 2},
	} {
		got := at(tirPage{c.number, 2}, c.total)
		want := TirPageView[TirIDView]{
			Self: link(c.number), Items: []TirIDView{}, Total: c.total, PageSize: 2,
			Links: TirLinksView{First: link(1), Prev: link(c.prev), Next: link(c.next), Last: link(c.last)},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("page %d of %d (-want +got):\n%s", c.number, c.total, diff)
		}
	}
}

func TestWindowsOfAListAreDisjointAndComplete(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Int(), 0, 30).Draw(t, "list")
		before, size := rapid.Int64Range(0, 20).Draw(t, "before"), rapid.IntRange(1, 10).Draw(t, "size")
		var got []int
		for number := int64(1); number <= 60; number++ {
			p := tirPage{number, size}
			room := size - int(min(max(before-p.first(), 0), int64(size))) // what stands before the list on this page
			got = append(got, window(list, p.first()-before, room)...)
		}
		if !slices.Equal(got, list) {
			t.Fatalf("pages of %d after %d: %v, want %v", size, before, got, list)
		}
	})
}

func TestTIRAttributesSayWhatKindOfIssuerItIs(t *testing.T) {
	r := startRegistry(t)
	league := "urn:hanse:league:test"
	for _, c := range []struct {
		subject                  did.DID
		accreditation            op.ID
		issuerType, tao, rootTao string
	}{
		{r.university.DID, r.toUniversity, "TI", string(r.lubeck.DID), string(r.lubeck.DID)},
		{r.agency.DID, r.toAgency, "TAO", string(r.lubeck.DID), string(r.lubeck.DID)},
		{r.school.DID, r.toSchool, "TI", string(r.agency.DID), string(r.lubeck.DID)},
		{r.notary, r.toNot, "TI", league, league},
	} {
		answer := r.tir(t, attributeOf(c.subject, c.accreditation), "attribute")
		attribute := answer["attribute"].(map[string]any)
		delete(attribute, "body")
		delete(attribute, "hash")
		want := map[string]any{"did": string(c.subject), "attribute": map[string]any{"issuerType": c.issuerType, "tao": c.tao, "rootTao": c.rootTao}}
		if diff := cmp.Diff(want, answer); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	own := r.tir(t, attributesOf(r.lubeck.DID), "attributes")["items"].([]any)
	if len(own) != 1 {
		t.Fatalf("own rights %v, want one", own)
	}
	attribute := r.tir(t, attributesOf(r.lubeck.DID)+"/"+own[0].(map[string]any)["id"].(string), "attribute")["attribute"].(map[string]any)
	if attribute["issuerType"] != "RootTAO" || attribute["tao"] != string(r.lubeck.DID) || attribute["rootTao"] != string(r.lubeck.DID) {
		t.Errorf("own right %v", attribute)
	}
}

func TestTIRSaysRevokedOfEveryRightThatIsNotInForce(t *testing.T) {
	r := startRegistry(t)
	until := r.clock.Now().Add(time.Hour)
	ends := r.league.Accredit(t, r.bremen, r.mill.DID, trust.Issue, degree, map[string]any{"validUntil": until.Unix()})
	if got := r.issuerType(t, r.mill.DID, ends); got != "TI" {
		t.Errorf("while it lasts: %v", got)
	}
	r.clock.Advance(2 * time.Hour)
	if got := r.issuerType(t, r.mill.DID, ends); got != "Revoked" {
		t.Errorf("expired: %v", got)
	}
	r.league.Act(t, r.lubeck, "trust.suspend", map[string]any{"accreditation": r.toAgency.String()})
	for subject, id := range map[did.DID]op.ID{r.agency.DID: r.toAgency, r.school.DID: r.toSchool} {
		if got := r.issuerType(t, subject, id); got != "Revoked" {
			t.Errorf("suspended, or below one: %v", got)
		}
	}
	r.clock.Advance(time.Minute)
	r.league.Act(t, r.lubeck, "trust.reinstate", map[string]any{"accreditation": r.toAgency.String()})
	if got := r.issuerType(t, r.school.DID, r.toSchool); got != "TI" {
		t.Errorf("reinstated above: %v", got)
	}
	r.league.Decide(t, "center.suspend", map[string]any{"center": string(r.lubeck.DID)})
	if got := r.issuerType(t, r.university.DID, r.toUniversity); got != "Revoked" {
		t.Errorf("of a suspended center: %v", got)
	}
}

func TestTIRRevisionsAreTheHistoryOfARight(t *testing.T) {
	r := startRegistry(t)
	suspended := r.league.Act(t, r.lubeck, "trust.suspend", map[string]any{"accreditation": r.toUniversity.String()})
	r.clock.Advance(time.Hour)
	reinstated := r.league.Act(t, r.lubeck, "trust.reinstate", map[string]any{"accreditation": r.toUniversity.String()})
	r.clock.Advance(time.Hour)
	revoked := r.league.Revoke(t, r.lubeck, r.toUniversity, trust.Cessation)
	base := attributeOf(r.university.DID, r.toUniversity) + "/revisions"
	var ids []string
	for _, id := range []op.ID{r.toUniversity, suspended, reinstated, revoked} {
		ids = append(ids, hex.EncodeToString(id[:]))
	}
	var got []string
	for number := 1; number <= 2; number++ {
		page := r.tir(t, base+"?page[size]=3&page[after]="+strconv.Itoa(number), "attributes")
		for _, item := range page["items"].([]any) {
			got = append(got, item.(map[string]any)["id"].(string))
		}
	}
	if diff := cmp.Diff(ids, got); diff != "" {
		t.Errorf("revisions (-want +got):\n%s", diff)
	}
	kinds := []string{"TI", "Revoked", "TI", "Revoked"}
	old := r.tir(t, base+"?version=deprecated", "revisionsDeprecated")
	for i, item := range old["items"].([]any) {
		one := r.tir(t, base+"/0x"+strings.ToUpper(ids[i]), "attribute")["attribute"]
		if diff := cmp.Diff(item, one); diff != "" {
			t.Errorf("revision %d in the two forms (-deprecated +latest):\n%s", i, diff)
		}
		if kind := item.(map[string]any)["issuerType"]; kind != kinds[i] {
			t.Errorf("revision %d is %v, want %s", i, kind, kinds[i])
		}
	}
	if self, _ := old["self"].(string); !strings.HasSuffix(self, "page[size]=10&version=deprecated") {
		t.Errorf("self %q forgets the version", self)
	}
}

func TestTIRErrorsAreThoseOfTheRegistry(t *testing.T) {
	r := startRegistry(t)
	university, mill := "/issuers/"+string(r.university.DID), "/issuers/"+string(r.mill.DID)
	right := "/attributes/" + hex.EncodeToString(r.toUniversity[:])
	other := "/attributes/" + hex.EncodeToString(r.toAgency[:])
	for target, c := range map[string]struct {
		status        int
		title, detail string
	}{
		"/issuers?page[size]=100":                   {400, "Bad Request", `["page[size] must not be greater than 50"]`},
		"/issuers?page[size]=0":                     {400, "Bad Request", `["page[size] must not be less than 1"]`},
		"/issuers?page[after]=0":                    {400, "Bad Request", `["page[after] must not be less than 1"]`},
		"/issuers?page[after]=abc":                  {400, "Bad Request", `["page[after] must be a number conforming to the specified constraints"]`},
		"/issuers?page[after]=99999999999999999999": {400, "Bad Request", `["page[after] must be a number conforming to the specified constraints"]`},
		"/issuers?page[after]=1&page[after]=2":      {400, "Bad Request", `["page[after] must be a number conforming to the specified constraints"]`},
		"/issuers?invalid-query=abc":                {400, "Bad Request", `["property invalid-query should not exist"]`},
		"/issuers/not-a-did":                        {400, "Bad Request", `["did must be a valid DID"]`},
		"/issuers/not-a-did/attributes":             {400, "Bad Request", `["did must be a valid DID"]`},
		"/issuers/not-a-did" + right:                {400, "Bad Request", `["did must be a valid DID"]`},
		university + "?version=oldest":              {400, "Bad Request", `["version must be one of the following values: deprecated, latest"]`},
		mill:                                        {404, "Issuer Not Found", "Issuer " + string(r.mill.DID) + " not found"},
		mill + "/attributes":                        {404, "Issuer Not Found", "Issuer " + string(r.mill.DID) + " not found"},
		mill + right:                                {404, "Issuer Not Found", "Issuer " + string(r.mill.DID) + " not found"},
		university + "/attributes/zz":               {404, "Attribute Not Found", "Attribute zz not found"},
		university + other:                          {404, "Attribute Not Found", "Attribute " + strings.TrimPrefix(other, "/attributes/") + " not found"},
		university + other + "/revisions":           {404, "Attribute Not Found", "Attribute " + strings.TrimPrefix(other, "/attributes/") + " not found"},
		university + right + "/revisions/0x31":      {404, "Revision Not Found", "Revision 0x31 not found"},
	} {
		t.Run(target, func(t *testing.T) {
			answer := r.client.Get(t, tirBase+target)
			problem := answer.WantProblem(t, c.status, "about:blank")
			conforms(t, published(t, "tir/schemas.json", "problem"), answer.Body)
			if problem["title"] != c.title || problem["detail"] != c.detail {
				t.Errorf("%v: %v, want %s: %s", problem["title"], problem["detail"], c.title, c.detail)
			}
		})
	}
	r.league.SetDown(true)
	for _, target := range []string{"/issuers", university, university + "/attributes", university + right} {
		r.client.Get(t, tirBase+target).WantProblem(t, 503, "unavailable")
	}
}

func TestWithoutAnIssuerOfTheCenterOnlyItsSignaturesAreMissing(t *testing.T) {
	r := startRegistry(t, func(o *Options) { o.Center = nil })
	r.tir(t, "/issuers", "issuers")
	r.tir(t, "/issuers/"+string(r.university.DID), "issuer")
	r.tir(t, attributesOf(r.university.DID), "attributes")
	for _, target := range []string{
		tirBase + attributeOf(r.university.DID, r.toUniversity), tirBase + "/issuers/" + string(r.university.DID) + "?version=deprecated",
		"/v1/accreditations/" + r.toUniversity.String() + "/credential", "/.well-known/did-configuration.json",
	} {
		r.client.Get(t, target).WantProblem(t, 503, "unavailable")
	}
}

func TestADIDWithPercentEncodingIsFoundByItsLinks(t *testing.T) {
	r := startRegistry(t)
	const port = did.DID("did:web:mill.example%3A8443")
	r.league.Accredit(t, r.bremen, port, trust.Issue, degree, nil)
	href := r.tir(t, "/issuers?page[size]=50", "issuers")["items"].([]any)[4].(map[string]any)["href"].(string)
	issuer := r.tir(t, strings.TrimPrefix(href, "https://center.example"+tirBase), "issuer")
	if issuer["did"] != string(port) {
		t.Errorf("%s is %v", href, issuer["did"])
	}
	if parsed, err := url.Parse(href); err != nil || !strings.HasSuffix(parsed.Path, string(port)) {
		t.Errorf("href %q, %v", href, err)
	}
}

// A client that knows the published description alone walks from the list of issuers to the root of a right.
func TestAThirdPartysTIRClientWorks(t *testing.T) {
	r := startRegistry(t)
	client := &foreign{base: r.client.URL}
	get := func(target, schema string, into any) {
		t.Helper()
		status, media, text := client.call(t, "GET", strings.Replace(target, "https://center.example", r.client.URL, 1), "")
		if status != 200 || !strings.HasPrefix(media, "application/json") {
			t.Fatalf("GET %s: status %d, %s: %s", target, status, media, text)
		}
		conforms(t, published(t, "tir/schemas.json", schema), text)
		ok(t, json.Unmarshal(text, into))
	}
	var issuers struct {
		Items []struct{ DID, Href string }
	}
	get("/trusted-issuers-registry/v5/issuers?page[after]=1&page[size]=50", "issuers", &issuers)
	rights := 0
	for _, issuer := range issuers.Items {
		var one struct {
			DID, Attributes string
			HasAttributes   bool
		}
		get(issuer.Href, "issuer", &one)
		if one.DID != issuer.DID || !one.HasAttributes {
			t.Fatalf("issuer %+v", one)
		}
		var attributes struct{ Items []struct{ ID, Href string } }
		get(one.Attributes, "attributes", &attributes)
		for _, item := range attributes.Items {
			rights++
			var found struct {
				DID       string
				Attribute struct{ Hash, Body, IssuerType, Tao, RootTao string }
			}
			get(item.Href, "attribute", &found)
			parts := strings.Split(found.Attribute.Body, ".")
			if len(parts) != 3 {
				t.Fatalf("body %q is no JWT", found.Attribute.Body)
			}
			payload, err := base64.RawURLEncoding.DecodeString(parts[1])
			ok(t, err)
			var credential struct {
				CredentialSubject struct{ ID string }
			}
			ok(t, json.Unmarshal(payload, &credential))
			if credential.CredentialSubject.ID != issuer.DID {
				t.Errorf("the body of %s is about %s", issuer.DID, credential.CredentialSubject.ID)
			}
			digest := sha256.Sum256([]byte(found.Attribute.Body))
			if hex.EncodeToString(digest[:]) != found.Attribute.Hash {
				t.Errorf("the hash of %s is not of its body", issuer.DID)
			}
			if strings.HasPrefix(found.Attribute.RootTao, "did:") {
				get("/trusted-issuers-registry/v5/issuers/"+found.Attribute.RootTao, "issuer", &one)
			}
			var revisions struct{ Items []struct{ ID, Href string } }
			get(item.Href+"/revisions", "attributes", &revisions)
			get(revisions.Items[0].Href, "attribute", &found)
		}
	}
	if rights != 7 { // four accreditations, three centers
		t.Errorf("%d rights, want 7", rights)
	}
}
