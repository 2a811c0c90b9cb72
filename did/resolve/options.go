package resolve

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/hanse-id/hanse/did"
)

// Options are resolution and dereferencing options (DID Resolution 4.1, 5.1). The zero value asks for the present version.
type Options struct {
	Accept                   string           // as in an Accept header; for the binding, Resolve does not look at it
	VersionID                string           // not together with VersionTime
	VersionTime              time.Time        // the last version whose time is not later
	ExpandRelativeURLs       bool             // make relative DID URLs in the document absolute
	NoCache                  bool             // resolvers that cache see it with NoCache(ctx)
	VerificationRelationship did.Relationship // the dereferenced method must be in this relationship
	Proof                    bool             // attach a proof of the document to its metadata
}

// ErrNoProof is what a Prover says when it has no proof for a version.
var ErrNoProof = errors.New("no proof for this DID")

// Prover is a resolver that can prove what it answered. The maps are the items of didDocumentMetadata.proof.
type Prover interface {
	Prove(ctx context.Context, v did.Version) ([]map[string]any, error)
}

// ParseOptions reads options from JSON members, as a POST carries them. Names that are not known are FEATURE_NOT_SUPPORTED
// (DID Resolution 4.4 step 3), values that do not fit INVALID_OPTIONS. The error is an *Error.
func ParseOptions(members map[string]any) (Options, error) {
	var o Options
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if err := o.set(name, members[name]); err != nil {
			return Options{}, err
		}
	}
	if err := o.validate(); err != nil {
		return Options{}, err
	}
	return o, nil
}

// ParseQuery reads options from the query string of a GET, after the '?'. Booleans are "true" or "false".
// Errors are those of ParseOptions; a name that is given twice is INVALID_OPTIONS.
func ParseQuery(query string) (Options, error) {
	params, err := parseParams(query)
	if err != nil {
		return Options{}, fail(InvalidOptions, err.Error())
	}
	var o Options
	for _, p := range params {
		if err := o.setText(p.name, p.value); err != nil {
			return Options{}, err
		}
	}
	if err := o.validate(); err != nil {
		return Options{}, err
	}
	return o, nil
}

// setText sets an option from its text form, in which booleans are words.
func (o *Options) setText(name, value string) *Error {
	switch name {
	case "expandRelativeUrls", "noCache", "proof":
		if value != "true" && value != "false" {
			return fail(InvalidOptions, name+" is neither true nor false")
		}
		return o.set(name, value == "true")
	}
	return o.set(name, value)
}

func (o *Options) set(name string, v any) *Error {
	switch name {
	case "accept":
		return assign(&o.Accept, name, v)
	case "versionId":
		return o.setVersionID(v)
	case "versionTime":
		var s string
		if err := assign(&s, name, v); err != nil {
			return err
		}
		return o.setVersionTime(s)
	case "expandRelativeUrls":
		return assign(&o.ExpandRelativeURLs, name, v)
	case "noCache":
		return assign(&o.NoCache, name, v)
	case "proof":
		return assign(&o.Proof, name, v)
	case "verificationRelationship":
		var s string
		if err := assign(&s, name, v); err != nil {
			return err
		}
		o.VerificationRelationship = did.Relationship(s)
		return nil
	}
	return fail(FeatureNotSupported, "an option is not known")
}

func assign[T any](to *T, name string, v any) *Error {
	t, ok := v.(T)
	if !ok {
		return fail(InvalidOptions, name+" has the wrong type")
	}
	*to = t
	return nil
}

func (o *Options) setVersionID(v any) *Error {
	var s string
	if err := assign(&s, "versionId", v); err != nil {
		return err
	}
	if s == "" || len(s) > 256 || !isPrintable(s) {
		return fail(InvalidOptions, "versionId is not 1 to 256 printable characters")
	}
	if o.VersionID != "" && o.VersionID != s {
		return fail(InvalidOptions, "versionId is given twice")
	}
	o.VersionID = s
	return nil
}

func (o *Options) setVersionTime(s string) *Error {
	t, ok := parseDatetime(s)
	if !ok {
		return fail(InvalidOptions, "versionTime is not a time like 2026-01-01T00:00:00Z: UTC, without fraction or offset")
	}
	if !o.VersionTime.IsZero() && !o.VersionTime.Equal(t) {
		return fail(InvalidOptions, "versionTime is given twice")
	}
	o.VersionTime = t
	return nil
}

// parseDatetime reads the one form of DID Resolution 3.1.
func parseDatetime(s string) (time.Time, bool) {
	t, err := time.Parse("2006-01-02T15:04:05Z", s)
	return t, err == nil && len(s) == len("2006-01-02T15:04:05Z") && !t.IsZero()
}

// validate checks what the options say together.
func (o *Options) validate() *Error {
	if o.VersionID != "" && !o.VersionTime.IsZero() {
		return fail(InvalidOptions, "versionId and versionTime together")
	}
	if r := o.VerificationRelationship; r != "" && !slices.Contains(did.Relationships(), r) {
		return fail(InvalidOptions, "verificationRelationship is not one of DID Core")
	}
	return nil
}

func (o *Options) at() did.At { return did.At{VersionID: o.VersionID, Time: o.VersionTime} }

type noCacheKey struct{}

// NoCache reports whether the request that ctx belongs to asked for an answer that comes from no cache.
func NoCache(ctx context.Context) bool { return ctx.Value(noCacheKey{}) != nil }

// WithNoCache returns a context for which NoCache reports true.
func WithNoCache(ctx context.Context) context.Context {
	return context.WithValue(ctx, noCacheKey{}, true)
}
