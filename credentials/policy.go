package credentials

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hanse-id/hanse/did"
)

// Policy is what a verifier asks for beyond what every credential must be. The zero value asks for nothing.
type Policy struct {
	RequireAccreditation bool      // accreditation becomes an error
	Centers              []did.DID // accepted centers: the path must end in one of them, or in one that one of them recognises
	Types                []string  // credential types of which a credential must have at least one; empty: any
	MaxDepth             int       // accreditations on a path; 0: any
	Jurisdiction         string    // the accreditation must reach; empty: not asked
	RequireLinkedDomain  bool      // linkedDomain becomes an error
	LinkedDomains        []string  // origins ("https://a.example"), one of which the issuer must be linked with; empty: those of its own DID document
}

// Bounds of a policy.
const (
	maxPolicyItems = 128
	maxOrigins     = 8 // of linked domains: each may be asked
)

// Check reports what makes a policy unusable, naming the member. A Verifier does not take it for granted: what it cannot
// evaluate is indeterminate.
func (p Policy) Check() error {
	for _, member := range []struct {
		name   string
		length int
		most   int
	}{{"centers", len(p.Centers), maxPolicyItems}, {"types", len(p.Types), maxPolicyItems}, {"linked domains", len(p.LinkedDomains), maxOrigins}} {
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
	return nil
}

// Within reports which member of p asks for less than the same member of own, nil if none does: so that whoever may bring a
// policy can make one stricter and no laxer. Lists are within own's where they name nothing else; a jurisdiction where it is the
// same, or the country of own's subdivision, which fewer accreditations reach.
func (p Policy) Within(own Policy) error {
	switch {
	case own.RequireAccreditation && !p.RequireAccreditation:
		return errors.New("requireAccreditation cannot be lifted")
	case own.RequireLinkedDomain && !p.RequireLinkedDomain:
		return errors.New("requireLinkedDomain cannot be lifted")
	case !among(p.Centers, own.Centers):
		return fmt.Errorf("acceptedCenters must be some of %.256q", own.Centers)
	case !among(p.Types, own.Types):
		return fmt.Errorf("types must be some of %.256q", own.Types)
	case !among(p.LinkedDomains, own.LinkedDomains):
		return fmt.Errorf("linkedDomains must be some of %.256q", own.LinkedDomains)
	case own.MaxDepth > 0 && (p.MaxDepth <= 0 || p.MaxDepth > own.MaxDepth):
		return fmt.Errorf("maxDepth must be at most %d", own.MaxDepth)
	case own.Jurisdiction != "" && p.Jurisdiction != own.Jurisdiction && (p.Jurisdiction == "" || !strings.HasPrefix(own.Jurisdiction, p.Jurisdiction+"-")):
		return fmt.Errorf("jurisdiction must be %s", own.Jurisdiction)
	}
	return nil
}

// samePaths reports whether two policies take the same paths of accreditations.
func (p Policy) samePaths(other Policy) bool {
	return p.MaxDepth == other.MaxDepth && p.Jurisdiction == other.Jurisdiction && slices.Equal(p.Centers, other.Centers)
}

// among reports whether a list names nothing that own does not; an empty own stands for everything.
func among[T comparable](list, own []T) bool {
	return len(own) == 0 || len(list) > 0 && !slices.ContainsFunc(list, func(item T) bool { return !slices.Contains(own, item) })
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

// acceptsTypes reports whether a credential has one of the types that the policy takes.
func (p Policy) acceptsTypes(types []string) bool {
	return len(p.Types) == 0 || slices.ContainsFunc(types, func(t string) bool { return slices.Contains(p.Types, t) })
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
