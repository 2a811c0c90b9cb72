package state

import "fmt"

// path names a node of the tree: the first depth bits of bits; the others are zero.
type path struct {
	bits  hash
	depth int
}

// pathOf is the path at depth on the way to key.
func pathOf(key *hash, depth int) path {
	p := path{depth: depth}
	n := depth >> 3
	copy(p.bits[:n], key[:n])
	if depth&7 != 0 {
		p.bits[n] = key[n] &^ (0xff >> (depth & 7))
	}
	return p
}

// child is the path one bit further down.
func (p path) child(b int) path {
	p.bits[p.depth>>3] |= byte(b) << (7 - p.depth&7)
	p.depth++
	return p
}

// last is the greatest key hash under p.
func (p path) last() hash {
	h := p.bits
	n := p.depth >> 3
	if p.depth&7 != 0 {
		h[n] |= 0xff >> (p.depth & 7)
		n++
	}
	for ; n < len(h); n++ {
		h[n] = 0xff
	}
	return h
}

// append adds the encoding of p to dst: the bytes that hold its bits, then its depth less 1 mod 256 as one byte.
// Of paths of which none is a prefix of another, encodings sort as the subtrees do. The root (depth 0) is one byte.
func (p path) append(dst []byte) []byte {
	if p.depth == 0 {
		return append(dst, 0)
	}
	dst = append(dst, p.bits[:(p.depth+7)>>3]...)
	return append(dst, byte(p.depth-1))
}

func decodePath(data []byte) (path, error) {
	if len(data) == 1 && data[0] == 0 {
		return path{}, nil
	}
	if len(data) < 2 || len(data) > 33 {
		return path{}, fmt.Errorf("path of %d bytes", len(data))
	}
	var p path
	p.depth = int(data[len(data)-1]) + 1
	copy(p.bits[:], data[:len(data)-1])
	if len(data)-1 != (p.depth+7)>>3 || pathOf(&p.bits, p.depth) != p {
		return path{}, fmt.Errorf("path %x is not canonical", data)
	}
	return p, nil
}
