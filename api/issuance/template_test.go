package issuance_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/credentials/schema"
	"github.com/hanse-id/hanse/did/jcs"
)

// degrees is a template of issuer demo.
func degrees() issuance.Template {
	return issuance.Template{
		Name: "degree", Issuer: "demo", Title: "Degree", Types: []string{"ExampleDegreeCredential"},
		Contexts: []string{"https://www.w3.org/ns/credentials/examples/v2"}, Validity: 3600,
		Claims:       []issuance.TemplateClaim{{Path: "/degree/type", Type: "string", Required: true}, {Path: "/degree/name", Title: "Degree", Type: "string", Required: true}},
		ClaimsSchema: json.RawMessage(`{"properties":{"degree":{"properties":{"name":{"minLength":3}}}}}`),
	}
}

func parsed(t testing.TB, text string) map[string]any {
	t.Helper()
	v, err := jcs.Parse([]byte(text), jcs.Limits{})
	must(t, err)
	return v.(map[string]any)
}

const bachelor = `{"claims":{"degree":{"type":"ExampleBachelorDegree","name":"Bachelor of Arts"}},"subject":"did:example:ada","id":"urn:uuid:7"}`

func TestATemplateMakesTheCredential(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	created, err := s.PutTemplate(t.Context(), degrees())
	must(t, err)
	same(t, created, true)
	issued, err := s.Issue(t.Context(), "demo", parsed(t, bachelor), issuance.IssueOptions{Template: "degree"})
	must(t, err)
	got := c.opened(t, issued.Body)
	same(t, len(issued.Entries), 2)
	delete(got, "credentialStatus")
	same(t, got, map[string]any{
		"@context": []any{"https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"},
		"type":     []any{"VerifiableCredential", "ExampleDegreeCredential"}, "id": "urn:uuid:7", "issuer": string(c.did("demo")),
		"validFrom": "2026-11-22T12:00:00Z", "validUntil": "2026-11-22T13:00:00Z",
		"credentialSubject": map[string]any{"id": "did:example:ada", "degree": map[string]any{"type": "ExampleBachelorDegree", "name": "Bachelor of Arts"}},
	})
	_, err = s.Credential(t.Context(), "demo", "urn:uuid:7")
	must(t, err)
}

func TestClaimsThatDoNotFitATemplateAreRefusedBeforeAnythingIsSigned(t *testing.T) {
	c := newCenter(t)
	store := sqlite{}.Open(t, c.place)
	s := c.startOver(t, store)
	must(t, s.Prepare(t.Context()))
	_, err := s.PutTemplate(t.Context(), degrees())
	must(t, err)
	before := drawnOf(t, store)
	for name, test := range map[string]struct {
		request string
		reason  error
		pointer string
	}{
		"a claim is missing":         {`{"claims":{"degree":{"type":"ExampleBachelorDegree"}}}`, issuance.ErrInvalid, "/claims/degree/name"},
		"a claim of another type":    {`{"claims":{"degree":{"type":"ExampleBachelorDegree","name":7}}}`, issuance.ErrInvalid, "/claims/degree/name"},
		"a claim that is not listed": {`{"claims":{"degree":{"type":"ExampleBachelorDegree","name":"Bachelor","grade":1}}}`, issuance.ErrInvalid, "/claims/degree/grade"},
		"another claim beside":       {`{"claims":{"a/b":1,"degree":{"type":"ExampleBachelorDegree","name":"Bachelor"}}}`, issuance.ErrInvalid, "/claims/a~1b"},
		"the claims' schema":         {`{"claims":{"degree":{"type":"ExampleBachelorDegree","name":"BA"}}}`, issuance.ErrInvalid, "/claims/degree/name"},
		"no claims":                  {`{"subject":"did:example:a"}`, issuance.ErrRequest, "/claims"},
		"a subject that is none":     {`{"claims":{},"subject":7}`, issuance.ErrRequest, "/subject"},
		"a member that is not known": {`{"claims":{},"issuer":"x"}`, issuance.ErrRequest, "/issuer"},
		"an id among the claims":     {`{"claims":{"id":"did:example:a","degree":{"type":"ExampleBachelorDegree","name":"Bachelor"}}}`, issuance.ErrInvalid, "/claims/id"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.Issue(t.Context(), "demo", parsed(t, test.request), issuance.IssueOptions{Template: "degree"})
			want(t, err, test.reason)
			refusal, _ := errors.AsType[*issuance.Refusal](err)
			same(t, refusal.Pointer, test.pointer)
		})
	}
	same(t, drawnOf(t, store), before)
	_, err = s.Issue(t.Context(), "demo", parsed(t, bachelor), issuance.IssueOptions{Template: "other"})
	want(t, err, issuance.ErrNotFound)
	_, err = s.Issue(t.Context(), "eddsa-jcs-2022", parsed(t, bachelor), issuance.IssueOptions{Template: "degree"})
	want(t, err, issuance.ErrNotFound)
	_, err = s.Issue(t.Context(), "demo", parsed(t, bachelor), issuance.IssueOptions{Template: "degree", Form: credentials.FormEdDSAJCS})
	want(t, err, issuance.ErrRequest)
}

func TestTemplatesThatCannotWorkAreRefused(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	for name, change := range map[string]func(*issuance.Template){
		"a name with a slash":        func(t *issuance.Template) { t.Name = "a/b" },
		"a form of another issuer":   func(t *issuance.Template) { t.Form = credentials.FormEdDSAJCS },
		"a context that is unknown":  func(t *issuance.Template) { t.Contexts = []string{"https://unknown.example/v1"} },
		"a type with a space":        func(t *issuance.Template) { t.Types = []string{"a b"} },
		"a vct in a document":        func(t *issuance.Template) { t.VCT = "https://a.example/t" },
		"a pointer that is none":     func(t *issuance.Template) { t.Claims[0].Path = "degree" },
		"a claim of no type":         func(t *issuance.Template) { t.Claims[0].Type = "text" },
		"a claim twice":              func(t *issuance.Template) { t.Claims[1] = t.Claims[0] },
		"the subject's id":           func(t *issuance.Template) { t.Claims[0].Path = "/id" },
		"a schema that is none":      func(t *issuance.Template) { t.ClaimsSchema = json.RawMessage(`{"type":7}`) },
		"a schema without id":        func(t *issuance.Template) { t.Schema = &issuance.TemplateSchema{} },
		"a schema's id is no URL":    func(t *issuance.Template) { t.Schema = &issuance.TemplateSchema{ID: "degree"} },
		"required, and none":         func(t *issuance.Template) { t.RequireSchema = true },
		"a negative validity":        func(t *issuance.Template) { t.Validity = -1 },
		"a validity beyond all":      func(t *issuance.Template) { t.Validity = 1 << 60 },
		"a purpose twice":            func(t *issuance.Template) { t.Purposes = []string{"revocation", "revocation"} },
		"an unknown purpose":         func(t *issuance.Template) { t.Purposes = []string{"fun"} },
		"mandatory, in a JWT":        func(t *issuance.Template) { t.Mandatory = []string{"/issuer"} },
		"disclosable, in a JWT":      func(t *issuance.Template) { t.Disclosable = []string{"/credentialSubject/degree"} },
		"decoys without disclosures": func(t *issuance.Template) { t.Decoys = 3 },
		"too many claims": func(t *issuance.Template) {
			t.Claims = make([]issuance.TemplateClaim, 300)
		},
		"too long a title": func(t *issuance.Template) { t.Title = strings.Repeat("x", 3000) },
	} {
		t.Run(name, func(t *testing.T) {
			one := degrees()
			change(&one)
			_, err := s.PutTemplate(t.Context(), one)
			want(t, err, issuance.ErrInvalid)
		})
	}
	foreign := degrees()
	foreign.Issuer = "nobody"
	_, err := s.PutTemplate(t.Context(), foreign)
	want(t, err, issuance.ErrUnknownIssuer)
}

func TestTemplatesOfTheConfigurationAreCheckedAndFixed(t *testing.T) {
	c := newCenter(t)
	c.start(t) // the issuers are in the store
	file := filepath.Join(t.TempDir(), "templates.json")
	must(t, os.WriteFile(file, []byte(`{"templates":[{"name":"degree","issuer":"demo","types":["ExampleDegreeCredential"],"contexts":["https://www.w3.org/ns/credentials/examples/v2"],"purposes":["none"]}]}`), 0o600))
	all, err := issuance.ReadTemplates(file)
	must(t, err)
	c.options.Templates = all
	s := c.start(t)
	issued, err := s.Issue(t.Context(), "demo", parsed(t, bachelor), issuance.IssueOptions{Template: "degree"})
	must(t, err)
	same(t, len(issued.Entries), 0)
	_, err = s.PutTemplate(t.Context(), degrees())
	want(t, err, issuance.ErrFixed)
	want(t, s.DeleteTemplate(t.Context(), "demo", "degree"), issuance.ErrFixed)
	list, err := s.Templates(t.Context(), "demo")
	must(t, err)
	if len(list) != 1 || !list[0].Fixed() {
		t.Errorf("templates %+v", list)
	}

	c.options.Templates = []issuance.Template{{Name: "x", Issuer: "nobody"}}
	c.options.Store = sqlite{}.Open(t, c.place)
	if _, err := issuance.New(context.Background(), c.options); !errors.Is(err, issuance.ErrUnknownIssuer) {
		t.Errorf("a template of nobody: error is %v", err)
	}
}

func TestFilesOfTemplatesAreReadStrictly(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON":          `{`,
		"a list":           `[]`,
		"another member":   `{"templates":[],"x":1}`,
		"no templates":     `{}`,
		"unknown member":   `{"templates":[{"name":"a","issuer":"demo","tpyes":[]}]}`,
		"duplicate member": `{"templates":[{"name":"a","name":"b","issuer":"demo"}]}`,
		"twice":            `{"templates":[{"name":"a","issuer":"demo"},{"name":"a","issuer":"demo"}]}`,
		"no name":          `{"templates":[{"issuer":"demo"}]}`,
	} {
		file := filepath.Join(t.TempDir(), "templates.json")
		must(t, os.WriteFile(file, []byte(text), 0o600))
		if _, err := issuance.ReadTemplates(file); err == nil || !strings.Contains(err.Error(), "template") {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

func TestOneTemplateIsAFileToo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "degree.json")
	must(t, os.WriteFile(file, []byte(`{"name":"degree","issuer":"demo","types":["ExampleDegreeCredential"]}`), 0o600))
	all, err := issuance.ReadTemplates(file)
	must(t, err)
	if len(all) != 1 || all[0].Name != "degree" || all[0].Issuer != "demo" {
		t.Errorf("%+v", all)
	}
}

func TestFilesOfTemplatesAreRefusedInWords(t *testing.T) {
	for text, words := range map[string]string{
		`[]`: "one template", `{"types":[]}`: "its name and issuer", `{"templates":{}}`: "must be a list",
		`{"name":"a","issuer":"demo","claims":"x"}`:            "claims must be a list, and is a string",
		`{"name":"a","issuer":"demo","claims":[{"path":[]}]}`:  "claims.path must be a string, and is a list",
		`{"templates":[{"name":7}]}`:                           "name must be a string, and is a number",
		`{"name":"a","issuer":"demo","validity":1.5}`:          "validity must be a whole number, and is a number 1.5",
		`{"name":"a","issuer":"demo","requireSchema":"false"}`: "requireSchema must be true or false, and is a string",
		`{"templates":["degree"]}`:                             "it must be an object, and is a string",
	} {
		file := filepath.Join(t.TempDir(), "templates.json")
		must(t, os.WriteFile(file, []byte(text), 0o600))
		_, err := issuance.ReadTemplates(file)
		if err == nil || !strings.Contains(err.Error(), words) || strings.Contains(err.Error(), "Go ") {
			t.Errorf("%s: error is %v", text, err)
		}
	}
}

// library knows one schema, and does not always answer.
type library struct{ err error }

func (l library) Schema(_ context.Context, q credentials.SchemaQuery) (credentials.Schema, error) {
	if l.err != nil {
		return credentials.Schema{}, l.err
	}
	if q.ID != "https://schemas.example/degree" {
		return credentials.Schema{}, credentials.ErrSchemaUnknown
	}
	document := []byte(`{"properties":{"credentialSubject":{"required":["degree"]}}}`)
	return credentials.Schema{ID: q.ID, Document: document, Digest: schema.Digest(document)}, nil
}

func TestATemplateWhoseSchemaWouldRefuseEveryCredentialIsNotStored(t *testing.T) {
	c := newCenter(t)
	c.options.Schemas = library{}
	s := c.start(t)
	for name, test := range map[string]struct {
		schema  issuance.TemplateSchema
		require bool
		reason  error
	}{
		"known":                 {issuance.TemplateSchema{ID: "https://schemas.example/degree"}, true, nil},
		"unknown, not required": {issuance.TemplateSchema{ID: "https://schemas.example/other"}, false, nil},
		"unknown, required":     {issuance.TemplateSchema{ID: "https://schemas.example/other"}, true, issuance.ErrInvalid},
		"of another digest":     {issuance.TemplateSchema{ID: "https://schemas.example/degree", DigestSRI: schema.Digest([]byte("x"))}, false, issuance.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			one := degrees()
			one.Schema, one.RequireSchema = &test.schema, test.require
			_, err := s.PutTemplate(t.Context(), one)
			if test.reason == nil {
				must(t, err)
				return
			}
			want(t, err, test.reason)
			refusal, _ := errors.AsType[*issuance.Refusal](err)
			same(t, refusal.Pointer, "/schema")
		})
	}
	c.options.Schemas = library{err: errors.New("no answer")}
	one := degrees()
	one.Schema = &issuance.TemplateSchema{ID: "https://schemas.example/degree"}
	_, err := c.start(t).PutTemplate(t.Context(), one)
	want(t, err, issuance.ErrUnavailable)
}

func TestARefusalOfClaimsNamesAllThatBreaksTheirSchema(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	one := degrees()
	one.Claims, one.ClaimsSchema = nil, json.RawMessage(`{"properties":{"a":{"type":"string"},"b":{"type":"string"}},"required":["c"]}`)
	_, err := s.PutTemplate(t.Context(), one)
	must(t, err)
	_, err = s.Issue(t.Context(), "demo", parsed(t, `{"claims":{"a":1,"b":2}}`), issuance.IssueOptions{Template: "degree"})
	want(t, err, issuance.ErrInvalid)
	for _, fault := range []string{"/a: is number", "/b: is number", `lacks "c"`} {
		if !strings.Contains(err.Error(), fault) {
			t.Errorf("%v does not say %s", err, fault)
		}
	}
}

// registry answers trust questions.
type registry struct {
	result credentials.TrustResult
	err    error
	asked  []credentials.TrustQuery
}

func (r *registry) Accredited(_ context.Context, q credentials.TrustQuery) (credentials.TrustResult, error) {
	r.asked = append(r.asked, q)
	return r.result, r.err
}

func TestATemplateMayWantAnAccreditation(t *testing.T) {
	for name, test := range map[string]struct {
		trust  *registry
		reason error
	}{
		"accredited":     {&registry{result: credentials.TrustResult{Accredited: true}}, nil},
		"not accredited": {&registry{result: credentials.TrustResult{Reason: "revoked"}}, issuance.ErrNotAccredited},
		"nobody knows":   {&registry{err: errors.New("down")}, issuance.ErrUnavailable},
		"nobody to ask":  {nil, issuance.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCenter(t)
			if test.trust != nil {
				c.options.Trust = test.trust
			}
			s := c.start(t)
			one := degrees()
			one.Accreditation = true
			_, err := s.PutTemplate(t.Context(), one)
			must(t, err)
			_, err = s.Issue(t.Context(), "demo", parsed(t, bachelor), issuance.IssueOptions{Template: "degree"})
			if test.reason == nil {
				must(t, err)
				same(t, test.trust.asked[0].Types, []string{"VerifiableCredential", "ExampleDegreeCredential"})
				same(t, test.trust.asked[0].Validity.Seconds(), 3600.0)
				return
			}
			want(t, err, test.reason)
		})
	}
}

func FuzzParseTemplate(f *testing.F) {
	for _, one := range []string{`{}`, `{"name":"a","claims":[{"path":"/a"}]}`, `{"validity":1e3}`, `{"claimsSchema":null}`} {
		f.Add([]byte(one))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		one, err := issuance.ParseTemplate(data)
		if err != nil {
			return
		}
		if one.Validate() != nil {
			return
		}
		text, err := json.Marshal(one)
		must(t, err)
		again, err := issuance.ParseTemplate(text)
		must(t, err)
		other, err := json.Marshal(again)
		must(t, err)
		same(t, string(other), string(text))
	})
}
