package api

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/app/trust"
)

// ask sends a TRQP query and returns the answer, which is held against the published schema.
func (r *registry) ask(t *testing.T, kind, entity, authority, action, resource string, context map[string]any) map[string]any {
	t.Helper()
	query := map[string]any{"entity_id": entity, "authority_id": authority, "action": action, "resource": resource}
	if context != nil {
		query["context"] = context
	}
	text, err := json.Marshal(query)
	ok(t, err)
	if context["time"] != "" { // a blank time is in the words of the schema, not in its pattern
		conforms(t, published(t, "trqp/"+kind+"_request.json", ""), text)
	}
	answer := r.client.Post(t, "/trqp/"+kind, query).Want(t, 200)
	conforms(t, published(t, "trqp/"+kind+"_response.json", ""), answer.Body)
	return answer.JSON(t)
}

func (r *registry) authorized(t *testing.T, entity, authority, action, resource string, context map[string]any) bool {
	t.Helper()
	return r.ask(t, "authorization", entity, authority, action, resource, context)["authorized"] == true
}

func TestTRQPSaysWhoMayDoWhatByWhoseAuthority(t *testing.T) {
	r := startRegistry(t)
	university, agency, school, mill := string(r.university.DID), string(r.agency.DID), string(r.school.DID), string(r.mill.DID)
	lubeck, bremen, league := string(r.lubeck.DID), string(r.bremen.DID), "urn:hanse:league:test"
	for _, c := range []struct {
		entity, authority, action, resource string
		want                                bool
	}{
		{university, lubeck, "issue", "Degree", true},
		{university, lubeck, "issue", "type:Degree", true},
		{university, league, "issue", "Degree", true},
		{university, "test", "issue", "Degree", true},
		{university, bremen, "issue", "Degree", false}, // another center
		{university, agency, "issue", "Degree", false},
		{university, lubeck, "verify", "Degree", false},
		{university, lubeck, "issue", "Diploma", false},
		{university, lubeck, "issue", "prefix:Deg", false},
		{school, agency, "issue", "Degree", true},
		{school, lubeck, "issue", "Degree", true}, // above the agency
		{agency, lubeck, "accredit", "Degree", true},
		{agency, lubeck, "issue", "Degree", false},
		{string(r.notary), league, "verify", "schema:sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", false},
		{string(r.notary), league, "verify", "Whatever", true},
		{lubeck, league, "accredit", "Degree", true}, // of its own right
		{mill, league, "issue", "Degree", false},
		{"did:web:mill.example", league, "issue", "Degree", false},
	} {
		if got := r.authorized(t, c.entity, c.authority, c.action, c.resource, nil); got != c.want {
			t.Errorf("%s to %s %s by %s: %v, want %v", c.entity, c.action, c.resource, c.authority, got, c.want)
		}
	}
}

func TestTRQPEchoesTheQueryAndNamesThePath(t *testing.T) {
	r := startRegistry(t)
	at := r.clock.Now().Add(-time.Minute).UTC().Format(time.RFC3339)
	got := r.ask(t, "authorization", string(r.school.DID), "test", "issue", "Degree", map[string]any{"time": at, "locator": "somewhere", "season": "winter"})
	message, _ := got["message"].(string)
	delete(got, "message")
	want := map[string]any{
		"entity_id": string(r.school.DID), "authority_id": "test", "action": "issue", "resource": "Degree", "authorized": true,
		"time_requested": at, "time_evaluated": r.clock.Now().UTC().Format(time.RFC3339),
		"context": map[string]any{"time": at, "locator": "somewhere", "season": "winter"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	for _, part := range []string{string(r.agency.DID), string(r.lubeck.DID), "urn:hanse:league:test", "not considered: context.season"} {
		if !strings.Contains(message, part) {
			t.Errorf("message %q lacks %q", message, part)
		}
	}
	if strings.Contains(message, "locator") {
		t.Errorf("message %q names a condition that has no bearing", message)
	}
	query := map[string]any{"entity_id": string(r.school.DID), "authority_id": "test", "action": "issue", "resource": "Degree"}
	link := r.client.Post(t, "/trqp/authorization", query).Want(t, 200).Header.Get("Link")
	target, _, _ := strings.Cut(strings.TrimPrefix(link, "<https://center.example"), ">")
	if path := r.client.Get(t, target).Want(t, 200).JSON(t); path["held"] != true {
		t.Errorf("%s: %v", target, path)
	}
}

func TestTRQPAnswersForTheTimeOfTheContext(t *testing.T) {
	r := startRegistry(t)
	university, lubeck := string(r.university.DID), string(r.lubeck.DID)
	held := r.clock.Now()
	r.clock.Advance(time.Hour)
	r.league.Revoke(t, r.lubeck, r.toUniversity, trust.Cessation)
	r.clock.Advance(time.Hour)
	for text, want := range map[string]bool{
		"":                        false, // now
		held.Format(time.RFC3339): true,
		held.Format("2006-01-02T15:04:05.999+00:00"):             true,
		r.began.Format(time.RFC3339):                             false, // before the grant
		r.clock.Now().Add(30 * time.Second).Format(time.RFC3339): false, // a clock that is a little ahead
	} {
		if got := r.authorized(t, university, lubeck, "issue", "Degree", map[string]any{"time": text}); got != want {
			t.Errorf("at %q: %v, want %v", text, got, want)
		}
	}
	if r.authorized(t, university, lubeck, "issue", "Degree", nil) {
		t.Error("authorized after the revocation")
	}
}

func TestTRQPSeesRightsEndBetweenBlocks(t *testing.T) {
	r := startRegistry(t)
	until := r.clock.Now().Add(time.Hour)
	r.league.Accredit(t, r.bremen, r.mill.DID, trust.Issue, degree, map[string]any{"validUntil": until.Unix()})
	mill, bremen := string(r.mill.DID), string(r.bremen.DID)
	if !r.authorized(t, mill, bremen, "issue", "Degree", nil) {
		t.Error("not authorized while the right lasts")
	}
	r.clock.Advance(2 * time.Hour) // and no block
	if r.authorized(t, mill, bremen, "issue", "Degree", nil) {
		t.Error("authorized by a right that has ended")
	}
}

func TestTRQPConsidersTheJurisdiction(t *testing.T) {
	r := startRegistry(t)
	r.league.Accredit(t, r.bremen, r.mill.DID, trust.Issue, degree, map[string]any{"limits": map[string]any{"jurisdictions": []any{"DE"}}})
	for jurisdiction, want := range map[string]bool{"DE": true, "DE-HB": true, "SE": false} {
		if got := r.authorized(t, string(r.mill.DID), string(r.bremen.DID), "issue", "Degree", map[string]any{"jurisdiction": jurisdiction}); got != want {
			t.Errorf("%s: %v, want %v", jurisdiction, got, want)
		}
	}
}

func TestTRQPRecognition(t *testing.T) {
	r := startRegistry(t)
	lubeck, bremen, visby, agency, league := string(r.lubeck.DID), string(r.bremen.DID), string(r.visby.DID), string(r.agency.DID), "urn:hanse:league:test"
	r.league.Act(t, r.lubeck, "trust.recognise", map[string]any{"of": bremen, "accepted": false, "resources": []any{"type:Degree"}})
	r.league.Decide(t, "trust.recognise", map[string]any{"of": "urn:hanse:league:baltic", "accepted": true, "resources": []any{"prefix:"}})
	r.clock.Advance(time.Minute)
	for _, c := range []struct {
		entity, authority, action, resource string
		want                                bool
	}{
		{visby, lubeck, "recognize", "Degree", true}, // by default
		{bremen, lubeck, "recognize", "Degree", false},
		{bremen, lubeck, "govern", "Diploma", true}, // the statement is about degrees
		{bremen, visby, "issue", "Degree", true},
		{lubeck, league, "accredit", "Degree", true}, // by the rule table
		{agency, lubeck, "accredit", "Degree", true}, // by delegation
		{agency, bremen, "accredit", "Degree", false},
		{string(r.university.DID), lubeck, "accredit", "Degree", false}, // it may issue, and is no authority
		{"urn:hanse:league:baltic", league, "recognize", "Degree", true},
		{"urn:hanse:league:other", league, "recognize", "Degree", false},
		{league, lubeck, "recognize", "Degree", true},
		{visby, agency, "recognize", "Degree", false}, // the agency is no center
	} {
		got := r.ask(t, "recognition", c.entity, c.authority, c.action, c.resource, nil)
		if got["recognized"] != c.want {
			t.Errorf("%s for %s by %s: %v, want %v", c.entity, c.resource, c.authority, got, c.want)
		}
	}
	before := r.ask(t, "recognition", bremen, lubeck, "recognize", "Degree", map[string]any{"time": r.began.Format(time.RFC3339)})
	if before["recognized"] != true {
		t.Errorf("before the statement: %v", before)
	}
	r.league.Decide(t, "center.suspend", map[string]any{"center": visby})
	r.clock.Advance(time.Minute)
	for _, c := range [][2]string{{visby, lubeck}, {lubeck, visby}} {
		if got := r.ask(t, "recognition", c[0], c[1], "recognize", "Degree", nil); got["recognized"] != false {
			t.Errorf("with a suspended center: %v", got)
		}
	}
}

func TestTRQPErrorsAreProblemDetails(t *testing.T) {
	r := startRegistry(t)
	good := map[string]any{"entity_id": string(r.university.DID), "authority_id": string(r.lubeck.DID), "action": "issue", "resource": "Degree"}
	with := func(name string, value any) map[string]any {
		query := map[string]any{name: value}
		for n, v := range good {
			if n != name {
				query[n] = v
			}
		}
		if value == nil {
			delete(query, name)
		}
		return query
	}
	stranger := string(r.league.Create(t).DID)
	never := stranger[:len(stranger)-4] + "abcd"
	for name, c := range map[string]struct {
		body   any
		status int
		kind   string
	}{
		"no JSON":                     {[]byte("{"), 400, "malformed-json"},
		"nothing":                     {[]byte(" "), 400, "malformed-request"},
		"an array":                    {[]any{}, 400, "invalid-member"},
		"a member twice":              {[]byte(`{"action":"issue","action":"verify"}`), 400, "malformed-json"},
		"no entity":                   {with("entity_id", nil), 400, "invalid-member"},
		"no authority":                {with("authority_id", nil), 400, "invalid-member"},
		"an empty action":             {with("action", ""), 400, "invalid-member"},
		"a number for a resource":     {with("resource", 5), 400, "invalid-member"},
		"a space":                     {with("resource", "a b"), 400, "invalid-member"},
		"too long":                    {with("entity_id", "did:web:"+strings.Repeat("a", 3000)), 400, "invalid-member"},
		"a list of conditions":        {with("context", []any{}), 400, "invalid-member"},
		"a condition of numbers":      {with("context", map[string]any{"time": 5}), 400, "invalid-member"},
		"many conditions":             {with("context", manyConditions(17)), 400, "invalid-member"},
		"no time":                     {with("context", map[string]any{"time": "yesterday"}), 400, "invalid-member"},
		"a time of another zone":      {with("context", map[string]any{"time": "2026-03-01T14:00:00+02:00"}), 400, "invalid-member"},
		"the future":                  {with("context", map[string]any{"time": "2036-03-01T14:00:00Z"}), 400, "invalid-member"},
		"a jurisdiction that is none": {with("context", map[string]any{"jurisdiction": "Saxony"}), 400, "malformed"},
		"an unknown authority":        {with("authority_id", "did:web:nobody.example"), 404, "unknown-authority"},
		"an authority of no right":    {with("authority_id", stranger), 404, "unknown-authority"},
		"another league":              {with("authority_id", "urn:hanse:league:other"), 404, "unknown-authority"},
		"no DID":                      {with("entity_id", "user-1234"), 404, "unknown-entity"},
		"a DID that is not there":     {with("entity_id", never), 404, "unknown-entity"},
		"an unknown action":           {with("action", "dance"), 404, "unknown-action"},
		"an unknown resource":         {with("resource", "*"), 404, "unknown-resource"},
		"a body that is too large":    {with("context", map[string]any{"time": strings.Repeat("x", maxTrqpBody)}), 413, "body-too-large"},
	} {
		t.Run(name, func(t *testing.T) {
			answer := r.client.Post(t, "/trqp/authorization", c.body)
			answer.WantProblem(t, c.status, c.kind)
			conforms(t, published(t, "trqp/problem.json", ""), answer.Body)
		})
	}
	answer := r.client.With("Content-Type", "text/plain").Post(t, "/trqp/recognition", good)
	answer.WantProblem(t, 400, "unsupported-content-type")
	r.client.Post(t, "/trqp/recognition", with("action", "dance")).WantProblem(t, 404, "unknown-action")
	r.client.Get(t, "/trqp/authorization").WantProblem(t, 405, "method-not-allowed")
}

func manyConditions(n int) map[string]any {
	m := map[string]any{}
	for i := range n {
		m[strings.Repeat("c", i+1)] = "x"
	}
	return m
}

func TestTRQPNeverTakesAnOutageForANo(t *testing.T) {
	r := startRegistry(t)
	r.league.SetDown(true)
	query := map[string]any{"entity_id": string(r.university.DID), "authority_id": string(r.lubeck.DID), "action": "issue", "resource": "Degree"}
	for _, kind := range []string{"authorization", "recognition"} {
		r.client.Post(t, "/trqp/"+kind, query).WantProblem(t, 503, "unavailable")
	}
}

// The query and the wording are the examples of the specification, but for the identifiers.
func TestAThirdPartysTRQPClientWorks(t *testing.T) {
	r := startRegistry(t)
	client := &foreign{base: r.client.URL + "/trqp"}
	status, media, text := client.call(t, "POST", "/authorization", `{
  "entity_id":    "`+string(r.university.DID)+`",
  "authority_id": "`+string(r.lubeck.DID)+`",
  "action":       "issue",
  "resource":     "Degree",
  "context": {
    "time": "`+r.clock.Now().UTC().Format(time.RFC3339)+`"
  },
  "extension": {"of": "the client"}
}`)
	if status != 200 || !strings.HasPrefix(media, "application/json") {
		t.Fatalf("status %d, %s: %s", status, media, text)
	}
	conforms(t, published(t, "trqp/authorization_response.json", ""), text)
	var answer struct {
		Authorized    bool      `json:"authorized"`
		TimeEvaluated time.Time `json:"time_evaluated"`
	}
	ok(t, json.Unmarshal(text, &answer))
	if !answer.Authorized || answer.TimeEvaluated.IsZero() {
		t.Errorf("answer %+v", answer)
	}
	status, media, text = client.call(t, "POST", "/recognition", `{"entity_id": "service-42", "authority_id": "did:example", "action": "govern", "resource": "professional-engineers"}`)
	if status != 404 || media != "application/problem+json" {
		t.Errorf("status %d, %s: %s", status, media, text)
	}
	conforms(t, published(t, "trqp/problem.json", ""), text)
}
