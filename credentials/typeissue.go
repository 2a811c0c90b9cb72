package credentials

import (
	"context"
	"errors"
	"fmt"

	"github.com/hanse-id/hanse/credentials/typemeta"
)

// checkTypeRules checks what an SD-JWT VC is to be made of against the metadata of its type: what a verifier would refuse, and what
// only the issuer can see, because it knows everything that is withheld later.
func (i *Issuer) checkTypeRules(ctx context.Context, credential map[string]any) error {
	set, err := parseClaimSet(i, credential)
	if err != nil || i.Types == nil {
		return err
	}
	plain, err := plainValue(set.claims)
	if err != nil {
		return err
	}
	t, _, err := resolveType(ctx, i.Types, plain)
	switch {
	case errors.Is(err, ErrTypeUnknown) && !i.RequireSchema:
		return nil
	case errors.Is(err, ErrTypeUnknown), errors.Is(err, typemeta.ErrIntegrity), errors.Is(err, typemeta.ErrMalformed), errors.Is(err, typemeta.ErrExtends):
		return malformed("/vct", fmt.Sprintf("type cannot be evaluated: %v", err))
	case err != nil:
		return errors.Join(ErrSchemaUnavailable, err)
	}
	p := typemeta.Presented{Claims: plain, Disclosed: make(map[string]bool, len(set.disclosable))}
	for _, pointer := range set.disclosable {
		p.Disclosed[pointer] = true
	}
	violations, err := t.Check(p)
	if err != nil {
		return malformed("/claims", err.Error())
	}
	if len(violations) > 0 {
		return &ProblemError{Problem: Problem{Type: ProblemType, Title: "type is violated", Detail: "claim " + violations[0].String(), Pointer: "/claims" + violations[0].Pointer}}
	}
	return nil
}
