package issuancetest

import (
	"testing"

	"github.com/hanse-id/hanse/api/issuance"
)

func testTemplates(t *testing.T, b Backend) {
	place := b.Place(t)
	s, ctx := b.Open(t, place), t.Context()
	one := issuance.Template{Name: "b", Issuer: "demo", Types: []string{"X"}, ClaimsSchema: []byte(`{"type":"object"}`), Validity: 60}
	two := issuance.Template{Name: "a", Issuer: "demo", Claims: []issuance.TemplateClaim{{Path: "/a", Required: true}}}
	foreign := issuance.Template{Name: "a", Issuer: "other"}
	for _, one := range []issuance.Template{one, two, foreign} {
		must(t, s.PutTemplate(ctx, one))
	}
	one.Title = "changed"
	must(t, s.PutTemplate(ctx, one))
	all, err := b.Open(t, place).Templates(ctx, "demo")
	must(t, err)
	sameTemplates(t, all, two, one)
	read, err := s.Template(ctx, "demo", "a")
	must(t, err)
	sameTemplates(t, []issuance.Template{read}, two)
	must(t, s.DeleteTemplate(ctx, "demo", "a"))
	_, err = s.Template(ctx, "demo", "a")
	want(t, err, issuance.ErrNotFound)
	want(t, s.DeleteTemplate(ctx, "demo", "a"), issuance.ErrNotFound)
	all, err = s.Templates(ctx, "demo")
	must(t, err)
	sameTemplates(t, all, one)
	all, err = s.Templates(ctx, "other")
	must(t, err)
	sameTemplates(t, all, foreign)
}

// sameTemplates compares by name, title, claims and schema.
func sameTemplates(t testing.TB, got []issuance.Template, want ...issuance.Template) {
	t.Helper()
	same(t, len(got), len(want))
	for n := range want {
		same(t, [3]string{got[n].Name, got[n].Issuer, got[n].Title}, [3]string{want[n].Name, want[n].Issuer, want[n].Title})
		same(t, got[n].Claims, want[n].Claims)
		same(t, string(got[n].ClaimsSchema), string(want[n].ClaimsSchema))
		same(t, got[n].Validity, want[n].Validity)
	}
}
