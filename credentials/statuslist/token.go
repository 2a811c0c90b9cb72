package statuslist

import (
	"bytes"
	"compress/zlib"
	"encoding/json"
	"fmt"
	"math/bits"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// Names of the Token Status List (IETF draft-ietf-oauth-status-list) in headers and claims.
const (
	TokenType    = "statuslist+jwt"             // typ of the JWT, section 5.1
	TokenCWTType = "application/statuslist+cwt" // typ of the CWT, section 5.2
	tokenClaim   = "status_list"
)

// Token is a Token Status List with what its token says of it. Bits are in Bitstring order, as everywhere in this package: the
// order of the IETF's lists, entry 0 in the least significant bits, exists in their encoding only.
type Token struct {
	URI      string // sub
	Issuer   string // iss; empty: not said, as the drafts since 2024 have it
	IssuedAt time.Time
	Expires  time.Time     // zero: does not
	TTL      time.Duration // whole seconds; zero: not said
	Size     int           // bits of an entry: 1, 2, 4 or 8
	Bits     []byte
}

// mirror turns every byte over, entry by entry. It is its own inverse.
func mirror(list []byte, size int) []byte {
	out := make([]byte, len(list))
	for i, b := range list {
		switch size {
		case 1:
			b = bits.Reverse8(b)
		case 2:
			b = b>>6 | b>>2&0x0C | b<<2&0x30 | b<<6
		case 4:
			b = b>>4 | b<<4
		}
		out[i] = b
	}
	return out
}

// deflate makes the compressed bytes of a list (section 4.1).
func deflate(list []byte, size int) ([]byte, error) {
	if err := checkSize(size); err != nil {
		return nil, err
	}
	if len(list) > MaxBytes {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrLength, MaxBytes)
	}
	var b bytes.Buffer
	w, err := zlib.NewWriterLevel(&b, zlib.BestCompression)
	if err == nil {
		_, err = w.Write(mirror(list, size))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrVerification, err)
	}
	return b.Bytes(), nil
}

// undeflate reads compressed bytes: one zlib stream, at most MaxBytes of list.
func undeflate(raw []byte, size int) ([]byte, error) {
	if err := checkSize(size); err != nil {
		return nil, err
	}
	source := bytes.NewReader(raw)
	r, err := zlib.NewReader(source)
	if err != nil {
		return nil, fmt.Errorf("%w: lst is not zlib", ErrVerification)
	}
	list, err := inflate(r, source)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%w: empty list", ErrLength)
	}
	return mirror(list, size), nil
}

// Claims is the payload of the JWT form (section 5.1).
func (t *Token) Claims() (map[string]any, error) {
	raw, err := deflate(t.Bits, t.Size)
	if err != nil {
		return nil, err
	}
	claims := map[string]any{
		"sub": t.URI, "iat": t.IssuedAt.Unix(),
		tokenClaim: map[string]any{"bits": int64(t.Size), "lst": base64url.EncodeToString(raw)},
	}
	if t.Issuer != "" {
		claims["iss"] = t.Issuer
	}
	if !t.Expires.IsZero() {
		claims["exp"] = t.Expires.Unix()
	}
	if t.TTL > 0 {
		claims["ttl"] = int64(t.TTL / time.Second)
	}
	return claims, nil
}

// OpenClaims reads the payload of the JWT form, strictly (section 8.3): sub, iat and status_list must be there, exp and ttl
// may. Errors wrap ErrVerification or ErrLength.
func OpenClaims(claims map[string]any) (*Token, error) {
	t := &Token{}
	var ok bool
	if t.URI, ok = claims["sub"].(string); !ok || t.URI == "" {
		return nil, fmt.Errorf("%w: sub is no URI", ErrVerification)
	}
	if iss, has := claims["iss"]; has {
		if t.Issuer, ok = iss.(string); !ok || t.Issuer == "" {
			return nil, fmt.Errorf("%w: iss is not a text", ErrVerification)
		}
	}
	issued, err := seconds(claims, "iat", true)
	if err != nil {
		return nil, err
	}
	expires, err := seconds(claims, "exp", false)
	if err != nil {
		return nil, err
	}
	ttl, err := seconds(claims, "ttl", false)
	if err != nil {
		return nil, err
	}
	t.set(issued, expires, ttl)
	list, _ := claims[tokenClaim].(map[string]any)
	size, err := seconds(list, "bits", true)
	if err != nil {
		return nil, err
	}
	text, ok := list["lst"].(string)
	if !ok {
		return nil, fmt.Errorf("%w: lst is not a string", ErrVerification)
	}
	raw, err := decodeText(text)
	if err != nil {
		return nil, err
	}
	t.Size = int(min(size, 9))
	t.Bits, err = undeflate(raw, t.Size)
	return t, err
}

// maxSeconds keeps times and durations within what package time can hold.
const maxSeconds = 1 << 33

func (t *Token) set(issued, expires, ttl int64) {
	t.IssuedAt = time.Unix(issued, 0).UTC()
	if expires > 0 {
		t.Expires = time.Unix(expires, 0).UTC()
	}
	t.TTL = time.Duration(ttl) * time.Second
}

// seconds reads a positive whole number.
func seconds(claims map[string]any, name string, needed bool) (int64, error) {
	v, given := claims[name]
	if !given && !needed {
		return 0, nil
	}
	n, isInt := v.(int64)
	if number, ok := v.(json.Number); ok {
		parsed, err := number.Int64()
		n, isInt = parsed, err == nil
	}
	if !isInt || n < 1 || n > maxSeconds {
		return 0, fmt.Errorf("%w: %s is not a positive whole number", ErrVerification, name)
	}
	return n, nil
}

// cwt is the claims set of the CWT form (section 5.2).
type cwt struct {
	Issuer   string `cbor:"1,keyasint,omitempty"`
	Subject  string `cbor:"2,keyasint"`
	Expires  int64  `cbor:"4,keyasint,omitempty"`
	IssuedAt int64  `cbor:"6,keyasint"`
	List     struct {
		Bits int    `cbor:"bits"`
		List []byte `cbor:"lst"`
	} `cbor:"65533,keyasint"`
	TTL int64 `cbor:"65534,keyasint,omitempty"`
}

// CBOR is the payload of the CWT form, in core deterministic encoding.
func (t *Token) CBOR() ([]byte, error) {
	raw, err := deflate(t.Bits, t.Size)
	if err != nil {
		return nil, err
	}
	c := cwt{Subject: t.URI, Issuer: t.Issuer, IssuedAt: t.IssuedAt.Unix(), TTL: int64(t.TTL / time.Second)}
	if !t.Expires.IsZero() {
		c.Expires = t.Expires.Unix()
	}
	c.List.Bits, c.List.List = t.Size, raw
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		return nil, err
	}
	return mode.Marshal(c)
}

// OpenCBOR reads the payload of the CWT form as OpenClaims does the JWT's. Duplicate members are refused.
func OpenCBOR(payload []byte) (*Token, error) {
	mode, err := cbor.DecOptions{DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden, MaxNestedLevels: 8}.DecMode()
	if err != nil {
		return nil, err
	}
	var c cwt
	if err := mode.Unmarshal(payload, &c); err != nil {
		return nil, fmt.Errorf("%w: claims: %w", ErrVerification, err)
	}
	if c.Subject == "" || c.IssuedAt < 1 || c.IssuedAt > maxSeconds || c.Expires < 0 || c.Expires > maxSeconds || c.TTL < 0 || c.TTL > maxSeconds {
		return nil, fmt.Errorf("%w: sub, iat, exp or ttl", ErrVerification)
	}
	t := &Token{URI: c.Subject, Issuer: c.Issuer, Size: c.List.Bits}
	t.set(c.IssuedAt, c.Expires, c.TTL)
	t.Bits, err = undeflate(c.List.List, t.Size)
	return t, err
}
