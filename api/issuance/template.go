package issuance

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/credentials/schema"
)

// Template is a credential type of an issuer: what it makes of claims. Claims that do not fit are refused before anything is signed.
type Template struct {
	Name   string `json:"name"`   // 1 to 64 of a–z, 0–9, '.', '_' and '-'
	Issuer string `json:"issuer"` // the issuer's name
	// Title and Description are for people: what the credential is called.
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	// Form is one of the issuer's forms; empty: its default.
	Form credentials.Form `json:"form,omitempty"`
	// Types beside VerifiableCredential, and contexts beside that of the VC Data Model 2.0. Not for dc+sd-jwt, which has VCT.
	Types    []string `json:"types,omitempty"`
	Contexts []string `json:"contexts,omitempty"`
	VCT      string   `json:"vct,omitempty"`
	// Claims lists what may be said; empty: anything. What is not listed is refused.
	Claims []TemplateClaim `json:"claims,omitempty"`
	// ClaimsSchema is a JSON Schema 2020-12 that the claims must satisfy, without id of the subject.
	ClaimsSchema json.RawMessage `json:"claimsSchema,omitempty"`
	// Schema is what the credential names as its credentialSchema; it is evaluated where it is known here.
	Schema *TemplateSchema `json:"schema,omitempty"`
	// RequireSchema refuses to issue where Schema is not known here.
	RequireSchema bool `json:"requireSchema,omitempty"`
	// Validity is how long a credential holds from when it is issued, in seconds; 0: without end.
	Validity int64 `json:"validity,omitempty"`
	// Purposes are the status purposes, some of the issuer's; empty: all of them. ["none"]: no status.
	Purposes []string `json:"purposes,omitempty"`
	// Accreditation refuses to issue while the issuer has no accreditation for the type.
	Accreditation bool `json:"accreditation,omitempty"`
	// Mandatory are JSON pointers of what holders must show (ecdsa-sd-2023).
	Mandatory []string `json:"mandatory,omitempty"`
	// Disclosable are JSON pointers of what holders may withhold (SD-JWT forms); null: the form's default. Decoys hide their number.
	Disclosable []string `json:"disclosable,omitempty"`
	Decoys      int      `json:"decoys,omitempty"`

	fixed bool // from the configuration
}

// TemplateClaim is one claim of a template.
type TemplateClaim struct {
	// Path is a JSON pointer into the claims: "/degree/name".
	Path string `json:"path"`
	// Title is for people. Type is a type of JSON Schema ("string", "number", "integer", "boolean", "object", "array"); empty: any.
	Title    string `json:"title,omitempty"`
	Type     string `json:"type,omitempty"`
	Required bool   `json:"required,omitempty"`
}

// TemplateSchema is the credentialSchema of a template's credentials (VC JSON Schema 1.0, type JsonSchema).
type TemplateSchema struct {
	ID        string `json:"id"`
	DigestSRI string `json:"digestSRI,omitempty"`
}

// Bounds of a template.
const (
	maxTemplateBytes = 512 << 10
	maxTemplateDepth = 32
	maxTemplateItems = 256 // of any list
	maxTemplateText  = 2048
	maxDecoys        = 100
	maxValidity      = 100 * 366 * 24 * time.Hour
)

// Fixed reports whether the template is the configuration's, which the API does not change.
func (t Template) Fixed() bool { return t.fixed }

// ParseTemplate reads a template strictly: duplicate and unknown members are refused. The name may be missing: see Validate.
func ParseTemplate(data []byte) (Template, error) {
	var t Template
	err := readConfiguration(data, "template", maxTemplateBytes, &t)
	return t, err
}

// Validate checks what can be checked without the issuer; the error is a *Refusal that names the member.
func (t Template) Validate() error {
	if !issuerName.MatchString(t.Name) {
		return invalid("/name", "template name %.80q: want 1 to 64 of a-z, 0-9, '.', '_', '-'", t.Name)
	}
	for _, check := range []func() error{t.checkLists, t.checkClaims, t.checkSchemas} {
		if err := check(); err != nil {
			return err
		}
	}
	switch {
	case t.Validity < 0 || t.Validity > int64(maxValidity/time.Second):
		return invalid("/validity", "template %s: validity %d: want seconds, at most 100 years", t.Name, t.Validity)
	case t.Decoys < 0 || t.Decoys > maxDecoys:
		return invalid("/decoys", "template %s: decoys %d: want 0 to %d", t.Name, t.Decoys, maxDecoys)
	}
	return nil
}

// checkLists bounds the lists and their texts.
func (t Template) checkLists() error {
	for _, member := range []struct {
		name string
		list []string
	}{{"types", t.Types}, {"contexts", t.Contexts}, {"purposes", t.Purposes}, {"mandatory", t.Mandatory}, {"disclosable", t.Disclosable},
		{"title", []string{t.Title}}, {"description", []string{t.Description}}, {"vct", []string{t.VCT}}} {
		if len(member.list) > maxTemplateItems || slices.ContainsFunc(member.list, func(s string) bool { return len(s) > maxTemplateText }) {
			return t.wrong("/"+member.name, "%s: at most %d of at most %d bytes each", member.name, maxTemplateItems, maxTemplateText)
		}
	}
	for name, list := range map[string][]string{"mandatory": t.Mandatory, "disclosable": t.Disclosable} {
		for n, p := range list {
			if p != "" && !jsonPointer.MatchString(p) {
				return t.wrong(fmt.Sprintf("/%s/%d", name, n), "%.80q is not a JSON pointer", p)
			}
		}
	}
	return nil
}

// jsonPointer is RFC 6901, other than the whole document.
var jsonPointer = regexp.MustCompile(`^(/([^~/]|~[01])*)+$`)

// claimTypes are the types that a claim may have.
var claimTypes = []string{"", "string", "number", "integer", "boolean", "object", "array"}

func (t Template) checkClaims() error {
	if len(t.Claims) > maxTemplateItems {
		return t.wrong("/claims", "%d claims, at most %d", len(t.Claims), maxTemplateItems)
	}
	for n, c := range t.Claims {
		switch {
		case len(c.Path) > maxTemplateText || !jsonPointer.MatchString(c.Path):
			return t.wrong(fmt.Sprintf("/claims/%d/path", n), "claim %d: path %.80q is not a JSON pointer to a claim", n, c.Path)
		case c.Path == "/id":
			return t.wrong(fmt.Sprintf("/claims/%d/path", n), "claim %d: id is the subject's, and no claim", n)
		case !slices.Contains(claimTypes, c.Type):
			return t.wrong(fmt.Sprintf("/claims/%d/type", n), "claim %d: type %.80q is none of %q", n, c.Type, claimTypes[1:])
		case len(c.Title) > maxTemplateText:
			return t.wrong(fmt.Sprintf("/claims/%d/title", n), "claim %d: title is longer than %d bytes", n, maxTemplateText)
		case slices.ContainsFunc(t.Claims[:n], func(other TemplateClaim) bool { return other.Path == c.Path }):
			return t.wrong(fmt.Sprintf("/claims/%d/path", n), "claim %d: path %.80q is listed twice", n, c.Path)
		}
	}
	return nil
}

func (t Template) checkSchemas() error {
	if t.ClaimsSchema != nil {
		if _, err := schema.Compile(t.ClaimsSchema, schema.Options{}); err != nil {
			return t.wrong("/claimsSchema", "claimsSchema: %v", err)
		}
	}
	if t.Schema == nil && t.RequireSchema {
		return t.wrong("/requireSchema", "requireSchema: the template names no schema")
	}
	if t.Schema != nil && t.Schema.ID == "" {
		return t.wrong("/schema/id", "schema: id is missing")
	}
	return nil
}

// fits checks a template against its issuer, with a credential that says nothing of its subject.
func (t Template) fits(s *Service, i *issuing) error {
	if err := t.Validate(); err != nil {
		return err
	}
	if err := t.suits(i); err != nil {
		return err
	}
	sample, err := t.sample(s, i)
	if err != nil {
		return err
	}
	err = i.signers[t.form(i)].CheckIssuable(sample)
	if problem, ok := errors.AsType[*credentials.ProblemError](err); ok {
		return t.wrong(templatePointer(problem.Problem.Pointer), "no credential can be made of it: %v", err)
	}
	return err
}

// sample is a credential of the template that says nothing of its subject.
func (t Template) sample(s *Service, i *issuing) (map[string]any, error) {
	t.Claims, t.ClaimsSchema = nil, nil
	return t.build(s, i, map[string]any{"claims": map[string]any{}, "subject": "did:example:subject"})
}

// templatePointer says which member of a template makes what stands at a place of its credentials; "" where it is none.
func templatePointer(at string) string {
	for _, of := range []struct{ made, by string }{{"/@context/", "/contexts/"}, {"/type/", "/types/"}} {
		if rest, ok := strings.CutPrefix(at, of.made); ok {
			if n, err := strconv.Atoi(rest); err == nil && n > 0 { // the first is the data model's
				return of.by + strconv.Itoa(n-1)
			}
		}
	}
	switch {
	case at == "/vct" || at == "/claims/vct":
		return "/vct"
	case strings.HasPrefix(at, "/credentialSchema"):
		return "/schema" + strings.TrimPrefix(at, "/credentialSchema")
	}
	return ""
}

// wrong refuses a template for the member that pointer names.
func (t Template) wrong(pointer, format string, args ...any) error {
	return invalid(pointer, "template %s: %s", t.Name, fmt.Sprintf(format, args...))
}

// suits reports whether a template is one for its issuer, as that is configured now.
func (t Template) suits(i *issuing) error {
	form := t.form(i)
	switch {
	case i.signers[form] == nil:
		return invalid("/form", "template %s: form: issuer %s does not make %s; it makes %s", t.Name, i.Name, form, i.makes())
	case form.Claims() && (t.VCT == "" || len(t.Types)+len(t.Contexts) > 0 || t.Schema != nil):
		return invalid("/vct", "template %s: %s has a vct, and neither types, contexts nor schema", t.Name, form)
	case !form.Claims() && t.VCT != "":
		return invalid("/vct", "template %s: vct: only %s has one", t.Name, credentials.FormSDJWTVC)
	case len(t.Mandatory) > 0 && form != credentials.FormECDSASD:
		return invalid("/mandatory", "template %s: mandatory: only %s knows mandatory pointers", t.Name, credentials.FormECDSASD)
	case (t.Disclosable != nil || t.Decoys > 0) && !discloses(form):
		return invalid("/disclosable", "template %s: disclosable, decoys: %s has no disclosures", t.Name, form)
	}
	for n, pointer := range t.Disclosable {
		if !form.MayWithhold(pointer) {
			return t.wrong(fmt.Sprintf("/disclosable/%d", n), "disclosable: %.80q must not be selectively disclosed", pointer)
		}
	}
	_, err := t.purposes(i)
	return err
}

// form is the securing form that the template has at an issuer.
func (t Template) form(i *issuing) credentials.Form {
	if t.Form == "" {
		return i.Form
	}
	return t.Form
}

// purposes are the status purposes of the template's credentials, which must be the issuer's.
func (t Template) purposes(i *issuing) ([]string, error) {
	switch {
	case len(t.Purposes) == 0:
		return i.purposes(), nil
	case len(t.Purposes) == 1 && t.Purposes[0] == noStatus:
		return nil, nil
	}
	if err := checkPurposes(t.Purposes); err != nil {
		return nil, t.wrong("/purposes", "%v", err)
	}
	for _, p := range t.Purposes {
		if !slices.Contains(i.purposes(), p) {
			return nil, invalid("/purposes", "template %s: purpose %q is not one of issuer %s", t.Name, p, i.Name)
		}
	}
	return t.Purposes, nil
}

// discloses reports whether holders of a form's credentials may withhold claims by disclosures.
func discloses(form credentials.Form) bool {
	return form == credentials.FormSDJWT || form == credentials.FormSDJWTVC
}
