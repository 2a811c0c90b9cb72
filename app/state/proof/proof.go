package proof

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"

	ics23 "github.com/cosmos/ics23/go"
)

// MaxBytes is the size of the largest encoded proof that is looked at.
const MaxBytes = 1 << 20

var (
	// ErrMalformed says that bytes are not a proof of the shape that a state gives.
	ErrMalformed = errors.New("malformed proof")
	// ErrInvalid says that a well-formed proof does not prove what it was given for.
	ErrInvalid = errors.New("invalid proof")
)

// VerifyInclusion checks that the state with the root (32 bytes) holds value under key, neither of them empty. data
// is an encoded ICS 23 existence proof. Errors wrap ErrMalformed or ErrInvalid.
func VerifyInclusion(root, key, value, data []byte) error {
	p, err := Decode(data)
	if err != nil {
		return err
	}
	if p.GetExist() == nil {
		return fmt.Errorf("%w: proves absence of key %x", ErrInvalid, p.GetNonexist().GetKey())
	}
	if len(root) != sha256.Size || !ics23.VerifyMembership(ics23.SmtSpec, root, p, key, value) {
		return fmt.Errorf("%w: value of key %x under root %x", ErrInvalid, key, root)
	}
	return nil
}

// VerifyAbsence checks that the state with the root (32 bytes) holds nothing under key. data is an encoded ICS 23
// non-existence proof. Errors wrap ErrMalformed or ErrInvalid.
func VerifyAbsence(root, key, data []byte) error {
	p, err := Decode(data)
	if err != nil {
		return err
	}
	if p.GetNonexist() == nil {
		return fmt.Errorf("%w: proves presence of key %x", ErrInvalid, p.GetExist().GetKey())
	}
	if len(root) != sha256.Size || len(key) == 0 || !bytes.Equal(p.GetNonexist().Key, key) ||
		!ics23.VerifyNonMembership(ics23.SmtSpec, root, p, key) {
		return fmt.Errorf("%w: absence of key %x under root %x", ErrInvalid, key, root)
	}
	return nil
}

// Encode is the protobuf encoding of a proof.
func Encode(p *ics23.CommitmentProof) ([]byte, error) { return p.Marshal() }

// Decode reads an encoded proof and checks its shape: an existence or a non-existence proof, not a batch, of
// SmtSpec, with each step on the side that the hash of its key says. It says nothing about what is proved. Errors
// wrap ErrMalformed.
func Decode(data []byte) (*ics23.CommitmentProof, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes", ErrMalformed, len(data))
	}
	p := new(ics23.CommitmentProof)
	if err := p.Unmarshal(data); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	var err error
	switch {
	case p.GetExist() != nil:
		err = checkExistence(p.GetExist())
	case p.GetNonexist() != nil:
		err = checkAbsence(p.GetNonexist())
	default:
		err = errors.New("neither existence nor non-existence")
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return p, nil
}
