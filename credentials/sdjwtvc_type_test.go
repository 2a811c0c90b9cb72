package credentials

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hanse-id/hanse/credentials/remote"
	"github.com/hanse-id/hanse/credentials/typemeta"
	"github.com/hanse-id/hanse/did/fetch"
	"github.com/hanse-id/hanse/did/keys"
)

// typesOf is a directory with documents, read.
func typesOf(t testing.TB, documents ...string) *TypeFiles {
	t.Helper()
	dir := t.TempDir()
	for i, document := range documents {
		if err := os.WriteFile(filepath.Join(dir, string(rune('a'+i))+".json"), []byte(document), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	types, err := ReadTypes(dir)
	if err != nil {
		t.Fatal(err)
	}
	return types
}

const personTypeMetadata = `{"vct":"https://credentials.example/person","extends":"urn:being","claims":[
	{"path":["given_name"],"sd":"always","mandatory":true},{"path":["nationalities",null],"sd":"allowed"},{"path":["address","country"],"sd":"never"}]}`

const beingTypeMetadata = `{"vct":"urn:being","claims":[{"path":["nbf"],"mandatory":true,"sd":"never"}]}`

func TestTypeMetadataHoldsForCredentials(t *testing.T) {
	issuer := newIssuer(t, FormSDJWTVC, keys.EdDSA)
	types := typesOf(t, personTypeMetadata, beingTypeMetadata)
	all := []any{"/given_name", "/nationalities/0", "/address/locality"}
	for name, test := range map[string]struct {
		input   map[string]any
		show    []string // nil: everything
		outcome Outcome
		detail  string
	}{
		"as the type says":              {input: person(nil), outcome: Pass},
		"mandatory and withheld":        {input: person(nil), show: []string{"/address/locality"}, outcome: Pass},
		"mandatory and missing":         {input: person(map[string]any{"given_name": nil}), outcome: Fail, detail: `["given_name"] is mandatory and missing`},
		"mandatory of what is extended": {input: person(map[string]any{"nbf": nil}), show: []string{}, outcome: Fail, detail: `["nbf"] is mandatory and missing`},
		"always, and in the clear":      {input: edited(person(nil), map[string]any{"disclosable": []any{"/nationalities/0"}}), outcome: Fail, detail: `["given_name"] must be selectively`},
		"never, and disclosed":          {input: edited(person(nil), map[string]any{"disclosable": []any{"/given_name", "/address/country"}}), outcome: Fail, detail: `["address","country"] must not`},
		"another type":                  {input: edited(person(nil), map[string]any{"vct": "urn:other"}), outcome: Skip},
	} {
		t.Run(name, func(t *testing.T) {
			if test.input["disclosable"] == nil {
				list := []any{}
				for _, p := range all {
					if p != "/given_name" || test.input["claims"].(map[string]any)["given_name"] != nil {
						list = append(list, p)
					}
				}
				test.input["disclosable"] = list
			}
			text := issue(t, issuer, test.input).Compact
			if test.show != nil {
				shown, err := parseSDJWT(t, text).Present(test.show)
				if err != nil {
					t.Fatal(err)
				}
				text = shown
			}
			v := newVerifier()
			v.Types = types
			report := verify(t, v, []byte(text))
			problem := ""
			if test.outcome == Fail {
				problem = ProblemType
			}
			c := want(t, report, CheckSchema, test.outcome, problem)
			if c.Problem != nil && !strings.Contains(c.Problem.Detail, test.detail) {
				t.Errorf("problem is %+v", c.Problem)
			}
			if test.outcome == Pass && (c.Evidence == nil || c.Evidence.Digest != typemeta.Digest([]byte(personTypeMetadata))) {
				t.Errorf("evidence is %+v", c.Evidence)
			}
		})
	}
}

func TestTypeMetadataThatIsNotWhatItMustBe(t *testing.T) {
	issuer := newIssuer(t, FormSDJWTVC, keys.EdDSA)
	plain := typesOf(t, `{"vct":"https://credentials.example/person"}`)
	good := typemeta.Digest([]byte(`{"vct":"https://credentials.example/person"}`))
	schema := typesOf(t, `{"vct":"https://credentials.example/person","schema":{"$schema":"https://json-schema.org/draft/2020-12/schema","required":["shoe_size"]}}`)
	down := typeFunc(func(string) ([]byte, error) { return nil, errors.New("no answer") })
	for name, test := range map[string]struct {
		source  TypeSource
		claims  map[string]any
		policy  Policy
		outcome Outcome
		problem string
	}{
		"integrity holds":               {source: plain, claims: map[string]any{"vct#integrity": good}, outcome: Pass},
		"integrity does not hold":       {source: plain, claims: map[string]any{"vct#integrity": typemeta.Digest([]byte("x"))}, outcome: Fail, problem: ProblemCryptography},
		"extends itself":                {source: typesOf(t, `{"vct":"https://credentials.example/person","extends":"https://credentials.example/person"}`), outcome: Fail, problem: ProblemType},
		"extends what is not known":     {source: typesOf(t, `{"vct":"https://credentials.example/person","extends":"urn:x"}`), outcome: Skip},
		"not known":                     {source: typesOf(t), outcome: Skip},
		"not known, and required":       {source: typesOf(t), policy: Policy{RequireSchema: true}, outcome: Fail, problem: ProblemNotAccepted},
		"no source, and required":       {policy: Policy{RequireSchema: true}, outcome: Fail, problem: ProblemNotAccepted},
		"no source":                     {outcome: Skip},
		"down":                          {source: down, outcome: Indeterminate, problem: ProblemUnavailable},
		"is no metadata":                {source: typeFunc(func(string) ([]byte, error) { return []byte(`[]`), nil }), outcome: Fail, problem: ProblemType},
		"schema of an older draft":      {source: schema, outcome: Fail, problem: ProblemSchema},
		"schema of an older draft, met": {source: schema, claims: map[string]any{"shoe_size": json.Number("42")}, outcome: Pass},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVerifier()
			v.Policy = test.policy
			if test.source != nil {
				v.Types = test.source
			}
			want(t, verify(t, v, issue(t, issuer, person(test.claims)).Body), CheckSchema, test.outcome, test.problem)
		})
	}
}

// typeFunc is a source of type metadata made of a function.
type typeFunc func(vct string) ([]byte, error)

func (f typeFunc) Type(_ context.Context, vct, _ string) ([]byte, Evidence, error) {
	data, err := f(vct)
	return data, Evidence{}, err
}

func TestTypeIsNotAskedForBeforeTheIssuerIsEstablished(t *testing.T) {
	issuer := newIssuer(t, FormSDJWTVC, keys.EdDSA)
	v := newVerifier()
	v.Types = typeFunc(func(string) ([]byte, error) { t.Error("asked"); return nil, ErrTypeUnknown })
	compact := issue(t, issuer, person(nil)).Compact
	jwt, disclosures, _ := strings.Cut(compact, "~")
	forged := jwt[:strings.LastIndex(jwt, ".")+1] + strings.Repeat("A", 86) + "~" + disclosures
	report := verify(t, v, []byte(forged))
	want(t, report, CheckSignature, Fail, ProblemCryptography)
	want(t, report, CheckSchema, Skip, "")
}

func TestDirectoryOfTypesIsReadStrictly(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"no metadata": {"a.json": `{}`},
		"one twice":   {"a.json": `{"vct":"x"}`, "b.json": `{"vct":"x"}`},
		"too large":   {"a.json": strings.Repeat(" ", typemeta.MaxBytes) + `{"vct":"x"}`},
	} {
		dir := t.TempDir()
		for file, text := range files {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := ReadTypes(dir); err == nil || !strings.Contains(err.Error(), ".json") {
			t.Errorf("%s: error is %v", name, err)
		}
	}
	if _, err := ReadTypes(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a directory that is not there was read")
	}
}

// web answers requests by URL.
type web map[string]*fetch.Response

func (w web) Get(_ context.Context, url, _ string) (*fetch.Response, error) {
	if r, ok := w[url]; ok {
		return r, nil
	}
	return nil, &fetch.Error{Kind: fetch.Unavailable, URL: url, Reason: "no answer"}
}

func page(status int, body string) *fetch.Response {
	return &fetch.Response{Status: status, Header: http.Header{}, Body: []byte(body)}
}

func TestTypesAreFetchedAfterFilesWereLookedAt(t *testing.T) {
	sources := TypeSources{
		typesOf(t, `{"vct":"https://a.example/file"}`),
		FetchTypes(web{"https://a.example/type": page(200, `{"vct":"https://a.example/type"}`), "https://a.example/none": page(404, "")}, remote.Options{}),
	}
	for vct, want := range map[string]string{"https://a.example/file": "configuration", "https://a.example/type": "https://a.example/type"} {
		_, evidence, err := sources.Type(t.Context(), vct, "")
		if err != nil || evidence.Source != want {
			t.Errorf("%s: %+v, %v", vct, evidence, err)
		}
	}
	for _, vct := range []string{"https://a.example/none", "urn:x", "http://a.example/type"} {
		if _, _, err := sources.Type(t.Context(), vct, ""); !errors.Is(err, ErrTypeUnknown) {
			t.Errorf("%s: error is %v", vct, err)
		}
	}
	if _, _, err := sources.Type(t.Context(), "https://down.example/type", ""); err == nil || errors.Is(err, ErrTypeUnknown) {
		t.Errorf("a type that cannot be asked for is not unknown: %v", err)
	}
}
