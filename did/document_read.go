package did

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/hanse-id/hanse/did/jcs"
)

// DocumentError says which member of a document is wrong. It is an ErrInvalidDocument.
type DocumentError struct {
	Pointer string // RFC 6901, in the document
	Detail  string
}

func (e *DocumentError) Error() string {
	return fmt.Sprintf("%v: %s: %s", ErrInvalidDocument, strconv.QuoteToASCII(e.Pointer), e.Detail)
}

// Unwrap returns ErrInvalidDocument.
func (e *DocumentError) Unwrap() error { return ErrInvalidDocument }

// at makes a DocumentError; tokens are joined to the pointer.
func at(detail string, tokens ...string) error {
	return &DocumentError{Pointer: pointer(tokens...), Detail: detail}
}

// pointer joins tokens to a JSON pointer (RFC 6901).
func pointer(tokens ...string) string {
	var b strings.Builder
	for _, t := range tokens {
		b.WriteByte('/')
		b.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(t))
	}
	return b.String()
}

// under puts tokens before the pointer of a DocumentError that came from further in.
func under(err error, tokens ...string) error {
	var inner *DocumentError
	if !errors.As(err, &inner) {
		return err
	}
	return &DocumentError{Pointer: pointer(tokens...) + inner.Pointer, Detail: inner.Detail}
}

// ParseDocument reads a document from JSON strictly and checks it against DID Core; the error names the member (JSON
// pointer). Errors: *DocumentError (an ErrInvalidDocument), or ErrInvalidDocument around a *jcs.Error.
func ParseDocument(data []byte) (*Document, error) {
	v, err := jcs.Parse(data, jcs.Limits{})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalidDocument, err)
	}
	d, err := DocumentFromValue(v)
	if err != nil {
		return nil, err
	}
	if err := d.Validate(); err != nil {
		return nil, err
	}
	return d, nil
}

// DocumentFromValue reads a document from what jcs.Parse or jcs.ParseIntegers returned. It checks the shape of every member
// and nothing more: this is for documents that were validated before they were stored. *DocumentError otherwise.
func DocumentFromValue(v any) (*Document, error) {
	members, ok := v.(map[string]any)
	if !ok {
		return nil, at("object expected")
	}
	d := &Document{}
	for name, member := range members { // order does not matter: members are independent; the first error in it is not state
		if err := d.read(name, member); err != nil {
			return nil, under(err, name)
		}
	}
	return d, nil
}

func (d *Document) read(name string, v any) (err error) {
	switch name {
	case "@context":
		d.Context = set(v)
	case "id":
		var s string
		s, err = text(v)
		d.ID = DID(s)
	case "alsoKnownAs":
		d.AlsoKnownAs, err = list(v, text)
	case "controller":
		var names []string
		names, err = each(set(v), text)
		for _, s := range names {
			d.Controller = append(d.Controller, DID(s))
		}
	case "verificationMethod":
		d.VerificationMethod, err = list(v, readMethod)
	case "service":
		d.Service, err = list(v, readService)
	case "authentication", "assertionMethod", "keyAgreement", "capabilityInvocation", "capabilityDelegation":
		if d.Relationships == nil {
			d.Relationships = make(map[Relationship][]Reference, len(relationships))
		}
		d.Relationships[Relationship(name)], err = list(v, readReference)
	default:
		if d.Extra == nil {
			d.Extra = map[string]any{}
		}
		d.Extra[name] = v
	}
	return err
}

func readMethod(v any) (VerificationMethod, error) {
	var m VerificationMethod
	members, ok := v.(map[string]any)
	if !ok {
		return m, at("object expected")
	}
	for name, member := range members {
		var err error
		switch name {
		case "id":
			m.ID, err = text(member)
		case "type":
			m.Type, err = text(member)
		case "controller":
			var s string
			s, err = text(member)
			m.Controller = DID(s)
		case "publicKeyMultibase":
			if m.PublicKeyMultibase, err = text(member); err == nil && m.PublicKeyMultibase == "" {
				err = at("empty")
			}
		case "publicKeyJwk":
			if m.PublicKeyJWK, ok = member.(map[string]any); !ok {
				err = at("object expected")
			}
		default:
			if m.Extra == nil {
				m.Extra = map[string]any{}
			}
			m.Extra[name] = member
		}
		if err != nil {
			return m, under(err, name)
		}
	}
	return m, nil
}

func readReference(v any) (Reference, error) {
	if s, ok := v.(string); ok {
		return Reference{URL: s}, nil
	}
	m, err := readMethod(v)
	if err != nil {
		return Reference{}, err
	}
	return Reference{Embedded: &m}, nil
}

func readService(v any) (Service, error) {
	var s Service
	members, ok := v.(map[string]any)
	if !ok {
		return s, at("object expected")
	}
	for name, member := range members {
		var err error
		switch name {
		case "id":
			s.ID, err = text(member)
		case "type":
			s.Type, err = each(set(member), text)
		case "serviceEndpoint":
			s.Endpoint = member
		default:
			if s.Extra == nil {
				s.Extra = map[string]any{}
			}
			s.Extra[name] = member
		}
		if err != nil {
			return s, under(err, name)
		}
	}
	return s, nil
}

func text(v any) (string, error) {
	s, ok := v.(string)
	if !ok {
		return "", at("string expected")
	}
	return s, nil
}

// set returns the values of a member that is one value or a list of them.
func set(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

func list[T any](v any, read func(any) (T, error)) ([]T, error) {
	items, ok := v.([]any)
	if !ok {
		return nil, at("list expected")
	}
	return each(items, read)
}

func each[T any](items []any, read func(any) (T, error)) ([]T, error) {
	out := make([]T, 0, len(items))
	for i, item := range items {
		t, err := read(item)
		if err != nil {
			return nil, under(err, strconv.Itoa(i))
		}
		out = append(out, t)
	}
	return out, nil
}
