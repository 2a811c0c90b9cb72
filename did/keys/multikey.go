package keys

import (
	"fmt"

	"github.com/mr-tron/base58"
)

// Multicodec prefixes of public keys, as unsigned varints (CID 1.0 2.2.2).
const (
	ed25519Prefix = "\xed\x01" // ed25519-pub, 0xed
	p256Prefix    = "\x80\x24" // p256-pub, 0x1200
)

// maxMultikey bounds the text before anything is decoded; the longest supported key has 49 characters.
const maxMultikey = 64

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
	switch string(data[:2]) {
	case ed25519Prefix:
		return newEd25519(data[2:])
	case p256Prefix:
		if len(data) != 2+compressedSize {
			return Public{}, fmt.Errorf("%w: P-256 multikey of %d bytes, 33 expected", ErrInvalid, len(data)-2)
		}
		return newP256(data[2:])
	}
	return Public{}, fmt.Errorf("%w: multicodec %#x", otherKind(data[0], data[1]), data[:2])
}

// otherKind tells keys of other kinds from what is no key at all, by the first two bytes of the multicodec.
func otherKind(low, high byte) error {
	switch {
	case low >= 0x80 && high == 0x26: // 0x1300…0x137f: private keys
		return ErrPrivate
	case low >= 0x80 && high == 0x24, // 0x1200…0x127f: P-384, P-521, RSA, Ed448…
		low >= 0xe7 && low <= 0xec && high == 0x01: // secp256k1, BLS12-381, X25519
		return ErrUnsupported
	}
	return ErrInvalid
}

// Multikey returns the publicKeyMultibase form, empty for no key.
func (k Public) Multikey() string {
	switch k.alg {
	case EdDSA:
		return "z" + base58.Encode([]byte(ed25519Prefix+k.raw))
	case ES256:
		return "z" + base58.Encode([]byte(p256Prefix+k.raw))
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
