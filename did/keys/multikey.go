package keys

import (
	"fmt"

	"github.com/mr-tron/base58"
)

// ed25519Prefix is the multicodec ed25519-pub, 0xed, as an unsigned varint (CID 1.0 2.2.2); curves have theirs in their table.
const ed25519Prefix = "\xed\x01"

// maxMultikey bounds the text before anything is decoded; the longest supported key (P-384) has 71 characters.
const maxMultikey = 80

// ParseMultikey reads a publicKeyMultibase value (CID 1.0 2.2.2): base58btc `z…` over multicodec prefix and key.
// Exactly one text stands for a key. Errors: ErrInvalid, ErrUnsupported (other kinds of
// key), ErrPrivate.
func ParseMultikey(s string) (Public, error) {
	if len(s) < 2 || s[0] != 'z' {
		return Public{}, fmt.Errorf("%w: multikey is not base58btc multibase", ErrInvalid)
	}
	if len(s) > maxMultikey {
		return Public{}, fmt.Errorf("%w: multikey of %d characters", ErrUnsupported, len(s))
	}
	data, err := base58.Decode(s[1:])
	if err != nil || base58.Encode(data) != s[1:] {
		return Public{}, fmt.Errorf("%w: multikey is not base58btc", ErrInvalid)
	}
	if len(data) < 2 {
		return Public{}, fmt.Errorf("%w: multikey without a multicodec", ErrInvalid)
	}
	if string(data[:2]) == ed25519Prefix {
		return newEd25519(data[2:])
	}
	for _, c := range curves {
		if string(data[:2]) != c.prefix {
			continue
		}
		if len(data) != 2+1+c.size {
			return Public{}, fmt.Errorf("%w: %s multikey of %d bytes, %d expected", ErrInvalid, c.name, len(data)-2, 1+c.size)
		}
		return c.key(data[2:])
	}
	return Public{}, fmt.Errorf("%w: multicodec %#x", otherKind(data[0], data[1]), data[:2])
}

// otherKind tells keys of other kinds from what is no key at all, by the first two bytes of the multicodec.
func otherKind(low, high byte) error {
	switch {
	case low >= 0x80 && high == 0x26: // 0x1300…0x137f: private keys
		return ErrPrivate
	case low >= 0x80 && high == 0x24, // 0x1200…0x127f: P-521, RSA, Ed448…
		low >= 0xe7 && low <= 0xec && high == 0x01: // BLS12-381, X25519
		return ErrUnsupported
	}
	return ErrInvalid
}

// Multikey returns the publicKeyMultibase form, empty for no key.
func (k Public) Multikey() string {
	if k.alg == EdDSA {
		return "z" + base58.Encode([]byte(ed25519Prefix+k.raw))
	}
	if c := curveOf(k.alg); c != nil {
		return "z" + base58.Encode([]byte(c.prefix+k.raw))
	}
	return ""
}

// DIDKey returns the did:key DID of this key.
func (k Public) DIDKey() string { return "did:key:" + k.Multikey() }

// DIDKeyURL returns the URL of the one verification method that the did:key document of this key has.
func (k Public) DIDKeyURL() string {
	multikey := k.Multikey()
	return "did:key:" + multikey + "#" + multikey
}
