package sdjwt

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hanse-id/hanse/credentials/jose"
	"github.com/hanse-id/hanse/did/keystore"
)

// IssueOptions say how claims become an SD-JWT.
type IssueOptions struct {
	Type        string // typ: "dc+sd-jwt", "vc+sd-jwt"
	ContentType string // cty; left out if empty
	KeyID       string // kid
	// Disclosable are JSON pointers (RFC 6901) of what the holder may withhold: object members and array elements, also
	// within each other.
	Disclosable []string
	Decoys      int // digests of nothing that are added to every object with digests, so that their number says less
}

// Issue makes an SD-JWT with all its disclosures. A pointer that names nothing, or the same place twice, is ErrMalformed.
func Issue(ctx context.Context, claims map[string]any, signer keystore.Signer, o IssueOptions) (string, error) {
	pointers := slices.Clone(o.Disclosable)
	// Deepest first: what is disclosed inside is closed before what is around it.
	slices.SortFunc(pointers, func(a, b string) int {
		if d := strings.Count(b, "/") - strings.Count(a, "/"); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	payload, _ := clone(claims).(map[string]any)
	if err := reserved(payload); err != nil {
		return "", err
	}
	c := &closing{}
	c.digest, _ = digesterOf("")
	for _, p := range pointers {
		if err := c.close(payload, p); err != nil {
			return "", err
		}
	}
	if len(c.disclosures) > 0 {
		payload[nameAlgorithm] = "sha-256"
		if err := c.finish(payload, o.Decoys); err != nil {
			return "", err
		}
	}
	compact, err := jose.Sign(ctx, payload, signer, jose.SignOptions{Type: o.Type, ContentType: o.ContentType, KeyID: o.KeyID})
	if err != nil {
		return "", err
	}
	return join(compact, c.disclosures), nil
}

func join(compact string, disclosures []Disclosure) string {
	var b strings.Builder
	b.WriteString(compact)
	b.WriteByte('~')
	for _, d := range disclosures {
		b.WriteString(d.Encoded)
		b.WriteByte('~')
	}
	return b.String()
}

// closing replaces claims by digests.
type closing struct {
	digest      digester
	disclosures []Disclosure
}

// close replaces the place that a pointer names.
func (c *closing) close(payload map[string]any, at string) error {
	segments := strings.Split(at, "/")
	if len(segments) < 2 || segments[0] != "" {
		return fmt.Errorf("%w: %.64q is no JSON pointer to a claim", ErrMalformed, at)
	}
	var parent any = payload
	for _, segment := range segments[1 : len(segments)-1] {
		parent = step(parent, unescape(segment))
	}
	last := unescape(segments[len(segments)-1])
	value := step(parent, last)
	if value == nil {
		return fmt.Errorf("%w: disclosable %.64q names nothing", ErrMalformed, at)
	}
	if present, ok := value.(*any); ok {
		value = *present
	}
	if m, ok := value.(map[string]any); ok && m[nameElement] != nil {
		return fmt.Errorf("%w: disclosable %.64q is named twice", ErrMalformed, at)
	}
	list, isList := parent.([]any)
	name := last
	if isList {
		name = ""
	}
	d, err := newDisclosure(name, isList, value)
	if err != nil {
		return err
	}
	digest := c.digest(d.Encoded)
	if isList {
		i, _ := strconv.Atoi(last)
		list[i] = map[string]any{nameElement: digest}
	} else {
		object := parent.(map[string]any)
		delete(object, last)
		digests, _ := object[nameDigests].([]any)
		object[nameDigests] = append(digests, digest)
	}
	c.disclosures = append(c.disclosures, d)
	return nil
}

// step goes to a member or element; nil if there is none. A JSON null that is there is a pointer to nil.
func step(v any, name string) any {
	var found any
	switch v := v.(type) {
	case map[string]any:
		value, ok := v[name]
		if !ok || name == nameDigests {
			return nil
		}
		found = value
	case []any:
		i, err := strconv.Atoi(name)
		if err != nil || i < 0 || i >= len(v) || strconv.Itoa(i) != name {
			return nil
		}
		found = v[i]
	default:
		return nil
	}
	if found == nil {
		return new(any)
	}
	return found
}

// finish adds decoys and orders digests, so that their places say nothing.
func (c *closing) finish(v any, decoys int) error {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			if err := c.finish(item, decoys); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if err := c.finish(v[name], decoys); err != nil {
				return err
			}
		}
		digests, ok := v[nameDigests].([]any)
		if !ok {
			return nil
		}
		for range decoys {
			var random [32]byte
			if _, err := rand.Read(random[:]); err != nil {
				return err
			}
			digests = append(digests, c.digest(string(random[:])))
		}
		slices.SortFunc(digests, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
		v[nameDigests] = digests
	}
	return nil
}

// reserved refuses claims with the names that RFC 9901 keeps for itself.
func reserved(v any) error {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			if err := reserved(item); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if name == nameDigests || name == nameElement || name == nameAlgorithm {
				return fmt.Errorf("%w: a claim must not be named %q", ErrMalformed, name)
			}
			if err := reserved(v[name]); err != nil {
				return err
			}
		}
	}
	return nil
}

func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, value := range v {
			out[name] = clone(value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			out[i] = clone(value)
		}
		return out
	}
	return v
}

func unescape(segment string) string {
	return strings.ReplaceAll(strings.ReplaceAll(segment, "~1", "/"), "~0", "~")
}
