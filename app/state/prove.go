package state

import (
	"crypto/sha256"
	"fmt"
	"slices"

	ics23 "github.com/cosmos/ics23/go"
)

// Prove returns an ICS 23 proof of presence or absence of key under Root, for ics23.SmtSpec. It is a presence proof
// (GetExist) if the version holds key, and else an absence proof (GetNonexist) by the neighbours in hashed order,
// which carries their keys and values. Errors: ErrEmpty, *CorruptError, or the database's.
func (v *Snapshot) Prove(key []byte) (*ics23.CommitmentProof, error) {
	if v.version.root == nil {
		return nil, ErrEmpty
	}
	p := prover{version: v.version}
	var proof *ics23.CommitmentProof
	err := catch(func() {
		defer p.scan.close()
		proof = p.prove(key)
	})
	if err != nil {
		return nil, err
	}
	return proof, nil
}

// prover makes the proofs of one request; it panics on storage failures.
type prover struct {
	version *version
	scan    leafScan
}

func (p *prover) prove(key []byte) *ics23.CommitmentProof {
	h := sha256.Sum256(key)
	value, err := lookup(p.version.snap, tableValues, key)
	fail(err)
	if value != nil {
		return &ics23.CommitmentProof{Proof: &ics23.CommitmentProof_Exist{Exist: p.presence(&h, key, value)}}
	}
	absence := &ics23.NonExistenceProof{Key: slices.Clone(key)}
	left, right := p.neighbours(&h)
	if left != nil {
		absence.Left = p.neighbour(left)
	}
	if right != nil {
		absence.Right = p.neighbour(right)
	}
	return &ics23.CommitmentProof{Proof: &ics23.CommitmentProof_Nonexist{Nonexist: absence}}
}

// neighbours returns the key hashes before and after h; nil where there is none.
func (p *prover) neighbours(h *hash) (left, right *hash) {
	it, err := iterate(p.version.snap, tableLeaves, nil, nil)
	fail(err)
	defer func() { fail(it.Close()) }()
	at := tableKey(tableLeaves, h[:])
	take := func(found bool) *hash {
		fail(it.Error())
		if !found {
			return nil
		}
		value, err := it.ValueAndErr()
		fail(err)
		l, err := decodeLeaf(it.Key()[1:], value)
		fail(err)
		return &l.key
	}
	return take(it.SeekLT(at)), take(it.SeekGE(at))
}

// neighbour is the presence proof of the record whose key has hash h.
func (p *prover) neighbour(h *hash) *ics23.ExistenceProof {
	key, err := lookup(p.version.snap, tableKeys, h[:])
	fail(err)
	if key == nil {
		fail(&CorruptError{Table: Keys, Key: h[:], Reason: "missing"})
	}
	value, err := lookup(p.version.snap, tableValues, key)
	fail(err)
	if value == nil {
		fail(&CorruptError{Table: Values, Key: key, Reason: "missing"})
	}
	return p.presence(h, key, value)
}

func (p *prover) presence(h *hash, key, value []byte) *ics23.ExistenceProof {
	var siblings []hash // from the root down
	n, depth := p.version.root, 0
	for ; n.inner(); depth++ {
		next, other := n.left, n.right
		if bit(h, depth) == 1 {
			next, other = other, next
		}
		siblings = append(siblings, other.hash())
		n = next
	}
	at := pathOf(h, depth)
	leaves, err := p.scan.bucket(p.version.snap, at, n.size())
	fail(err)
	for ; len(leaves) > 1; depth++ {
		i := splitLeaves(leaves, depth)
		next, other := leaves[:i], leaves[i:]
		if bit(h, depth) == 1 {
			next, other = other, next
		}
		siblings = append(siblings, hashLeaves(other, depth+1))
		leaves = next
	}
	if len(leaves) != 1 || leaves[0].key != *h || leaves[0].sum != leafHash(h, value) {
		fail(&CorruptError{Table: Leaves, Key: h[:], Reason: fmt.Sprintf("does not commit to the value of key %x", key)})
	}
	return existence(h, slices.Clone(key), value, siblings)
}

// existence puts a proof together from the siblings on the way down.
func existence(h *hash, key, value []byte, siblings []hash) *ics23.ExistenceProof {
	path := make([]*ics23.InnerOp, 0, len(siblings))
	for depth := len(siblings) - 1; depth >= 0; depth-- {
		op := &ics23.InnerOp{Hash: ics23.HashOp_SHA256}
		if bit(h, depth) == 0 {
			op.Prefix, op.Suffix = []byte{innerPrefix}, siblings[depth][:]
		} else {
			op.Prefix = append([]byte{innerPrefix}, siblings[depth][:]...)
		}
		path = append(path, op)
	}
	return &ics23.ExistenceProof{Key: key, Value: value, Leaf: leafOp(), Path: path}
}

func leafOp() *ics23.LeafOp {
	return &ics23.LeafOp{
		Hash:         ics23.HashOp_SHA256,
		PrehashKey:   ics23.HashOp_SHA256,
		PrehashValue: ics23.HashOp_SHA256,
		Length:       ics23.LengthOp_NO_PREFIX,
		Prefix:       []byte{leafPrefix},
	}
}
