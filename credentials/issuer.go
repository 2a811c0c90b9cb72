package credentials

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hanse-id/hanse/credentials/schema"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keystore"
)

// Issuer signs credentials of one DID in one form. Its fields must not change once it is used; it is then safe for
// concurrent use.
type Issuer struct {
	DID      did.DID
	Method   string // verification method URL whose key Signer holds; must be in assertionMethod
	URL      string // https URL whose metadata has the key under the name Method; an SD-JWT VC may have it as iss instead of DID; empty: none
	Form     Form
	Signer   keystore.Signer
	Contexts *Contexts // nil: EmbeddedContexts
	// Disclosable are JSON pointers of what holders may withhold (SD-JWT forms), never of what a credential is or can be refused by;
	// nil: every claim about the one subject; empty: nothing. Decoys digests of nothing hide their number.
	Disclosable []string
	Decoys      int
	// Mandatory are JSON pointers of what holders must show (ecdsa-sd-2023).
	Mandatory []string
	Schemas   SchemaSource  // nil: no schema that a credential names is known when issuing
	Types     TypeSource    // nil: SD-JWT VCs are not checked against the metadata of their type when issuing
	Compiled  *schema.Cache // of JSON Schemas; nil: each is compiled when it is used
	// RequireSchema refuses credentials that name a schema that is not known; otherwise it is not evaluated.
	RequireSchema bool
	Now           func() time.Time // nil: time.Now; for the proof's `created`
}

// ErrIssuer says that an Issuer is not configured consistently: unknown form, a method of another DID, a key of the wrong kind.
var ErrIssuer = errors.New("issuer is not usable")

// Issue validates credential strictly, schemas that it names included (a *ProblemError otherwise, see CheckSchemas), and secures it. The credential must name i.DID as issuer.
// It is signed as given: status entries are the caller's work, done before. A Data Integrity form appends the data-integrity
// context to a VC Data Model 1.1 credential. credential is not changed.
func (i *Issuer) Issue(ctx context.Context, credential map[string]any) (*Secured, error) {
	f, err := i.form()
	if err != nil {
		return nil, err
	}
	m, err := i.check(f, credential)
	if err != nil {
		return nil, err
	}
	if err := i.CheckSchemas(ctx, credential); err != nil {
		return nil, err
	}
	if m.base == contextV1 {
		credential = withProofContext(credential)
	}
	secured, err := f.secure(ctx, i, credential)
	if err != nil {
		return nil, err
	}
	if f.rdf {
		if err := disguised(credential, i.contexts()); err != nil { // nobody would verify it
			return nil, err
		}
	}
	secured.Form = i.Form
	return secured, nil
}

// CheckIssuable is the validation Issue does, without signing. A *ProblemError says what is wrong with the credential; it
// wraps ErrForeignIssuer where the credential names another issuer, ErrContextUnknown for a context that is not pinned.
func (i *Issuer) CheckIssuable(credential map[string]any) error {
	f, err := i.form()
	if err != nil {
		return err
	}
	_, err = i.check(f, credential)
	return err
}

// form checks the configuration.
func (i *Issuer) form() (form, error) {
	f, ok := formNamed(i.Form)
	switch {
	case !ok:
		return f, fmt.Errorf("%w: unknown form %.64q", ErrIssuer, i.Form)
	case i.Signer == nil:
		return f, fmt.Errorf("%w: no signer", ErrIssuer)
	case !slices.Contains(f.algorithms, i.Signer.Public().Algorithm()):
		return f, fmt.Errorf("%w: a key for %s cannot sign %s", ErrIssuer, i.Signer.Public().Algorithm(), i.Form)
	case !strings.HasPrefix(i.Method, i.DID.String()+"#"):
		return f, fmt.Errorf("%w: method %q is not one of %q", ErrIssuer, i.Method, i.DID)
	}
	return f, nil
}

func (i *Issuer) now() time.Time {
	if i.Now == nil {
		return time.Now()
	}
	return i.Now()
}

func (i *Issuer) contexts() *Contexts {
	if i.Contexts == nil {
		return EmbeddedContexts()
	}
	return i.Contexts
}

// withProofContext returns a copy of a VC Data Model 1.1 credential that lists the data-integrity context.
func withProofContext(credential map[string]any) map[string]any {
	list, _ := credential["@context"].([]any)
	if slices.ContainsFunc(list, func(v any) bool {
		return v == contextProofs || v == "https://w3id.org/security/data-integrity/v1"
	}) {
		return credential
	}
	out := maps.Clone(credential)
	out["@context"] = append(slices.Clone(list), contextProofs)
	return out
}
