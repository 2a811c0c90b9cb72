package sdjwt

import (
	"fmt"
	"strings"

	"github.com/hanse-id/hanse/credentials/jose"
)

// Token is a parsed SD-JWT, with or without key binding.
type Token struct {
	JWT         *jose.Token // signed by the issuer
	Disclosures []Disclosure
	Binding     *jose.Token // KB-JWT; nil: none

	presented string // issuer's JWT and disclosures with their tildes: what sd_hash is over
	digest    digester
}

// Limits bound what Parse reads. Zero fields mean the defaults.
type Limits struct {
	MaxBytes       int // of the whole, default 1 MiB
	MaxDisclosures int // default 1,000
	MaxDepth       int // of JSON, and of disclosures within disclosures; default 32
}

func (l Limits) withDefaults() Limits {
	if l.MaxBytes <= 0 {
		l.MaxBytes = 1 << 20
	}
	if l.MaxDisclosures <= 0 {
		l.MaxDisclosures = 1000
	}
	if l.MaxDepth <= 0 {
		l.MaxDepth = 32
	}
	return l
}

// Parse reads the compact form: issuer's JWT, "~", disclosures each with "~", and possibly a KB-JWT (section 4). It checks the
// form of every part, and no signature. Errors wrap ErrTooLarge, ErrMalformed, ErrDisclosure, ErrAlgorithm or the errors of
// package jose.
func Parse(text string, limits Limits) (*Token, error) {
	limits = limits.withDefaults()
	if len(text) > limits.MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(text), limits.MaxBytes)
	}
	if n := strings.Count(text, "~"); n == 0 {
		return nil, fmt.Errorf("%w: no tilde: a JWT, but no SD-JWT", ErrMalformed)
	} else if n-1 > limits.MaxDisclosures {
		return nil, fmt.Errorf("%w: %d disclosures, at most %d", ErrTooLarge, n-1, limits.MaxDisclosures)
	}
	parts := strings.Split(text, "~")
	last := parts[len(parts)-1]
	t := &Token{presented: text[:len(text)-len(last)]}
	var err error
	bounds := jose.Limits{MaxBytes: limits.MaxBytes, MaxDepth: limits.MaxDepth}
	if t.JWT, err = jose.Parse(parts[0], bounds); err != nil {
		return nil, err
	}
	algorithm, given := t.JWT.Payload[nameAlgorithm]
	name, isText := algorithm.(string)
	if given && (!isText || name == "") {
		return nil, fmt.Errorf("%w: %s is not a string", ErrMalformed, nameAlgorithm)
	}
	if t.digest, err = digesterOf(name); err != nil {
		return nil, err
	}
	for i, encoded := range parts[1 : len(parts)-1] {
		d, err := parseDisclosure(encoded, limits)
		if err != nil {
			return nil, fmt.Errorf("disclosure %d: %w", i+1, err)
		}
		t.Disclosures = append(t.Disclosures, d)
	}
	if last != "" {
		if t.Binding, err = jose.Parse(last, bounds); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrBinding, err)
		}
	}
	return t, nil
}

// Claims replaces digests by what was disclosed and removes what was not (section 7.1, step 3). The result shares nothing
// with the token. Errors wrap ErrDisclosure or ErrMalformed.
func (t *Token) Claims() (map[string]any, error) {
	_, claims, err := t.open(false)
	return claims, err
}

// Hidden reports whether digests stay closed: something may be withheld, or they are decoys. It is false for what Claims refuses.
func (t *Token) Hidden() bool {
	o, _, err := t.open(false)
	return err == nil && o.closed
}

// maxDepth bounds disclosures within disclosures; each level was bounded when it was parsed.
const maxDepth = 64
