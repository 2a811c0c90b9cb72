package credentials

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hanse-id/hanse/credentials/typemeta"
	"github.com/hanse-id/hanse/did/keys"
)

// This file has the claims of an SD-JWT VC (draft-ietf-oauth-sd-jwt-vc, section 2.2.2): what they must be, and what an issuer takes.

// alwaysShown are the claims that nobody may withhold, with everything inside of them (section 2.2.2.2).
var alwaysShown = []string{"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status"}

// unnamedClaims say something of the token and not of its subject: they are not disclosable unless that is asked for.
var unnamedClaims = []string{"sub", "aud", "iat", "jti"}

// maxDisclosable bounds what an issuer is asked to make disclosable, and maxDecoys the digests of nothing.
const (
	maxDisclosable = 1000
	maxDecoys      = 100
)

// withheld names the first of the members names that was, or could be, withheld; "" if there is none.
func withheld(payload, claims map[string]any, names []string) string {
	for _, name := range names {
		_, signed := payload[name]
		if _, shown := claims[name]; shown && !signed || hasDigests(payload[name]) {
			return name
		}
	}
	return ""
}

// hasDigests reports whether something inside of a value of a payload can be withheld.
func hasDigests(v any) bool {
	switch v := v.(type) {
	case []any:
		return slices.ContainsFunc(v, hasDigests)
	case map[string]any:
		for name, value := range v {
			if name == "_sd" || name == "..." || hasDigests(value) {
				return true
			}
		}
	}
	return false
}

// checkClaimModel checks the claims that an SD-JWT VC defines, and makes a model of them. Validity stays with nbf and exp, which
// every check of a token reads. The error is a *ProblemError.
func checkClaimModel(claims map[string]any) (*model, error) {
	m := &model{}
	var ok bool
	vct, ok := claims["vct"].(string)
	if !ok || !isTypeName(vct) {
		return nil, malformed("/vct", "must be a name without spaces; with a colon, a URI")
	}
	if m.types, ok = readTypeNames(vct, claims); !ok {
		return nil, malformed("/aka_vcts", fmt.Sprintf("must be a list of at most %d other types", maxItems))
	}
	if v, has := claims["iss"]; has {
		if m.issuer, ok = v.(string); !ok || !isURL(m.issuer) {
			return nil, malformed("/iss", "must be a URL")
		}
	}
	parsed, err := parseClaims(claims)
	if err != nil {
		return nil, err
	}
	if !parsed.notBefore.IsZero() && !parsed.expires.IsZero() && parsed.expires.Before(parsed.notBefore) {
		return nil, malformed("/exp", "is before nbf")
	}
	if sub, ok := claims["sub"].(string); ok {
		m.subjects = []string{sub}
	}
	if v, has := claims["vct#integrity"]; has {
		text, _ := v.(string)
		if _, err := typemeta.ParseIntegrity(text); err != nil {
			return nil, malformed(point("", "vct#integrity"), "must be subresource integrity metadata")
		}
	}
	return m, checkConfirmation(claims)
}

// readTypeNames lists the type of an SD-JWT VC and the others that it is of as well (aka_vcts).
func readTypeNames(vct string, claims map[string]any) ([]string, bool) {
	types := []string{vct}
	v, has := claims["aka_vcts"]
	if !has {
		return types, true
	}
	list, _ := v.([]any)
	if len(list) == 0 || len(list) > maxItems {
		return nil, false
	}
	for _, item := range list {
		name, ok := item.(string)
		if !ok || !isTypeName(name) || slices.Contains(types, name) {
			return nil, false
		}
		types = append(types, name)
	}
	return types, true
}

// isTypeName reports whether s is a StringOrURI (RFC 7519 section 2) without spaces.
func isTypeName(s string) bool {
	if s == "" || len(s) > maxURL || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return false
	}
	return !strings.Contains(s, ":") || isURL(s)
}

// checkConfirmation checks cnf (RFC 7800): an object; a key in it is a public one. Which ways to name a key can be followed is the
// holder check's to say.
func checkConfirmation(claims map[string]any) error {
	v, has := claims["cnf"]
	if !has {
		return nil
	}
	cnf, ok := v.(map[string]any)
	if !ok || len(cnf) == 0 {
		return malformed("/cnf", "must be an object that names a key")
	}
	jwk, has := cnf["jwk"]
	if !has {
		return nil
	}
	key, ok := jwk.(map[string]any)
	if !ok {
		return malformed("/cnf/jwk", "must be a public JWK")
	}
	if _, err := keys.ParseJWK(key); err != nil && !errors.Is(err, keys.ErrUnsupported) {
		return malformed("/cnf/jwk", err.Error())
	}
	return nil
}

// claimSet is what an issuer of SD-JWT VCs is given: {claims, vct, disclosable, decoys}.
type claimSet struct {
	claims      map[string]any // with iss and vct
	disclosable []string
	decoys      int
}

// parseClaimSet reads {"claims": {…}, "vct": "…", "disclosable": ["/name", …], "decoys": 2}. Only claims is needed where it has a vct.
// iss is the issuer's DID; claims may say it, or the issuer's URL, and nobody else. Where the request does not say what is disclosable the issuer's
// configuration does, and where that says nothing every claim is that neither must be shown nor speaks of the token.
func parseClaimSet(i *Issuer, credential map[string]any) (*claimSet, error) {
	for _, name := range sortedKeys(credential) {
		if !slices.Contains([]string{"claims", "vct", "disclosable", "decoys"}, name) {
			return nil, malformed(point("", name), "is not a member of what an SD-JWT VC is made of")
		}
	}
	given, ok := credential["claims"].(map[string]any)
	if !ok {
		return nil, malformed("/claims", "must be an object")
	}
	set := &claimSet{claims: make(map[string]any, len(given)+2), disclosable: i.Disclosable, decoys: i.Decoys}
	for name, v := range given {
		set.claims[name] = v
	}
	if err := set.name(i, credential); err != nil {
		return nil, err
	}
	if err := set.readDisclosable(credential); err != nil {
		return nil, err
	}
	if v, has := credential["decoys"]; has {
		n, ok := integer(v)
		if !ok || n < 0 || n > maxDecoys {
			return nil, malformed("/decoys", fmt.Sprintf("must be a number up to %d", maxDecoys))
		}
		set.decoys = int(n)
	}
	return set, nil
}

// name sets iss and vct.
func (s *claimSet) name(i *Issuer, credential map[string]any) error {
	switch iss, has := s.claims["iss"]; {
	case !has:
		s.claims["iss"] = i.DID.String()
	case iss == i.DID.String():
	case iss != i.URL || i.URL == "":
		err := malformed("/claims/iss", fmt.Sprintf("is not %s", i.DID))
		err.Err = ErrForeignIssuer
		return err
	case s.claims["status"] != nil: // a list's issuer must be the credential's, and lists are of DIDs
		return malformed("/claims/iss", "must be the issuer's DID where the credential has a status")
	}
	vct, has := credential["vct"]
	if !has {
		return nil
	}
	if inside, both := s.claims["vct"]; both && inside != vct {
		return malformed("/vct", "is not that of the claims")
	}
	s.claims["vct"] = vct
	return nil
}

func (s *claimSet) readDisclosable(credential map[string]any) error {
	v, given := credential["disclosable"]
	list, ok := v.([]any)
	if given && (!ok || len(list) > maxDisclosable) {
		return malformed("/disclosable", fmt.Sprintf("must be a list of at most %d JSON pointers", maxDisclosable))
	}
	if given {
		s.disclosable = []string{}
	}
	for n, item := range list {
		pointer, ok := item.(string)
		if !ok || !strings.HasPrefix(pointer, "/") {
			return malformed(point("/disclosable", n), "must be a JSON pointer into the claims")
		}
		if slices.Contains(alwaysShown, firstToken(pointer)) {
			return malformed(point("/disclosable", n), firstToken(pointer)+" must not be selectively disclosed")
		}
		s.disclosable = append(s.disclosable, pointer)
	}
	if s.disclosable != nil {
		return nil
	}
	for _, name := range sortedKeys(s.claims) {
		if !slices.Contains(alwaysShown, name) && !slices.Contains(unnamedClaims, name) {
			s.disclosable = append(s.disclosable, point("", name))
		}
	}
	return nil
}

// firstToken is the member of the claims that a JSON pointer leads into.
func firstToken(pointer string) string {
	token, _, _ := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
	return strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
}

// checkClaims is everything that is refused when an SD-JWT VC is issued.
func (i *Issuer) checkClaims(credential map[string]any) (*model, error) {
	set, err := parseClaimSet(i, credential)
	if err != nil {
		return nil, err
	}
	m, err := checkClaimModel(set.claims)
	if err != nil {
		return nil, within(err, "/claims")
	}
	if _, err := claimEntries(set.claims); err != nil {
		return nil, within(err, "/claims")
	}
	return m, checkDisclosable(set.disclosable, alwaysShown, "/claims")
}
