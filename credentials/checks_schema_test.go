package credentials

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hanse-id/hanse/credentials/schema"
	"github.com/hanse-id/hanse/did/keys"
)

const degreeSchemaID = "https://schemas.example/degree"

const degreeSchema = `{"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://schemas.example/degree","properties":{
	"credentialSubject":{"required":["degree"],"properties":{"degree":{"required":["name"],"properties":{"name":{"$ref":"name"}}}}}}}`

// schemaDir writes files and opens them.
func schemaDir(t testing.TB, files map[string]string) *SchemaFiles {
	t.Helper()
	s, err := OpenSchemaFiles(writeFiles(t, files))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func writeFiles(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func degreeSchemas(t testing.TB) *SchemaFiles {
	return schemaDir(t, map[string]string{
		"degree.json": degreeSchema,
		"name.json":   `{"$id":"https://schemas.example/name","type":"string","minLength":3}`,
		"notes.txt":   "no schema",
	})
}

// deadSchemas is a source that cannot be reached.
type deadSchemas struct{}

func (deadSchemas) Schema(context.Context, SchemaQuery) (Schema, error) {
	return Schema{}, errors.New("connection refused")
}

func named(extra map[string]any) map[string]any {
	entry := map[string]any{"id": degreeSchemaID, "type": SchemaType}
	for name, v := range extra {
		entry[name] = v
	}
	return entry
}

func subject(name any) map[string]any {
	return map[string]any{"id": "did:example:alice", "degree": map[string]any{"type": "ExampleBachelorDegree", "name": name}}
}

func TestSchemasAreEvaluatedWhenVerifying(t *testing.T) {
	files := degreeSchemas(t)
	for name, c := range map[string]struct {
		source  SchemaSource
		entry   any
		subject any
		policy  Policy
		outcome Outcome
		kind    string // of the problem
		pointer string
		warns   string
	}{
		"satisfied":              {source: files, entry: named(nil), outcome: Pass},
		"satisfied, with digest": {source: files, entry: named(map[string]any{"digestSRI": schema.Digest([]byte(degreeSchema))}), outcome: Pass},
		"found by its digest":    {source: files, entry: map[string]any{"id": "https://mirror.example/d", "type": SchemaType, "digestSRI": schema.Digest([]byte(degreeSchema))}, outcome: Pass},
		"violated":               {source: files, entry: named(nil), subject: subject("BS"), outcome: Fail, kind: ProblemSchema, pointer: "/credentialSubject/degree/name"},
		"another digest":         {source: files, entry: named(map[string]any{"digestSRI": schema.Digest([]byte("other"))}), outcome: Fail, kind: ProblemCryptography, pointer: "/credentialSchema"},
		"a digest that is none":  {source: files, entry: named(map[string]any{"digestSRI": "sha1-abc"}), outcome: Fail, kind: ProblemMalformed, pointer: "/credentialSchema/digestSRI"},
		"unknown":                {source: files, entry: []any{map[string]any{"id": "https://schemas.example/none", "type": SchemaType}}, outcome: Skip, warns: ProblemNotSupported},
		"one unknown of two":     {source: files, entry: []any{named(nil), map[string]any{"id": "https://schemas.example/none", "type": SchemaType}}, outcome: Pass, warns: ProblemNotSupported},
		"unknown, and required":  {source: files, entry: map[string]any{"id": "https://schemas.example/none", "type": SchemaType}, policy: Policy{RequireSchema: true}, outcome: Fail, kind: ProblemNotAccepted, pointer: "/credentialSchema"},
		"no source":              {entry: named(nil), outcome: Skip, warns: ProblemNotSupported},
		"no source, required":    {entry: named(nil), policy: Policy{RequireSchema: true}, outcome: Fail, kind: ProblemNotAccepted, pointer: "/credentialSchema"},
		"another type":           {source: files, entry: named(map[string]any{"type": SchemaCredentialType}), outcome: Skip, warns: ProblemNotSupported},
		"unavailable":            {source: deadSchemas{}, entry: named(nil), outcome: Indeterminate, kind: ProblemUnavailable, pointer: "/credentialSchema"},
		"too many":               {source: files, entry: []any{named(nil), named(nil), named(nil), named(nil), named(nil), named(nil), named(nil), named(nil), named(nil)}, outcome: Fail, kind: ProblemMalformed, pointer: "/credentialSchema"},
		"none named":             {source: files, outcome: Skip},
		"none named, required":   {source: files, policy: Policy{RequireSchema: true}, outcome: Skip},
		"policy's, satisfied":    {policy: Policy{Schema: json.RawMessage(`{"required":["validUntil"]}`)}, outcome: Pass},
		"policy's, violated":     {policy: Policy{Schema: json.RawMessage(`{"required":["name"]}`)}, outcome: Fail, kind: ProblemSchema},
		"policy's, unusable":     {policy: Policy{Schema: json.RawMessage(`{"type":7}`)}, outcome: Indeterminate, kind: ProblemNotSupported},
		"policy's refers":        {source: files, policy: Policy{Schema: json.RawMessage(`{"$ref":"https://schemas.example/name"}`)}, outcome: Indeterminate, kind: ProblemNotSupported},
		"both":                   {source: files, entry: named(nil), policy: Policy{Schema: json.RawMessage(`{"required":["name"]}`)}, outcome: Fail, kind: ProblemSchema},
		"policy without proof":   {policy: Policy{Schema: json.RawMessage(`{"not":{"required":["proof"]}}`)}, outcome: Pass},
	} {
		t.Run(name, func(t *testing.T) {
			issuer := newIssuer(t, FormEdDSAJCS, keys.EdDSA)
			credential := degree(issuer.DID, map[string]any{"credentialSchema": c.entry})
			if c.subject != nil {
				credential["credentialSubject"] = c.subject
			}
			f, _ := formNamed(issuer.Form)
			secured, err := f.secure(t.Context(), issuer, credential)
			if err != nil {
				t.Fatal(err)
			}
			v := newVerifier()
			v.Schemas, v.Policy, v.Compiled = c.source, c.policy, &schema.Cache{}
			report := verify(t, v, secured.Body)
			check, _ := report.Check(CheckSchema)
			if check.Outcome != c.outcome || check.Severity != SeverityError {
				t.Fatalf("%s %s: %+v", check.Outcome, check.Severity, check.Problem)
			}
			if c.outcome == Fail != (report.Decision == Reject) || c.outcome == Indeterminate != (report.Decision == Undecided) {
				t.Errorf("decision %s", report.Decision)
			}
			if c.kind != "" && (check.Problem == nil || check.Problem.Type != c.kind || check.Problem.Pointer != c.pointer) {
				t.Errorf("problem %+v", check.Problem)
			}
			if (c.warns != "") != (len(check.Warnings) == 1) || c.warns != "" && check.Warnings[0].Type != c.warns {
				t.Errorf("warnings %+v", check.Warnings)
			}
			if c.outcome == Skip && check.Note == "" {
				t.Error("skipped without a word")
			}
		})
	}
}

func TestSchemasAreEvaluatedInEveryForm(t *testing.T) {
	files := degreeSchemas(t)
	everyForm(t, func(t *testing.T, issuer *Issuer) {
		if issuer.Form == FormECDSASD {
			t.Skip("a base proof is not verified: the derived proofs are tested with Derive")
		}
		v := newVerifier()
		v.Schemas = files
		good := issue(t, issuer, degree(issuer.DID, map[string]any{"credentialSchema": named(nil)}))
		if check, _ := verify(t, v, good.Body).Check(CheckSchema); check.Outcome != Pass || check.Evidence.Source != "configuration" || check.Evidence.Digest == "" {
			t.Errorf("good: %+v", check)
		}
		bad := issue(t, issuer, degree(issuer.DID, map[string]any{"credentialSchema": named(nil), "credentialSubject": subject("BS")}))
		if check, _ := verify(t, v, bad.Body).Check(CheckSchema); check.Outcome != Fail {
			t.Errorf("bad: %+v", check)
		}
	})
}

func TestWithheldClaimsDoNotBreakASchema(t *testing.T) {
	issuer := newIssuer(t, FormSDJWT, keys.EdDSA)
	v := newVerifier()
	v.Schemas = degreeSchemas(t)
	secured := issue(t, issuer, degree(issuer.DID, map[string]any{"credentialSchema": named(nil)}))
	withheld, _, _ := strings.Cut(secured.Compact, "~")
	report := verify(t, v, []byte(withheld+"~"))
	check, _ := report.Check(CheckSchema)
	if check.Outcome != Pass || len(check.Warnings) != 1 || check.Warnings[0].Pointer != "/credentialSubject" || report.Decision != Accept {
		t.Errorf("%s: %+v", report.Decision, check)
	}
	v.Policy.Schema = json.RawMessage(`{"properties":{"credentialSubject":{"required":["degree"]}}}`)
	if report := verify(t, v, []byte(withheld+"~")); report.Decision != Reject {
		t.Error("what the policy's schema asks for was withheld, and accepted")
	}
	v.Policy.Schema = nil
	lacking := issue(t, issuer, degree(issuer.DID, map[string]any{"credentialSchema": named(nil), "credentialSubject": map[string]any{"id": "did:example:ada"}}))
	if check, _ := verify(t, v, lacking.Body).Check(CheckSchema); check.Outcome != Fail {
		t.Errorf("nothing is withheld, and what the schema asks for is not there: %+v", check)
	}
}

// askedSchemas notes who was asked for.
type askedSchemas struct{ asked []string }

func (s *askedSchemas) Schema(_ context.Context, q SchemaQuery) (Schema, error) {
	s.asked = append(s.asked, q.ID)
	return Schema{}, ErrSchemaUnknown
}

func TestSchemasOfStrangersAreNotAskedFor(t *testing.T) {
	issuer, other := newIssuer(t, FormJWT, keys.EdDSA), newIssuer(t, FormJWT, keys.EdDSA)
	forged := *issuer
	forged.Signer = other.Signer
	secured := issue(t, &forged, degree(issuer.DID, map[string]any{"credentialSchema": named(nil)}))
	source := &askedSchemas{}
	v := newVerifier()
	v.Schemas = source
	check, _ := verify(t, v, secured.Body).Check(CheckSchema)
	if check.Outcome != Skip || len(source.asked) != 0 {
		t.Errorf("asked for %v: %+v", source.asked, check)
	}
	good := issue(t, issuer, degree(issuer.DID, map[string]any{"credentialSchema": named(nil)}))
	if verify(t, v, good.Body); len(source.asked) != 1 {
		t.Errorf("asked for %v", source.asked)
	}
}

func TestIssuersRefuseWhatBreaksItsSchema(t *testing.T) {
	files := degreeSchemas(t)
	for name, c := range map[string]struct {
		source   SchemaSource
		required bool
		entry    any
		name     string
		kind     string // "": issued
		pointer  string
	}{
		"satisfied":             {source: files, entry: named(nil), name: "Bachelor"},
		"violated":              {source: files, entry: named(nil), name: "BS", kind: ProblemSchema, pointer: "/credentialSubject/degree/name"},
		"another digest":        {source: files, entry: named(map[string]any{"digestSRI": schema.Digest([]byte("other"))}), name: "Bachelor", kind: ProblemMalformed, pointer: "/credentialSchema"},
		"unknown":               {source: files, entry: map[string]any{"id": "https://schemas.example/none", "type": SchemaType}, name: "BS"},
		"unknown, and required": {source: files, required: true, entry: map[string]any{"id": "https://schemas.example/none", "type": SchemaType}, name: "BS", kind: ProblemMalformed, pointer: "/credentialSchema"},
		"required, no source":   {required: true, entry: named(nil), name: "BS", kind: ProblemMalformed, pointer: "/credentialSchema"},
		"no source":             {entry: named(nil), name: "BS"},
		"none named, required":  {source: files, required: true, name: "BS"},
	} {
		t.Run(name, func(t *testing.T) {
			issuer := newIssuer(t, FormJWT, keys.EdDSA)
			issuer.Schemas, issuer.RequireSchema = c.source, c.required
			_, err := issuer.Issue(t.Context(), degree(issuer.DID, map[string]any{"credentialSchema": c.entry, "credentialSubject": subject(c.name)}))
			problem, refused := errors.AsType[*ProblemError](err)
			if refused != (c.kind != "") || err != nil && !refused {
				t.Fatalf("error is %v", err)
			}
			if refused && (problem.Problem.Type != c.kind || problem.Problem.Pointer != c.pointer) {
				t.Errorf("problem %+v", problem.Problem)
			}
		})
	}
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	issuer.Schemas = deadSchemas{}
	if _, err := issuer.Issue(t.Context(), degree(issuer.DID, map[string]any{"credentialSchema": named(nil)})); !errors.Is(err, ErrSchemaUnavailable) {
		t.Errorf("error is %v", err)
	}
}

func TestSchemasOfGoValuesAreEvaluatedAsJSON(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	issuer.Schemas = schemaDir(t, map[string]string{"n.json": `{"$id":"https://schemas.example/degree","properties":{"credentialSubject":{"properties":{"n":{"type":"integer"}}}}}`})
	credential := degree(issuer.DID, map[string]any{"credentialSchema": named(nil)})
	credential["credentialSubject"] = map[string]any{"id": "did:example:a", "n": int64(7)}
	if _, err := issuer.Issue(t.Context(), credential); err != nil {
		t.Error(err)
	}
}

func TestSchemaDirectoriesThatCannotBeUsedAreRefused(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"no JSON":       {"a.json": "{"},
		"no schema":     {"a.json": `{"type":7}`},
		"no URL":        {"a.json": `{"$id":"degree"}`},
		"twice":         {"a.json": `{"$id":"https://a.example/x"}`, "b.json": `{"$id":"https://a.example/x","title":"x"}`},
		"refers beyond": {"a.json": `{"$id":"https://a.example/x","$ref":"https://b.example/y"}`},
		"too large":     {"a.json": `{"title":"` + strings.Repeat("x", schema.MaxBytes) + `"}`},
	} {
		if _, err := OpenSchemaFiles(writeFiles(t, files)); !errors.Is(err, ErrSchemas) || !strings.Contains(err.Error(), "schema") {
			t.Errorf("%s: error is %v", name, err)
		}
	}
	if _, err := OpenSchemaFiles(filepath.Join(t.TempDir(), "none")); !errors.Is(err, ErrSchemas) {
		t.Errorf("error is %v", err)
	}
	dir := writeFiles(t, nil)
	if err := os.Symlink("/etc/hostname", filepath.Join(dir, "a.json")); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenSchemaFiles(dir); !errors.Is(err, ErrSchemas) {
		t.Errorf("a link out of the directory: error is %v", err)
	}
}
