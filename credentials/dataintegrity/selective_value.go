package dataintegrity

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hanse-id/hanse/did/keys"
)

// Bounds of a selective disclosure proof value.
const (
	maxSelectiveValue = 256 << 10 // characters
	maxStatements     = 1024      // quads: each has a signature
	maxSelected       = 1024      // pointers
)

// Sizes in bytes (vc-di-ecdsa section 3.5, serializeBaseProofValue).
const (
	signatureSize = 64
	multikeySize  = 35
	hmacSize      = 32
)

// The headers say which kind of proof value follows (vc-di-ecdsa section 3.5): CBOR tags 0x5d00 and 0x5d01.
var (
	baseHeader    = []byte{0xd9, 0x5d, 0x00}
	derivedHeader = []byte{0xd9, 0x5d, 0x01}
)

// multikeyP256 is the multicodec prefix of compressed P-256 keys.
var multikeyP256 = []byte{0x80, 0x24}

// baseValue is what an issuer gives to a holder (vc-di-ecdsa section 3.5, serializeBaseProofValue).
type baseValue struct {
	signature  []byte // of the issuer, over hash of options ‖ key ‖ hash of mandatory statements
	key        []byte // Multikey of the key that signed the statements, for this one credential
	hmac       []byte // key of the labels
	statements [][]byte
	mandatory  []string // JSON pointers
}

// derivedValue is what a holder shows (vc-di-ecdsa section 3.5, serializeDerivedProofValue).
type derivedValue struct {
	signature  []byte
	key        []byte
	statements [][]byte // signatures of the statements that are not mandatory, in order
	labels     [][]byte // of the blank nodes c14n0, c14n1, …
	mandatory  []int    // which statements are mandatory, ascending
}

func (v *baseValue) encode() string {
	w := &cborWriter{data: slices.Clone(baseHeader)}
	w.head(cborArray, 5)
	w.bytes(v.signature)
	w.bytes(v.key)
	w.bytes(v.hmac)
	w.list(v.statements)
	w.head(cborArray, len(v.mandatory))
	for _, pointer := range v.mandatory {
		w.head(cborText, len(pointer))
		w.data = append(w.data, pointer...)
	}
	return w.multibase()
}

func (v *derivedValue) encode() string {
	w := &cborWriter{data: slices.Clone(derivedHeader)}
	w.head(cborArray, 5)
	w.bytes(v.signature)
	w.bytes(v.key)
	w.list(v.statements)
	w.head(cborMap, len(v.labels))
	for i, label := range v.labels {
		w.head(cborUnsigned, i)
		w.bytes(label)
	}
	w.head(cborArray, len(v.mandatory))
	for _, i := range v.mandatory {
		w.head(cborUnsigned, i)
	}
	return w.multibase()
}

// decodeSelective reads either kind of proof value; the other is nil. The text must be the only one for its bytes, and CBOR is
// read in its shortest form and without tags.
func decodeSelective(value string) (*baseValue, *derivedValue, error) {
	text, ok := strings.CutPrefix(value, "u")
	if !ok {
		return nil, nil, fmt.Errorf("%w: proofValue must be multibase base64url", ErrMalformed)
	}
	if len(text) > maxSelectiveValue {
		return nil, nil, fmt.Errorf("%w: proofValue too long", ErrMalformed)
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") { // the decoder skips line breaks
		return nil, nil, fmt.Errorf("%w: proofValue must be base64url without padding", ErrMalformed)
	}
	if rest, ok := bytes.CutPrefix(data, baseHeader); ok {
		v, err := decodeBase(&cborReader{data: rest})
		return v, nil, err
	}
	if rest, ok := bytes.CutPrefix(data, derivedHeader); ok {
		v, err := decodeDerived(&cborReader{data: rest})
		return nil, v, err
	}
	return nil, nil, fmt.Errorf("%w: proofValue is neither a base nor a derived proof", ErrMalformed)
}

func decodeBase(r *cborReader) (*baseValue, error) {
	r.expect(cborArray, 5)
	v := &baseValue{signature: r.bytes(signatureSize), key: r.bytes(multikeySize), hmac: r.bytes(hmacSize), statements: r.list()}
	for range r.count(cborArray, maxSelected) {
		v.mandatory = append(v.mandatory, r.text())
	}
	return v, r.end()
}

func decodeDerived(r *cborReader) (*derivedValue, error) {
	r.expect(cborArray, 5)
	v := &derivedValue{signature: r.bytes(signatureSize), key: r.bytes(multikeySize), statements: r.list()}
	labels := map[int][]byte{}
	count := r.count(cborMap, maxStatements)
	for range count {
		i := r.head(cborUnsigned)
		labels[i] = r.bytes(hmacSize)
	}
	if len(labels) != count || r.err == nil && count > 0 && slices.Max(slices.Collect(maps.Keys(labels))) != count-1 {
		r.fail("labels must be of blank nodes 0, 1, … and so on")
	}
	for i := range len(labels) {
		v.labels = append(v.labels, labels[i])
	}
	last := -1
	for range r.count(cborArray, maxStatements) {
		i := r.head(cborUnsigned)
		if i <= last {
			r.fail("mandatory indexes must ascend")
		}
		last = i
		v.mandatory = append(v.mandatory, i)
	}
	return v, r.end()
}

// statementKey reads the key of the statements.
func statementKey(multikey []byte) (keys.Public, error) {
	raw, ok := bytes.CutPrefix(multikey, multikeyP256)
	if !ok {
		return keys.Public{}, fmt.Errorf("%w: the key of the statements is not of P-256", ErrMalformed)
	}
	key, err := keys.New(keys.ES256, raw)
	if err != nil {
		return keys.Public{}, fmt.Errorf("%w: the key of the statements: %w", ErrMalformed, err)
	}
	return key, nil
}
