package api

import (
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestThePageShowsBodiesAndExamples(t *testing.T) {
	c := startCenter(t)
	page := html.UnescapeString(string(c.client.Get(t, "/docs").Want(t, 200).Body))
	for _, part := range []string{
		"<code>verifiableCredential</code></dt><dd><span class=\"soft\">object or string, required</span>",
		"<code>report</code></dt><dd><span class=\"soft\">\"full\"</span>", // one level down
		`"report": "full"`, `"statusPurpose": "revocation"`, `"state": "accepted"`, `"#key-1"`,
		"Some requests need an API key with <code>write:/1.0/create</code>",
		"Needs an API key with <code>write:/issuers/{issuer}/credentials/issue</code>",
		"<dt><code>issuer</code></dt><dd>Name of an issuer of this center.</dd>",
	} {
		if !strings.Contains(page, part) {
			t.Errorf("the page lacks %s", part)
		}
	}
}

func TestThePageIsThereWithASlashToo(t *testing.T) {
	c := startCenter(t)
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		answer := httptest.NewRecorder()
		c.Handler().ServeHTTP(answer, httptest.NewRequest(method, "/docs/", nil))
		if answer.Code != http.StatusOK || answer.Header().Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: %d %s", method, answer.Code, answer.Header().Get("Content-Type"))
		}
	}
}

func TestThePageEscapesWhatTheDescriptionSays(t *testing.T) {
	const evil = `<script>"'&x</script>`
	bad := map[string]any{"description": evil, "type": evil, "const": evil}
	body := map[string]any{evil: map[string]any{
		"schema": map[string]any{
			"properties": map[string]any{evil: bad, "in": map[string]any{"properties": map[string]any{evil: bad}}}, "required": []any{evil},
		},
		"example": map[string]any{evil: evil},
	}}
	page := newDocsPage(map[string]any{
		"tags": []any{map[string]any{"name": evil, "description": evil}},
		"paths": map[string]any{evil: map[string]any{evil: map[string]any{
			"tags": []any{evil}, "summary": evil, "description": evil, "x-scope": evil,
			"parameters":  []any{map[string]any{"name": evil, "description": evil}},
			"requestBody": map[string]any{"content": body},
			"responses":   map[string]any{evil: map[string]any{"description": evil, "content": map[string]any{evil: map[string]any{"example": evil}}}},
		}}},
	})
	var out strings.Builder
	if err := docsTemplate.ExecuteTemplate(&out, "docs", page); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(strings.ToLower(out.String()), "<script") {
		t.Error("the page has a script")
	}
	if n := strings.Count(out.String(), "&lt;script&gt;") + strings.Count(out.String(), "&lt;SCRIPT&gt;"); n < 16 {
		t.Errorf("only %d of the texts are on the page", n)
	}
}

func TestARecursiveDescriptionIsShown(t *testing.T) {
	self := map[string]any{"$ref": "#/components/schemas/Self"}
	document := map[string]any{"components": map[string]any{"schemas": map[string]any{"Self": map[string]any{
		"oneOf": []any{self, map[string]any{"type": "array", "items": self}}, "properties": map[string]any{"self": self}, "items": self,
	}}}}
	bodies := docsSchemas{document}.bodies(map[string]any{mediaJSON: map[string]any{"schema": self}})
	if len(bodies) != 1 || len(bodies[0].Members) != 1 || len(bodies[0].Members[0].Members) != 1 {
		t.Errorf("%+v", bodies)
	}
}

func TestExamplesAreRequestsThatThisServerReads(t *testing.T) {
	c := startIssuing(t)
	var document map[string]any
	ok(t, json.Unmarshal(c.spec.json, &document))
	example := func(path string) map[string]any {
		post := object(object(object(document["paths"])[path])["post"])
		return object(object(object(object(post["requestBody"])["content"])[mediaJSON])["example"])
	}
	created := c.client.Post(t, "/1.0/create?method=hanse", example("/1.0/create")).Want(t, 200)
	if !strings.Contains(string(created.Body), `"action":"signPayload"`) {
		t.Errorf("create: %s", created.Body)
	}
	issue := example("/issuers/{issuer}/credentials/issue")
	object(issue["credential"])["issuer"] = string(c.issuers["demo"])
	c.call(t, http.MethodPost, "/issuers/demo/credentials/issue", issue).Want(t, 201)
	c.call(t, http.MethodPost, "/credentials/status", example("/credentials/status")).Want(t, 200)
	verified := c.client.Post(t, "/credentials/verify", example("/credentials/verify")).Want(t, 200).JSON(t)
	if verified["verified"] != false || verified["report"] == nil || verified["problemDetails"] == nil {
		t.Errorf("verify: %v", verified)
	}
}
