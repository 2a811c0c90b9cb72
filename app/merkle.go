package app

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
)

// ReceiptLeaf is the RFC 6962 leaf input of one consumed operation: id ‖ code (4 bytes, BE).
func ReceiptLeaf(id op.ID, code exec.Code) []byte {
	return binary.BigEndian.AppendUint32(append([]byte(nil), id[:]...), uint32(code))
}

// receiptsRoot is the RFC 6962 section 2.1 Merkle Tree Hash over a block's pairs in order.
func receiptsRoot(pairs []pair) [32]byte {
	leaves := make([][32]byte, len(pairs))
	for i, p := range pairs {
		leaves[i] = sha256.Sum256(append([]byte{0}, ReceiptLeaf(p.id, p.code)...))
	}
	return merkleRoot(leaves)
}

func merkleRoot(leaves [][32]byte) [32]byte {
	switch len(leaves) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return leaves[0]
	}
	split := 1 << (bits.Len(uint(len(leaves)-1)) - 1) // the largest power of two below the number of leaves
	left, right := merkleRoot(leaves[:split]), merkleRoot(leaves[split:])
	var node [65]byte
	node[0] = 1
	copy(node[1:], left[:])
	copy(node[33:], right[:])
	return sha256.Sum256(node[:])
}
