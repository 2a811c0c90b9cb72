package proof

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/bits"

	ics23 "github.com/cosmos/ics23/go"
)

// The first byte of what is hashed.
const (
	leafPrefix  = 0
	innerPrefix = 1
)

func checkExistence(p *ics23.ExistenceProof) error {
	if len(p.Key) == 0 || len(p.Value) == 0 {
		return errors.New("empty key or value")
	}
	l := p.Leaf
	if l == nil || l.Hash != ics23.HashOp_SHA256 || l.PrehashKey != ics23.HashOp_SHA256 || l.PrehashValue != ics23.HashOp_SHA256 ||
		l.Length != ics23.LengthOp_NO_PREFIX || !bytes.Equal(l.Prefix, []byte{leafPrefix}) {
		return errors.New("leaf is not of SmtSpec")
	}
	hash := sha256.Sum256(p.Key)
	if len(p.Path) > 8*len(hash) {
		return fmt.Errorf("path of %d steps", len(p.Path))
	}
	for i, step := range p.Path {
		depth := len(p.Path) - 1 - i
		right := hash[depth/8]>>(7-depth%8)&1 == 1
		if !checkStep(step, right) {
			return fmt.Errorf("step %d is not of SmtSpec or on the wrong side", i)
		}
	}
	return nil
}

// checkStep says whether step hashes its child as the right or left one.
func checkStep(step *ics23.InnerOp, right bool) bool {
	prefix, suffix := 1, sha256.Size
	if right {
		prefix, suffix = 1+sha256.Size, 0
	}
	return step != nil && step.Hash == ics23.HashOp_SHA256 &&
		len(step.Prefix) == prefix && len(step.Suffix) == suffix && step.Prefix[0] == innerPrefix
}

func checkAbsence(p *ics23.NonExistenceProof) error {
	if len(p.Key) == 0 {
		return errors.New("empty key")
	}
	if p.Left == nil && p.Right == nil {
		return errors.New("no neighbour")
	}
	for _, n := range []*ics23.ExistenceProof{p.Left, p.Right} {
		if n == nil {
			continue
		}
		if err := checkExistence(n); err != nil {
			return fmt.Errorf("neighbour: %w", err)
		}
	}
	// Both paths must reach below the point where they part: the library counts on it.
	if p.Left != nil && p.Right != nil && min(len(p.Left.Path), len(p.Right.Path)) <= commonBits(p.Left.Key, p.Right.Key) {
		return errors.New("neighbours do not part")
	}
	return nil
}

// commonBits is how many bits the hashes of two keys agree in before they part.
func commonBits(a, b []byte) int {
	x, y := sha256.Sum256(a), sha256.Sum256(b)
	for i := range x {
		if d := x[i] ^ y[i]; d != 0 {
			return 8*i + bits.LeadingZeros8(d)
		}
	}
	return 8 * len(x)
}
