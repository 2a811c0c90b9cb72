package sdjwt

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hanse-id/hanse/did/jcs"
)

// This file has the JWS JSON Serialization of SD-JWTs (RFC 9901 section 8; RFC 7515 section 7.2): disclosures and a KB-JWT stand in
// the unprotected header.

// Names in the unprotected header.
const (
	memberDisclosures = "disclosures"
	memberBinding     = "kb_jwt"
)

// maxIgnored bounds how many unprotected header members are remarked upon.
const maxIgnored = 16

// ParseJSON reads the flattened or the general JSON serialization, the latter with one signature: with several it would have to be
// said whose counts. Errors are those of Parse.
func ParseJSON(data []byte, limits Limits) (*Token, error) {
	limits = limits.withDefaults()
	if len(data) > limits.MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(data), limits.MaxBytes)
	}
	v, err := jcs.Parse(data, jcs.Limits{MaxBytes: limits.MaxBytes, MaxDepth: limits.MaxDepth})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%w: not an object", ErrMalformed)
	}
	return FromJSON(object, limits)
}

// IsJSON reports whether an object is the JSON serialization of a signature, so that FromJSON is the one to read it.
func IsJSON(object map[string]any) bool {
	_, payload := object["payload"]
	_, one := object["signature"]
	_, many := object["signatures"]
	return payload && (one || many)
}

// FromJSON is ParseJSON for an object as jcs.Parse returns it.
func FromJSON(object map[string]any, limits Limits) (*Token, error) {
	signature, err := flatten(object)
	if err != nil {
		return nil, err
	}
	header, ok := signature["header"].(map[string]any)
	if signature["header"] != nil && !ok {
		return nil, fmt.Errorf("%w: the unprotected header is not an object", ErrMalformed)
	}
	text, err := compact(object["payload"], signature, header)
	if err != nil {
		return nil, err
	}
	t, err := Parse(text, limits)
	if err != nil {
		return nil, err
	}
	return t, t.joinHeader(header)
}

// flatten takes the one signature out of the general serialization.
func flatten(object map[string]any) (map[string]any, error) {
	known := []string{"payload", "protected", "header", "signature"}
	signature := object
	if list, general := object["signatures"]; general {
		known = []string{"payload", "signatures"}
		all, _ := list.([]any)
		if len(all) != 1 {
			return nil, fmt.Errorf("%w: %d signatures, one expected", ErrMalformed, len(all))
		}
		var ok bool
		if signature, ok = all[0].(map[string]any); !ok {
			return nil, fmt.Errorf("%w: the signature is not an object", ErrMalformed)
		}
		if err := only(signature, "protected", "header", "signature"); err != nil {
			return nil, err
		}
	}
	return signature, only(object, known...)
}

// only refuses members that would mean nothing, and that nobody signed.
func only(object map[string]any, known ...string) error {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if !slices.Contains(known, name) {
			return fmt.Errorf("%w: member %.64q is not one of the JSON serialization", ErrMalformed, name)
		}
	}
	return nil
}

// compact writes the parts in the compact form, which says the same.
func compact(payload any, signature, header map[string]any) (string, error) {
	var b strings.Builder
	for i, part := range []any{signature["protected"], payload, signature["signature"]} {
		text, ok := part.(string)
		if !ok || !isBase64(text, false) {
			return "", fmt.Errorf("%w: protected, payload and signature must be base64url", ErrMalformed)
		}
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(text)
	}
	b.WriteByte('~')
	list, ok := header[memberDisclosures].([]any)
	if header[memberDisclosures] != nil && !ok {
		return "", fmt.Errorf("%w: disclosures is not an array", ErrMalformed)
	}
	for _, item := range list {
		text, ok := item.(string)
		if !ok || !isBase64(text, false) {
			return "", fmt.Errorf("%w: disclosures must be base64url", ErrMalformed)
		}
		b.WriteString(text)
		b.WriteByte('~')
	}
	if v, given := header[memberBinding]; given {
		text, ok := v.(string)
		if !ok || !isBase64(text, true) {
			return "", fmt.Errorf("%w: kb_jwt must be a JWT", ErrMalformed)
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

// isBase64 reports whether a text has only letters of base64url, and dots where they are allowed.
func isBase64(text string, dots bool) bool {
	return text != "" && !strings.ContainsFunc(text, func(c rune) bool {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
		return !letter && (!dots || c != '.')
	})
}

// joinHeader takes the key id out of the unprotected header: nobody signed it, and a wrong one finds a wrong key. Other members
// that would change how the signature is read must be protected (RFC 7515 sections 4.1.1 and 4.1.11), and none may be there twice.
func (t *Token) joinHeader(header map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(header)) {
		if _, twice := t.JWT.Header[name]; twice {
			return fmt.Errorf("%w: header member %.64q is protected and unprotected", ErrMalformed, name)
		}
		switch name {
		case memberDisclosures, memberBinding:
		case "kid":
			id, ok := header[name].(string)
			if !ok || id == "" {
				return fmt.Errorf("%w: kid is not a string", ErrMalformed)
			}
			t.JWT.KeyID = id
		case "alg", "crit", "b64", "typ", "cty", "enc", "zip":
			return fmt.Errorf("%w: header member %q must be protected", ErrMalformed, name)
		default:
			if len(t.JWT.Ignored) < maxIgnored { // nobody signed them: a report is no larger for a stranger's wish
				t.JWT.Ignored = append(t.JWT.Ignored, name[:min(len(name), 64)])
			}
		}
	}
	return nil
}

// Flattened writes the flattened JSON serialization of an SD-JWT in compact form.
func Flattened(text string) (map[string]any, error) {
	signature, payload, err := parts(text)
	if err != nil {
		return nil, err
	}
	signature["payload"] = payload
	return signature, nil
}

// General writes the general JSON serialization of an SD-JWT in compact form, with its one signature.
func General(text string) (map[string]any, error) {
	signature, payload, err := parts(text)
	if err != nil {
		return nil, err
	}
	return map[string]any{"payload": payload, "signatures": []any{signature}}, nil
}

func parts(text string) (signature map[string]any, payload string, err error) {
	t, err := Parse(text, Limits{})
	if err != nil {
		return nil, "", err
	}
	part := strings.Split(t.JWT.Compact, ".")
	disclosures := make([]any, len(t.Disclosures))
	for i, d := range t.Disclosures {
		disclosures[i] = d.Encoded
	}
	header := map[string]any{memberDisclosures: disclosures}
	if t.Binding != nil {
		header[memberBinding] = t.Binding.Compact
	}
	return map[string]any{"protected": part[0], "header": header, "signature": part[2]}, part[1], nil
}
