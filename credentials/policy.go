package credentials

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hanse-id/hanse/credentials/schema"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

// Policy is what a verifier asks for beyond what every credential must be. The zero value asks for nothing.
type Policy struct {
	RequireAccreditation bool             // accreditation becomes an error
	Centers              []did.DID        // accepted centers: the path must end in one of them, or in one that one of them recognises
	Types                []string         // credential types of which a credential must have at least one; empty: any
	MaxDepth             int              // accreditations on a path; 0: any
	Jurisdiction         string           // the accreditation must reach; empty: not asked
	RequireLinkedDomain  bool             // linkedDomain becomes an error
	LinkedDomains        []string         // origins ("https://a.example"), one of which the issuer must be linked with; empty: those of its own DID document
	Forms                []Form           // securing forms that are taken; empty: all
	Algorithms           []keys.Algorithm // of the issuers' keys that are taken; empty: all
	Issuers              []string         // DIDs (or https URLs) of issuers that are taken; empty: any
	MaxStatusAge         time.Duration    // a status must be known as of that long ago at most; 0: not asked
	RequireStatus        bool             // a credential without a status of a known type is refused
	RequireHolder        bool             // holder becomes an error where it is skipped: a presentation must bind each credential to its holder
	RequireSchema        bool             // every credentialSchema must be known and evaluated
	Schema               json.RawMessage  // a JSON Schema 2020-12 of the verifier's own that every credential must satisfy; nil: none
}

// Bounds of a policy.
const (
	maxPolicyItems = 128
	maxOrigins     = 8        // of linked domains: each may be asked
	maxOwnSchema   = 64 << 10 // bytes of Policy.Schema
)

// Check reports what makes a policy unusable, naming the member. A Verifier does not take it for granted: what it cannot
// evaluate is indeterminate.
func (p Policy) Check() error {
	for _, member := range []struct {
		name   string
		length int
		most   int
	}{
		{"centers", len(p.Centers), maxPolicyItems}, {"types", len(p.Types), maxPolicyItems}, {"linked domains", len(p.LinkedDomains), maxOrigins},
		{"forms", len(p.Forms), maxPolicyItems}, {"algorithms", len(p.Algorithms), maxPolicyItems}, {"issuers", len(p.Issuers), maxPolicyItems},
		{"bytes of schema", len(p.Schema), maxOwnSchema},
	} {
		if member.length > member.most {
			return fmt.Errorf("%d %s, at most %d", member.length, member.name, member.most)
		}
	}
	for _, center := range p.Centers {
		if _, err := did.Parse(center.String()); err != nil {
			return fmt.Errorf("accepted center: %w", err)
		}
	}
	for _, t := range p.Types {
		if t == "" || strings.ContainsAny(t, " \t\r\n") {
			return fmt.Errorf("type %.64q is not a credential type", t)
		}
	}
	if p.MaxDepth < 0 {
		return fmt.Errorf("depth %d is negative", p.MaxDepth)
	}
	if p.Jurisdiction != "" && !isJurisdiction(p.Jurisdiction) {
		return fmt.Errorf("jurisdiction %.16q is not an ISO 3166 code like DE or DE-BY", p.Jurisdiction)
	}
	for _, text := range p.LinkedDomains {
		if _, err := ParseOrigin(text); err != nil {
			return fmt.Errorf("linked domain: %w", err)
		}
	}
	return p.checkMembers()
}

// checkMembers is Check for what is compared with a credential and its proofs.
func (p Policy) checkMembers() error {
	for _, f := range p.Forms {
		if _, known := formNamed(f); !known {
			return fmt.Errorf("form %.64q is not known; known are %s", f, Forms())
		}
	}
	for _, alg := range p.Algorithms {
		if alg.SignatureSize() == 0 {
			return fmt.Errorf("algorithm %.64q is not known", alg)
		}
	}
	for _, issuer := range p.Issuers {
		if err := checkIssuerName(issuer); err != nil {
			return err
		}
	}
	if p.MaxStatusAge < 0 {
		return fmt.Errorf("status age %s is negative", p.MaxStatusAge)
	}
	if len(p.Schema) == 0 {
		return nil
	}
	if _, err := schema.Compile(p.Schema, schema.Options{}); err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	return nil
}

// checkIssuerName checks that text names an issuer: a DID, or the https URL of an issuer of SD-JWT VCs.
func checkIssuerName(text string) error {
	if u, err := url.Parse(text); err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil {
		return nil
	}
	if _, err := did.Parse(text); err != nil {
		return fmt.Errorf("accepted issuer: %w", err)
	}
	return nil
}

// isJurisdiction reports whether s has the form of an ISO 3166 code of a country, or of a subdivision.
func isJurisdiction(s string) bool {
	country, subdivision, divided := strings.Cut(s, "-")
	upper := func(c rune) bool { return c < 'A' || c > 'Z' }
	if len(country) != 2 || strings.ContainsFunc(country, upper) || divided && (subdivision == "" || len(subdivision) > 3) {
		return false
	}
	return !strings.ContainsFunc(subdivision, func(c rune) bool { return upper(c) && (c < '0' || c > '9') })
}

// question is what a trust source is asked about the credential of a run.
func (r *run) question() TrustQuery {
	return TrustQuery{
		Issuer: did.DID(r.model.issuer), Types: r.model.types, Schemas: schemaDigests(r.opened.credential), At: r.opts.At,
		Validity: r.validity(), Centers: r.Policy.Centers, MaxDepth: r.Policy.MaxDepth, Jurisdiction: r.Policy.Jurisdiction,
		Narrowed: r.narrowed,
	}
}

// validity is how long the credential holds: from its beginning to its end, of the data model's members and the claims of a
// token the narrower. Negative: one of both is not said, so that nothing bounds it.
func (r *run) validity() time.Duration {
	from, until := r.model.validFrom, r.model.validUntil
	if r.opened.token != nil {
		c, _ := parseClaims(r.opened.credential)
		for _, begin := range []time.Time{c.notBefore, c.issuedAt} {
			if from.IsZero() {
				from = begin
			}
		}
		if until.IsZero() || !c.expires.IsZero() && c.expires.Before(until) {
			until = c.expires
		}
	}
	if from.IsZero() || until.IsZero() {
		return -1
	}
	return max(time.Second, (until.Sub(from) + time.Second - 1).Truncate(time.Second))
}

// schemaDigests lists the digests of the credential's schemas in SRI form. An entry with several digests names no one schema, and
// what cannot be read none at all.
func schemaDigests(credential map[string]any) []string {
	list, _, _ := objects(credential["credentialSchema"])
	var out []string
	for _, schema := range list {
		text, _ := schema["digestSRI"].(string)
		if _, ok := parseSRI(text); ok && !strings.ContainsAny(text, " \t\r\n?") && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}
