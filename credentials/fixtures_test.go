package credentials

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/hanse-id/hanse/credentials/dataintegrity"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
	"github.com/hanse-id/hanse/did/resolve"
)

// noon is the present of the tests.
var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return noon }

// newKey returns a signer with its did:key DID and verification method URL.
func newKey(t testing.TB, alg keys.Algorithm) (keystore.Signer, did.DID, string) {
	t.Helper()
	key, err := keystore.GeneratePrivate(alg)
	if err != nil {
		t.Fatal(err)
	}
	return key, did.DID(key.Public().DIDKey()), key.Public().DIDKeyURL()
}

func newIssuer(t testing.TB, form Form, alg keys.Algorithm) *Issuer {
	t.Helper()
	signer, id, method := newKey(t, alg)
	return &Issuer{DID: id, Method: method, Form: form, Signer: signer, Now: clock}
}

// documentForms are the forms that secure documents of the VC data model.
func documentForms() []Form { return slices.DeleteFunc(Forms(), Form.Claims) }

// everyForm runs a test for each of documentForms and each kind of key it takes.
func everyForm(t *testing.T, test func(t *testing.T, issuer *Issuer)) {
	for _, form := range documentForms() {
		for _, alg := range form.Algorithms() {
			t.Run(string(form)+"/"+string(alg), func(t *testing.T) { test(t, newIssuer(t, form, alg)) })
		}
	}
}

func newVerifier() *Verifier {
	return &Verifier{Resolver: resolve.NewRouter(map[string]did.Resolver{"key": resolve.Key{}, "jwk": resolve.JWK{}}), Now: clock}
}

// degree is a credential that satisfies the data model, changed by edits: a nil value takes a member away.
func degree(issuer did.DID, edits map[string]any) map[string]any {
	c := map[string]any{
		"@context":   []any{contextV2, "https://www.w3.org/ns/credentials/examples/v2"},
		"id":         "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
		"type":       []any{baseType, "ExampleDegreeCredential"},
		"issuer":     issuer.String(),
		"validFrom":  "2026-01-01T00:00:00Z",
		"validUntil": "2030-01-01T00:00:00Z",
		"credentialSubject": map[string]any{
			"id": "did:example:alice", "degree": map[string]any{"type": "ExampleBachelorDegree", "name": "Bachelor of Science"},
		},
	}
	return edited(c, edits)
}

func edited(c map[string]any, edits map[string]any) map[string]any {
	out := maps.Clone(c)
	for name, v := range edits {
		if v == nil {
			delete(out, name)
		} else {
			out[name] = v
		}
	}
	return out
}

// secureAnyway secures what the data model refuses, as somebody else's software might. Canonical RDF cannot even be made of some
// of it: then there is nothing to verify.
func secureAnyway(t testing.TB, issuer *Issuer, credential map[string]any) (secured *Secured, possible bool) {
	t.Helper()
	f, _ := formNamed(issuer.Form)
	secured, err := f.secure(t.Context(), issuer, credential)
	_, refused := errors.AsType[*ProblemError](err)
	rdf := issuer.Form == FormEdDSARDFC || issuer.Form == FormECDSARDFC || issuer.Form == FormECDSASD
	if err != nil && !(rdf && (refused || errors.Is(err, dataintegrity.ErrContext))) {
		t.Fatal(err)
	}
	if err != nil {
		return nil, false
	}
	return shown(t, issuer, secured), true
}

// shown is what a holder who withholds nothing shows of a credential.
func shown(t testing.TB, issuer *Issuer, secured *Secured) *Secured {
	t.Helper()
	if issuer.Form != FormECDSASD || isPublic(secured.Credential) {
		return secured
	}
	derived, err := Derive(t.Context(), secured.Body, []string{everything}, issuer.Contexts)
	if err != nil {
		t.Fatal(err)
	}
	derived.Credential = secured.Credential
	return derived
}

func issue(t testing.TB, issuer *Issuer, credential map[string]any) *Secured {
	t.Helper()
	secured, err := issuer.Issue(t.Context(), credential)
	if err != nil {
		t.Fatal(err)
	}
	return shown(t, issuer, secured)
}

func verify(t testing.TB, v *Verifier, input []byte) *Report {
	t.Helper()
	return verifyWith(t, v, input, VerifyOptions{})
}

func verifyWith(t testing.TB, v *Verifier, input []byte, opts VerifyOptions) *Report {
	t.Helper()
	report, _, err := v.Verify(t.Context(), input, opts)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// want checks one entry of a report; problem "" means none.
func want(t testing.TB, r *Report, id CheckID, outcome Outcome, problem string) Check {
	t.Helper()
	c, ok := r.Check(id)
	if !ok {
		t.Fatalf("no check %s", id)
	}
	kind := ""
	if c.Problem != nil {
		kind = c.Problem.Type
	}
	if c.Outcome != outcome || kind != problem {
		t.Fatalf("%s is %s %s (%+v), want %s %s\nreport: %+v", id, c.Outcome, kind, c.Problem, outcome, problem, r.Checks)
	}
	return c
}

func wantDecision(t testing.TB, r *Report, d Decision) {
	t.Helper()
	if r.Decision != d {
		problems, _ := r.Problems()
		t.Fatalf("decision is %s, want %s: %+v", r.Decision, d, problems)
	}
}

// refused checks that CheckIssuable refuses a credential at pointer.
func refused(t testing.TB, issuer *Issuer, credential map[string]any, kind, pointer string) *ProblemError {
	t.Helper()
	err := issuer.CheckIssuable(credential)
	p, ok := errors.AsType[*ProblemError](err)
	if !ok {
		t.Fatalf("error is %v, want a problem at %s", err, pointer)
	}
	if p.Problem.Type != kind || p.Problem.Pointer != pointer {
		t.Fatalf("problem is %s at %q (%s), want %s at %q", p.Problem.Type, p.Problem.Pointer, p.Problem.Detail, kind, pointer)
	}
	return p
}

func parseJSON(t testing.TB, data []byte) map[string]any {
	t.Helper()
	v, err := jcs.Parse(data, jcs.Limits{MaxDepth: 64})
	if err != nil {
		t.Fatal(err)
	}
	return v.(map[string]any)
}

func toJSON(t testing.TB, v any) []byte {
	t.Helper()
	data, err := marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// resolverFunc is a resolver made of a function.
type resolverFunc func(ctx context.Context, id did.DID, at did.At) (did.Version, error)

func (f resolverFunc) Resolve(ctx context.Context, id did.DID, at did.At) (did.Version, error) {
	return f(ctx, id, at)
}

// statusFunc is a status source made of a function.
type statusFunc func(q StatusQuery) (StatusResult, error)

func (f statusFunc) Status(_ context.Context, q StatusQuery) (StatusResult, error) { return f(q) }

// trustFunc is a trust source made of a function.
type trustFunc func(q TrustQuery) (TrustResult, error)

func (f trustFunc) Accredited(_ context.Context, q TrustQuery) (TrustResult, error) { return f(q) }

// domainFunc is a domain source made of a function.
type domainFunc func(q DomainQuery) (DomainResult, error)

func (f domainFunc) Linked(_ context.Context, q DomainQuery) (DomainResult, error) { return f(q) }
