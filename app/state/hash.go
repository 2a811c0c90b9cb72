package state

import (
	"bytes"
	"crypto/sha256"
)

// hash is a SHA-256 digest: of a key, of a leaf, or of a subtree.
type hash = [32]byte

// The first byte of what is hashed keeps leaves and inner nodes apart (ICS 23 SmtSpec).
const (
	leafPrefix  byte = 0
	innerPrefix byte = 1
)

// leafHash is SHA-256(0x00 ‖ SHA-256(key) ‖ SHA-256(value)).
func leafHash(key *hash, value []byte) hash {
	var buf [65]byte
	buf[0] = leafPrefix
	copy(buf[1:], key[:])
	sum := sha256.Sum256(value)
	copy(buf[33:], sum[:])
	return sha256.Sum256(buf[:])
}

// innerHash is SHA-256(0x01 ‖ left ‖ right).
func innerHash(left, right *hash) hash {
	var buf [65]byte
	buf[0] = innerPrefix
	copy(buf[1:], left[:])
	copy(buf[33:], right[:])
	return sha256.Sum256(buf[:])
}

// bit is bit i of h, 0 being the most significant of the first byte.
func bit(h *hash, i int) int {
	return int(h[i>>3]>>(7-i&7)) & 1
}

// leaf is an entry of the leaf table.
type leaf struct {
	key hash // SHA-256(key)
	sum hash // leafHash
}

func (l *leaf) compare(key *hash) int { return bytes.Compare(l.key[:], key[:]) }

// splitLeaves returns how many of the sorted leaves, which agree in depth bits, have 0 as their next bit.
func splitLeaves(leaves []leaf, depth int) int {
	lo, hi := 0, len(leaves)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if bit(&leaves[mid].key, depth) == 0 {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// hashLeaves is the hash of the subtree at depth that holds the sorted leaves: zero if there are none, the leaf's
// own hash if there is one.
func hashLeaves(leaves []leaf, depth int) hash {
	switch len(leaves) {
	case 0:
		return hash{}
	case 1:
		return leaves[0].sum
	}
	i := splitLeaves(leaves, depth)
	left, right := hashLeaves(leaves[:i], depth+1), hashLeaves(leaves[i:], depth+1)
	return innerHash(&left, &right)
}
