package state

import (
	"bytes"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// near draws key hashes that share long prefixes, which SHA-256 would not give in a lifetime.
func near(t *rapid.T) hash {
	var h hash
	depth := rapid.SampledFrom([]int{0, 1, 7, 8, 100, 200, 247, 252, 253, 254, 255}).Draw(t, "depth")
	for i := depth; i < min(256, depth+6); i++ {
		if rapid.Bool().Draw(t, "bit") {
			h[i/8] |= 0x80 >> (i % 8)
		}
	}
	return h
}

func asModel(leaves []leaf) (list [][2][32]byte) {
	for _, l := range leaves {
		list = append(list, [2][32]byte{l.key, l.sum})
	}
	return list
}

// checkTree compares a tree with the reference and with the rule of the partition.
func checkTree(t *rapid.T, n *node, at path, leaves []leaf) {
	if n.size() != uint32(len(leaves)) || n.hash() != naive(asModel(leaves), at.depth) {
		t.Fatalf("subtree at depth %d over %d leaves differs from the reference", at.depth, len(leaves))
	}
	if !n.inner() {
		if n != nil && !slices.Equal(n.contents.leaves, leaves) {
			t.Fatalf("bucket at depth %d holds other leaves", at.depth)
		}
		return
	}
	i := splitLeaves(leaves, at.depth)
	checkTree(t, n.left, at.child(0), leaves[:i])
	checkTree(t, n.right, at.child(1), leaves[i:])
}

func TestTreeIsTheReferenceForKeysThatAgreeInManyBits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var root *node
		content := map[hash]hash{}
		for range rapid.IntRange(1, 4).Draw(t, "blocks") {
			drawn := map[hash]hash{}
			for range rapid.IntRange(0, 80).Draw(t, "changes") {
				k := near(t)
				drawn[k] = hash{byte(rapid.IntRange(0, 5).Draw(t, "sum"))}
			}
			var cs []change
			for k, sum := range drawn {
				cs = append(cs, change{leaf: leaf{key: k, sum: sum}, remove: sum == hash{}})
				if delete(content, k); sum != (hash{}) {
					content[k] = sum
				}
			}
			slices.SortFunc(cs, func(a, b change) int { return bytes.Compare(a.key[:], b.key[:]) })
			var p part
			root = p.apply(root, 0, cs)
			var leaves []leaf
			for k, sum := range content {
				leaves = append(leaves, leaf{k, sum})
			}
			slices.SortFunc(leaves, func(a, b leaf) int { return bytes.Compare(a.key[:], b.key[:]) })
			checkTree(t, root, path{}, leaves)

			// What is persisted gives the same tree again.
			planted, err := plant(listBuckets(nil, root, path{}), path{})
			if err != nil || planted.hash() != root.hash() {
				t.Fatalf("planted again: %v", err)
			}
		}
	})
}

func TestPathsEncodeInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) path {
			h := hash(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, name))
			return pathOf(&h, rapid.IntRange(0, 256).Draw(t, name+" depth"))
		}
		a, b := draw("a"), draw("b")
		back, err := decodePath(a.append(nil))
		if err != nil || back != a {
			t.Fatalf("decode %x: %v", a.append(nil), err)
		}
		if common := min(a.depth, b.depth); pathOf(&a.bits, common) == pathOf(&b.bits, common) {
			return // one is a prefix of the other
		}
		if bytes.Compare(a.append(nil), b.append(nil)) != bytes.Compare(a.bits[:], b.bits[:]) {
			t.Fatalf("%x and %x encode out of order", a.append(nil), b.append(nil))
		}
	})
}

func TestDecodePathRefusesOtherEncodings(t *testing.T) {
	for _, data := range [][]byte{nil, {1}, {0x80, 8}, {0x81, 0}, {0x80, 0x80, 0}, {0x80, 0x40, 8}, make([]byte, 34)} {
		if _, err := decodePath(data); err == nil {
			t.Errorf("path %x is accepted", data)
		}
	}
}

func TestOrderedKeysAreASortedSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfNDistinct(rapid.StringN(1, 4, -1), 0, 600, rapid.ID).Draw(t, "keys")
		var o orderedKeys
		for _, k := range keys {
			o.insert(k)
		}
		var got []string
		for k, ok := o.seek("", false); ok; k, ok = o.seek(k, true) {
			got = append(got, k)
		}
		slices.Sort(keys)
		if diff := cmp.Diff(keys, got, cmp.Transformer("empty", func(s []string) []string { return append([]string{}, s...) })); diff != "" {
			t.Fatal(diff)
		}
		probe := rapid.StringN(0, 4, -1).Draw(t, "probe")
		i, found := slices.BinarySearch(keys, probe)
		if k, ok := o.seek(probe, false); ok != (i < len(keys)) || ok && k != keys[i] {
			t.Fatalf("seek %q gives %q", probe, k)
		}
		if found {
			i++
		}
		if k, ok := o.seek(probe, true); ok != (i < len(keys)) || ok && k != keys[i] {
			t.Fatalf("seek after %q gives %q", probe, k)
		}
	})
}
