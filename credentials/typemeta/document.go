package typemeta

import (
	"errors"
	"fmt"

	"github.com/hanse-id/hanse/did/jcs"
)

// What Parse, Resolve and CheckIntegrity can say.
var (
	ErrMalformed = errors.New("malformed type metadata")
	ErrIntegrity = errors.New("type metadata differs from its integrity")
	ErrExtends   = errors.New("type cannot be extended so") // a circle, a chain that is too long, or a rule that would be lifted
	ErrUnknown   = errors.New("type metadata not known")    // for sources: there is none
)

// Bounds of a document.
const (
	MaxBytes   = 256 << 10
	maxDepth   = 24
	maxClaims  = 1000
	maxPath    = 16
	maxName    = 256 // bytes of a step of a path
	maxDisplay = 100
	maxText    = 4096
)

// Document is one type metadata document.
type Document struct {
	VCT              string // the type it is about
	Name             string // for developers, like Description
	Description      string
	Extends          string // another type; empty: none
	ExtendsIntegrity string // of the other type's document; empty: none
	Display          []Display
	Claims           []Claim
	Schema           any    // a JSON Schema, as drafts until 2025 had it; nil: none
	SchemaURI        string // or where one is; empty: none
}

// Display is how a type is shown in one language.
type Display struct {
	Locale      string // language tag (RFC 5646)
	Name        string
	Description string
	Rendering   map[string]any // as it stands there; nil: none
}

// Claim is what a type says of some claims.
type Claim struct {
	Path      Path
	Display   []ClaimDisplay
	Mandatory bool // the issuer must put it into the credential
	SD        SD
	SVGID     string // of its place in an SVG template; empty: none
}

// ClaimDisplay is how a claim is called in one language.
type ClaimDisplay struct {
	Locale      string
	Label       string
	Description string
}

// SD says whether a claim is selectively disclosable.
type SD string

// The values of sd.
const (
	Allowed SD = "allowed" // the issuer may make it so; the default
	Always  SD = "always"  // the issuer must
	Never   SD = "never"   // the issuer must not
)

// Parse reads a type metadata document. Members that are not known are ignored. Errors wrap ErrMalformed and name the member.
func Parse(data []byte) (*Document, error) {
	v, err := jcs.Parse(data, jcs.Limits{MaxBytes: MaxBytes, MaxDepth: maxDepth})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%w: not an object", ErrMalformed)
	}
	r := &reader{}
	d := &Document{
		VCT: r.text(object, "", "vct", true), Name: r.text(object, "", "name", false),
		Description: r.text(object, "", "description", false), Extends: r.text(object, "", "extends", false),
		ExtendsIntegrity: r.text(object, "", "extends#integrity", false),
	}
	for i, item := range r.list(object, "", "display", maxDisplay) {
		d.Display = append(d.Display, r.display(item, fmt.Sprintf("/display/%d", i)))
	}
	for i, item := range r.list(object, "", "claims", maxClaims) {
		d.Claims = append(d.Claims, r.claim(item, fmt.Sprintf("/claims/%d", i)))
	}
	d.Schema, d.SchemaURI = object["schema"], r.text(object, "", "schema_uri", false)
	if _, both := object["schema"]; both && d.SchemaURI != "" {
		r.fail("/schema_uri", "must not stand beside schema")
	}
	r.unique(d.Claims)
	if r.err != nil {
		return nil, r.err
	}
	return d, nil
}
