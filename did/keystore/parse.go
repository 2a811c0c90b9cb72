package keystore

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"

	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
)

// maxKeyFile bounds what is read as a private key.
const maxKeyFile = 64 << 10

// ParsePrivate reads a private key from PEM (PKCS#8 "PRIVATE KEY" or SEC 1 "EC PRIVATE KEY", not encrypted) or from a JWK
// (RFC 7517: OKP Ed25519, or EC P-256, P-384 or secp256k1, with its public members, which must fit). ErrInvalidKey otherwise,
// keys.ErrUnsupported for other kinds of key. No error contains any of data.
func ParsePrivate(data []byte) (*Private, error) {
	if len(data) > maxKeyFile {
		return nil, fmt.Errorf("%w: %d bytes", ErrInvalidKey, len(data))
	}
	data = bytes.TrimSpace(data)
	if bytes.HasPrefix(data, []byte("{")) {
		return parseJWK(data)
	}
	block, rest := pem.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("%w: neither PEM nor JWK", ErrInvalidKey)
	}
	if len(bytes.TrimSpace(rest)) > 0 {
		return nil, fmt.Errorf("%w: more than one PEM block", ErrInvalidKey)
	}
	return parseDER(block)
}

func parseDER(block *pem.Block) (*Private, error) {
	var key any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	case "ENCRYPTED PRIVATE KEY":
		return nil, fmt.Errorf("%w: encrypted PEM", keys.ErrUnsupported)
	default:
		return nil, fmt.Errorf("%w: PEM block is no private key", ErrInvalidKey)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: malformed PEM", ErrInvalidKey)
	}
	switch key := key.(type) {
	case ed25519.PrivateKey:
		return NewPrivate(keys.EdDSA, key.Seed())
	case *ecdsa.PrivateKey:
		alg, known := map[elliptic.Curve]keys.Algorithm{elliptic.P256(): keys.ES256, elliptic.P384(): keys.ES384}[key.Curve]
		if !known {
			break
		}
		raw, err := key.Bytes()
		if err != nil {
			return nil, fmt.Errorf("%w: malformed PEM", ErrInvalidKey)
		}
		return NewPrivate(alg, raw)
	}
	return nil, fmt.Errorf("%w: neither Ed25519 nor P-256 nor P-384", keys.ErrUnsupported)
}

func parseJWK(data []byte) (*Private, error) {
	v, err := jcs.Parse(data, jcs.Limits{MaxBytes: maxKeyFile, MaxDepth: 4})
	if err != nil {
		return nil, fmt.Errorf("%w: malformed JWK", ErrInvalidKey)
	}
	jwk, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%w: malformed JWK", ErrInvalidKey)
	}
	d, ok := jwk["d"].(string)
	if !ok {
		return nil, fmt.Errorf("%w: JWK without a private member", ErrInvalidKey)
	}
	delete(jwk, "d")
	public, err := keys.ParseJWK(jwk)
	if err != nil {
		return nil, err
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(d)
	if err != nil {
		return nil, fmt.Errorf("%w: JWK member \"d\" is not base64url", ErrInvalidKey)
	}
	key, err := NewPrivate(public.Algorithm(), raw)
	if err != nil {
		return nil, err
	}
	if key.Public() != public {
		return nil, fmt.Errorf("%w: private and public members of the JWK do not fit", ErrInvalidKey)
	}
	return key, nil
}
