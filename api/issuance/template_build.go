package issuance

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/credentials/schema"
)

// contextV2 begins every document of the VC Data Model 2.0.
const contextV2 = "https://www.w3.org/ns/credentials/v2"

// build makes the credential of a template out of {"claims": {…}, "subject"?, "id"?}: the claims are checked first. The result is what
// the form takes: a document of the VC data model, or {claims, vct} of an SD-JWT VC.
func (t Template) build(s *Service, i *issuing, request map[string]any) (map[string]any, error) {
	for name := range request {
		if !slices.Contains([]string{"claims", "subject", "id"}, name) {
			return nil, refuse(ErrRequest, "/"+escape(name), "unknown member; with a template known are claims, subject, id")
		}
	}
	claims, ok := request["claims"].(map[string]any)
	if !ok {
		return nil, refuse(ErrRequest, "/claims", "claims must be an object")
	}
	subject, err := optionalText(request, "subject")
	if err != nil {
		return nil, err
	}
	id, err := optionalText(request, "id")
	if err != nil {
		return nil, err
	}
	if err := t.check(s.compiled, claims); err != nil {
		return nil, err
	}
	now := s.opts.Now().UTC().Truncate(time.Second)
	if t.form(i).Claims() {
		return t.token(claims, subject, id, now)
	}
	return t.document(i, claims, subject, id, now)
}

// optionalText reads a member that is a non-empty string if it is there.
func optionalText(request map[string]any, name string) (string, error) {
	value, has := request[name]
	if !has {
		return "", nil
	}
	text, ok := value.(string)
	if !ok || text == "" {
		return "", refuse(ErrRequest, "/"+name, "must be a non-empty string")
	}
	return text, nil
}

// document is a credential of the VC data model.
func (t Template) document(i *issuing, claims map[string]any, subject, id string, now time.Time) (map[string]any, error) {
	about := maps.Clone(claims)
	if _, has := about["id"]; has {
		return nil, refuse(ErrInvalid, "/claims/id", "the subject's id is given as subject")
	}
	if subject != "" {
		about["id"] = subject
	}
	credential := map[string]any{
		"@context": list(append([]string{contextV2}, t.Contexts...)), "type": list(append([]string{"VerifiableCredential"}, t.Types...)),
		"issuer": string(i.DID), "validFrom": now.Format(time.RFC3339), "credentialSubject": about,
	}
	if id != "" {
		credential["id"] = id
	}
	if t.Validity > 0 {
		credential["validUntil"] = now.Add(time.Duration(t.Validity) * time.Second).Format(time.RFC3339)
	}
	if t.Schema != nil {
		entry := map[string]any{"id": t.Schema.ID, "type": credentials.SchemaType}
		if t.Schema.DigestSRI != "" {
			entry["digestSRI"] = t.Schema.DigestSRI
		}
		credential["credentialSchema"] = entry
	}
	return credential, nil
}

// reservedClaims are what the template and the issuer write into an SD-JWT VC.
var reservedClaims = []string{"iss", "vct", "iat", "nbf", "exp", "status", "sub", "jti", "cnf"}

// token is what an SD-JWT VC is made of.
func (t Template) token(claims map[string]any, subject, id string, now time.Time) (map[string]any, error) {
	for _, name := range reservedClaims {
		if _, has := claims[name]; has {
			return nil, refuse(ErrInvalid, "/claims/"+name, "is not the caller's to say")
		}
	}
	all := maps.Clone(claims)
	all["iat"] = now.Unix()
	if t.Validity > 0 {
		all["exp"] = now.Unix() + t.Validity
	}
	if subject != "" {
		all["sub"] = subject
	}
	if id != "" {
		all["jti"] = id
	}
	return map[string]any{"claims": all, "vct": t.VCT}, nil
}

// check holds claims against the template: listed, of their type, complete, and as the schema says.
func (t Template) check(compiled *schema.Cache, claims map[string]any) error {
	for _, c := range t.Claims {
		value, has := at(claims, c.Path)
		switch {
		case !has && c.Required:
			return refuse(ErrInvalid, "/claims"+c.Path, "the template "+t.Name+" requires this claim")
		case has && !isType(value, c.Type):
			return refuse(ErrInvalid, "/claims"+c.Path, "must be of type "+c.Type)
		}
	}
	if len(t.Claims) > 0 {
		if path := t.unlisted(claims, ""); path != "" {
			return refuse(ErrInvalid, "/claims"+path, "is not a claim of the template "+t.Name)
		}
	}
	if t.ClaimsSchema == nil {
		return nil
	}
	claimed, err := compiled.Compile(t.ClaimsSchema, schema.Options{})
	if err == nil {
		err = claimed.Validate(claims)
	}
	if invalid, ok := errors.AsType[*schema.InvalidError](err); ok {
		return refuse(ErrInvalid, "/claims"+invalid.Violations[0].Pointer, "breaks the claims' schema: "+invalid.Error())
	}
	if err != nil {
		return refuse(ErrInvalid, "/claims", "cannot be held against the claims' schema: "+err.Error())
	}
	return nil
}

// unlisted is the first place that no claim of the template covers; "" if there is none. A claim covers everything inside of it, and
// an object that has claims inside is gone into.
func (t Template) unlisted(object map[string]any, prefix string) string {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		path := prefix + "/" + escape(name)
		if slices.ContainsFunc(t.Claims, func(c TemplateClaim) bool { return c.Path == path }) {
			continue
		}
		inner, ok := object[name].(map[string]any)
		if !ok || !slices.ContainsFunc(t.Claims, func(c TemplateClaim) bool { return strings.HasPrefix(c.Path, path+"/") }) {
			return path
		}
		if found := t.unlisted(inner, path); found != "" {
			return found
		}
	}
	return ""
}

// at finds the value that a JSON pointer names.
func at(value any, pointer string) (any, bool) {
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		token = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		switch v := value.(type) {
		case map[string]any:
			next, ok := v[token]
			if !ok {
				return nil, false
			}
			value = next
		case []any:
			n, err := strconv.Atoi(token)
			if err != nil || n < 0 || n >= len(v) || strconv.Itoa(n) != token {
				return nil, false
			}
			value = v[n]
		default:
			return nil, false
		}
	}
	return value, true
}

// isType reports whether a value is of a type of JSON Schema; every value is of type "".
func isType(value any, name string) bool {
	switch v := value.(type) {
	case string:
		return name == "" || name == "string"
	case bool:
		return name == "" || name == "boolean"
	case map[string]any:
		return name == "" || name == "object"
	case []any:
		return name == "" || name == "array"
	case int64, int:
		return name == "" || name == "number" || name == "integer"
	case json.Number:
		return name == "" || name == "number" || name == "integer" && !strings.ContainsAny(string(v), ".eE")
	case float64:
		return name == "" || name == "number"
	}
	return name == ""
}

// escape escapes a member's name for a JSON pointer.
func escape(name string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(name) }

func list(texts []string) []any {
	all := make([]any, len(texts))
	for i, text := range texts {
		all[i] = text
	}
	return all
}

// accredited refuses to issue what the template wants an accreditation for, and the issuer has none.
func (t Template) accredited(result credentials.TrustResult) error {
	if result.Accredited {
		return nil
	}
	reason := result.Reason
	if reason == "" {
		reason = "no accreditation was found"
	}
	return refuse(ErrNotAccredited, "", fmt.Sprintf("the issuer may not issue what template %s makes: %s", t.Name, reason))
}
