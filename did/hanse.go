package did

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/mr-tron/base58"
)

// HanseMethod is the method name of DIDs on a league's ledger.
const HanseMethod = "hanse"

// multihashPrefix is the multihash header of SHA2-256: code 0x12, 32 bytes.
const multihashPrefix = "\x12\x20"

// maxLeague is what CometBFT allows for a chain id.
const maxLeague = 50

// CheckLeague checks a league's name: 1 to 50 lower-case letters, digits, '-' and '.', beginning and ending with a letter
// or digit. It is a segment of every DID of the league and the chain id of its ledger.
func CheckLeague(league string) error {
	if n := len(league); n == 0 || n > maxLeague {
		return fmt.Errorf("league name of %d characters, 1 to %d expected", n, maxLeague)
	}
	for i := range len(league) {
		c := league[i]
		edge := i == 0 || i == len(league)-1
		if isLower(c) || isDigit(c) || !edge && (c == '-' || c == '.') {
			continue
		}
		return fmt.Errorf("league name %s: only lower-case letters, digits and inner '-' and '.'", quote(league))
	}
	return nil
}

// NewHanse returns the DID that a creation makes in a league: `did:hanse:<league>:` and the base58btc SHA2-256 multihash
// of the JCS bytes of the creation's body.
func NewHanse(league string, body []byte) (DID, error) {
	if err := CheckLeague(league); err != nil {
		return "", fmt.Errorf("%w: %w", ErrInvalidDID, err)
	}
	digest := sha256.Sum256(body)
	multihash := append([]byte(multihashPrefix), digest[:]...)
	return DID("did:" + HanseMethod + ":" + league + ":" + base58.Encode(multihash)), nil
}

// SplitHanse returns the league and the id (multihash) of a hanse DID. ErrInvalidDID if d is a hanse DID that no creation
// can have made, ErrMethodNotSupported if it is of another method.
func SplitHanse(d DID) (league, id string, err error) {
	if d.Method() != HanseMethod {
		return "", "", fmt.Errorf("%w: %s is no hanse DID", ErrMethodNotSupported, quote(string(d)))
	}
	league, id, ok := strings.Cut(d.ID(), ":")
	if !ok {
		return "", "", fmt.Errorf("%w: %s has no league", ErrInvalidDID, quote(string(d)))
	}
	if err := CheckLeague(league); err != nil {
		return "", "", fmt.Errorf("%w: %w", ErrInvalidDID, err)
	}
	if !isMultihash(id) {
		return "", "", fmt.Errorf("%w: %s is no SHA2-256 multihash", ErrInvalidDID, quote(id))
	}
	return league, id, nil
}

func isMultihash(id string) bool {
	if len(id) > 64 { // base58 is quadratic in the length
		return false
	}
	b, err := base58.Decode(id)
	return err == nil && len(b) == len(multihashPrefix)+sha256.Size &&
		string(b[:len(multihashPrefix)]) == multihashPrefix && base58.Encode(b) == id
}

// CheckHanse checks offline that body (JCS bytes of a creation's body) is what d was made from. ErrInvalidDID if not.
func CheckHanse(d DID, body []byte) error {
	league, _, err := SplitHanse(d)
	if err != nil {
		return err
	}
	made, err := NewHanse(league, body)
	if err != nil {
		return err
	}
	if made != d {
		return fmt.Errorf("%w: %s was not made from this body", ErrInvalidDID, quote(string(d)))
	}
	return nil
}
