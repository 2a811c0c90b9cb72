package typemeta

import (
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
)

// Integrity is integrity metadata (Subresource Integrity, section 3): the digests of the strongest function that was given.
type Integrity struct {
	size int
	sums [][]byte
}

// ParseIntegrity reads "sha256-…" or several of such, separated by spaces. Base64 is taken with either alphabet, with or without
// padding, because drafts of the specification differ. Errors wrap ErrIntegrity.
func ParseIntegrity(text string) (Integrity, error) {
	var in Integrity
	if len(text) > maxText {
		return in, fmt.Errorf("%w: longer than %d bytes", ErrIntegrity, maxText)
	}
	for _, expression := range strings.Fields(text) {
		expression, _, _ = strings.Cut(expression, "?")
		name, encoded, _ := strings.Cut(expression, "-")
		size := map[string]int{"sha256": 32, "sha384": 48, "sha512": 64}[name]
		if size == 0 {
			continue // a function that is not known says nothing (section 3.3.3)
		}
		sum, err := base64.RawURLEncoding.DecodeString(strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(encoded, "=")))
		if err != nil || len(sum) != size {
			return Integrity{}, fmt.Errorf("%w: %.128q is not a digest", ErrIntegrity, expression)
		}
		if size > in.size {
			in = Integrity{size: size}
		}
		if size == in.size {
			in.sums = append(in.sums, sum)
		}
	}
	if len(in.sums) == 0 {
		return Integrity{}, fmt.Errorf("%w: %.128q has no digest of a function that is known", ErrIntegrity, text)
	}
	return in, nil
}

// Check reports ErrIntegrity unless data has one of the digests.
func (in Integrity) Check(data []byte) error {
	var sum []byte
	switch in.size {
	case sha256.Size:
		s := sha256.Sum256(data)
		sum = s[:]
	case sha512.Size384:
		s := sha512.Sum384(data)
		sum = s[:]
	default:
		s := sha512.Sum512(data)
		sum = s[:]
	}
	for _, want := range in.sums {
		if subtle.ConstantTimeCompare(sum, want) == 1 {
			return nil
		}
	}
	return ErrIntegrity
}

// Digest returns the integrity metadata of a document: "sha256-…".
func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
