package credentials

import (
	"errors"
	"strings"
	"testing"

	"github.com/hanse-id/hanse/did/keys"
)

func TestClaimsAreCheckedAgainstTheirTypeBeforeTheyAreSigned(t *testing.T) {
	issuer := newIssuer(t, FormSDJWTVC, keys.EdDSA)
	issuer.Types = typesOf(t, personTypeMetadata, beingTypeMetadata)
	disclosable := func(pointers ...any) map[string]any { return map[string]any{"disclosable": pointers} }
	for name, test := range map[string]struct {
		input           map[string]any
		pointer, detail string
	}{
		"as the type says":  {edited(person(nil), disclosable("/given_name", "/address/locality")), "", ""},
		"mandatory":         {edited(person(map[string]any{"given_name": nil}), disclosable()), "/claims", `["given_name"] is mandatory and missing`},
		"of what it stands": {edited(person(map[string]any{"nbf": nil}), disclosable("/given_name")), "/claims", `["nbf"] is mandatory and missing`},
		"always":            {edited(person(nil), disclosable()), "/claims/given_name", "must be selectively disclosable"},
		"never":             {edited(person(nil), disclosable("/given_name", "/address/country")), "/claims/address/country", "must not be selectively"},
		"another type":      {edited(person(nil), map[string]any{"vct": "urn:other"}), "", ""},
	} {
		_, err := issuer.Issue(t.Context(), test.input)
		p, refused := errors.AsType[*ProblemError](err)
		switch {
		case test.detail == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case test.detail != "" && (!refused || p.Problem.Type != ProblemType || p.Problem.Pointer != test.pointer || !strings.Contains(p.Problem.Detail, test.detail)):
			t.Errorf("%s: error is %v", name, err)
		}
	}
	issuer.RequireSchema = true
	if _, err := issuer.Issue(t.Context(), edited(person(nil), map[string]any{"vct": "urn:other"})); err == nil {
		t.Error("issued although the type is not known, and must be")
	}
	issuer.Types = typeFunc(func(string) ([]byte, error) { return nil, errors.New("no answer") })
	if _, err := issuer.Issue(t.Context(), person(nil)); !errors.Is(err, ErrSchemaUnavailable) {
		t.Errorf("error is %v", err)
	}
}
