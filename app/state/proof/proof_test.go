package proof_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"slices"
	"testing"

	ics23 "github.com/cosmos/ics23/go"

	"github.com/hanse-id/hanse/app/state/proof"
)

var leafOp = &ics23.LeafOp{
	Hash: ics23.HashOp_SHA256, PrehashKey: ics23.HashOp_SHA256, PrehashValue: ics23.HashOp_SHA256,
	Length: ics23.LengthOp_NO_PREFIX, Prefix: []byte{0},
}

// two is a tree of two records whose hashed keys differ in the first bit, and the existence proof of each.
type two struct {
	root        []byte
	left, right *ics23.ExistenceProof
}

func newTwo(t testing.TB) two {
	t.Helper()
	leaf := func(k, v string) []byte {
		kh, vh := sha256.Sum256([]byte(k)), sha256.Sum256([]byte(v))
		h := sha256.Sum256(slices.Concat([]byte{0}, kh[:], vh[:]))
		return h[:]
	}
	side := func(want byte) string {
		for c := byte('a'); ; c++ {
			if h := sha256.Sum256([]byte{c}); h[0]>>7 == want {
				return string([]byte{c})
			}
		}
	}
	l, r := side(0), side(1)
	lh, rh := leaf(l, "left"), leaf(r, "right")
	root := sha256.Sum256(slices.Concat([]byte{1}, lh, rh))
	return two{
		root: root[:],
		left: &ics23.ExistenceProof{Key: []byte(l), Value: []byte("left"), Leaf: leafOp,
			Path: []*ics23.InnerOp{{Hash: ics23.HashOp_SHA256, Prefix: []byte{1}, Suffix: rh}}},
		right: &ics23.ExistenceProof{Key: []byte(r), Value: []byte("right"), Leaf: leafOp,
			Path: []*ics23.InnerOp{{Hash: ics23.HashOp_SHA256, Prefix: slices.Concat([]byte{1}, lh)}}},
	}
}

func exist(p *ics23.ExistenceProof) *ics23.CommitmentProof {
	return &ics23.CommitmentProof{Proof: &ics23.CommitmentProof_Exist{Exist: p}}
}

func absent(key string, left, right *ics23.ExistenceProof) *ics23.CommitmentProof {
	return &ics23.CommitmentProof{Proof: &ics23.CommitmentProof_Nonexist{Nonexist: &ics23.NonExistenceProof{Key: []byte(key), Left: left, Right: right}}}
}

func encode(t testing.TB, p *ics23.CommitmentProof) []byte {
	t.Helper()
	data, err := proof.Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// between is an absent key with its neighbours in tree.
func between(t testing.TB, tree two) (key string, left, right *ics23.ExistenceProof) {
	t.Helper()
	lh, rh := sha256.Sum256(tree.left.Key), sha256.Sum256(tree.right.Key)
	for i := byte(0); ; i++ {
		key := string([]byte{'z', i})
		h := sha256.Sum256([]byte(key))
		if bytes.Compare(h[:], lh[:]) > 0 && bytes.Compare(h[:], rh[:]) < 0 {
			return key, tree.left, tree.right
		}
	}
}

func TestVerifyAcceptsWhatIsProved(t *testing.T) {
	tree := newTwo(t)
	for _, p := range []*ics23.ExistenceProof{tree.left, tree.right} {
		if err := proof.VerifyInclusion(tree.root, p.Key, p.Value, encode(t, exist(p))); err != nil {
			t.Error(err)
		}
	}
	key, left, right := between(t, tree)
	if err := proof.VerifyAbsence(tree.root, []byte(key), encode(t, absent(key, left, right))); err != nil {
		t.Error(err)
	}
}

func TestVerifyRefusesWhatIsNotProved(t *testing.T) {
	tree := newTwo(t)
	key, left, right := between(t, tree)
	present, missing := encode(t, exist(tree.left)), encode(t, absent(key, left, right))
	other := bytes.Repeat([]byte{7}, 32)
	for name, err := range map[string]error{
		"another value":                  proof.VerifyInclusion(tree.root, tree.left.Key, []byte("x"), present),
		"another key":                    proof.VerifyInclusion(tree.root, []byte("x"), tree.left.Value, present),
		"another root":                   proof.VerifyInclusion(other, tree.left.Key, tree.left.Value, present),
		"short root":                     proof.VerifyInclusion(other[:31], tree.left.Key, tree.left.Value, present),
		"empty value":                    proof.VerifyInclusion(tree.root, tree.left.Key, nil, present),
		"absence as presence":            proof.VerifyInclusion(tree.root, []byte(key), []byte("left"), missing),
		"presence as absence":            proof.VerifyAbsence(tree.root, tree.left.Key, present),
		"absence of another key":         proof.VerifyAbsence(tree.root, []byte("other"), missing),
		"absence under another root":     proof.VerifyAbsence(other, []byte(key), missing),
		"absence of a present neighbour": proof.VerifyAbsence(tree.root, tree.left.Key, encode(t, absent(string(tree.left.Key), nil, right))),
		"absence by one of two":          proof.VerifyAbsence(tree.root, []byte(key), encode(t, absent(key, left, nil))),
		"neighbours exchanged":           proof.VerifyAbsence(tree.root, []byte(key), encode(t, absent(key, right, left))),
	} {
		if !errors.Is(err, proof.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDecodeRefusesOtherShapes(t *testing.T) {
	tree := newTwo(t)
	edit := func(change func(*ics23.ExistenceProof)) *ics23.CommitmentProof {
		p := *tree.left
		leaf, step := *p.Leaf, *p.Path[0]
		p.Leaf, p.Path = &leaf, []*ics23.InnerOp{&step}
		change(&p)
		return exist(&p)
	}
	for name, p := range map[string]*ics23.CommitmentProof{
		"no neighbours":        absent("k", nil, nil),
		"empty absent key":     absent("", tree.left, nil),
		"same neighbour twice": absent("k", tree.left, tree.left),
		"empty batch":          {Proof: &ics23.CommitmentProof_Batch{Batch: &ics23.BatchProof{}}},
		"compressed":           {Proof: &ics23.CommitmentProof_Compressed{Compressed: &ics23.CompressedBatchProof{}}},
		"nothing":              {},
		"no leaf":              edit(func(p *ics23.ExistenceProof) { p.Leaf = nil }),
		"no key":               edit(func(p *ics23.ExistenceProof) { p.Key = nil }),
		"no value":             edit(func(p *ics23.ExistenceProof) { p.Value = nil }),
		"long leaf prefix":     edit(func(p *ics23.ExistenceProof) { p.Leaf.Prefix = []byte{0, 0} }),
		"length prefix":        edit(func(p *ics23.ExistenceProof) { p.Leaf.Length = ics23.LengthOp_VAR_PROTO }),
		"unhashed key":         edit(func(p *ics23.ExistenceProof) { p.Leaf.PrehashKey = ics23.HashOp_NO_HASH }),
		"another inner prefix": edit(func(p *ics23.ExistenceProof) { p.Path[0].Prefix = []byte{2} }),
		"empty inner prefix":   edit(func(p *ics23.ExistenceProof) { p.Path[0].Prefix = nil }),
		"another hash":         edit(func(p *ics23.ExistenceProof) { p.Path[0].Hash = ics23.HashOp_SHA512 }),
		"short suffix":         edit(func(p *ics23.ExistenceProof) { p.Path[0].Suffix = p.Path[0].Suffix[:31] }),
		"wrong side":           edit(func(p *ics23.ExistenceProof) { p.Path = tree.right.Path }),
		"too long":             edit(func(p *ics23.ExistenceProof) { p.Path = slices.Repeat(p.Path, 257) }),
	} {
		if _, err := proof.Decode(encode(t, p)); !errors.Is(err, proof.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, data := range map[string][]byte{
		"empty":     nil,
		"garbage":   []byte("garbage"),
		"truncated": encode(t, exist(tree.left))[:20],
		"too large": make([]byte, proof.MaxBytes+1),
	} {
		if _, err := proof.Decode(data); !errors.Is(err, proof.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	tree := newTwo(f)
	key, left, right := between(f, tree)
	f.Add(encode(f, exist(tree.left)))
	f.Add(encode(f, exist(tree.right)))
	f.Add(encode(f, absent(key, left, right)))
	f.Add(encode(f, absent(key, left, nil)))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := proof.Decode(data)
		if err != nil {
			return
		}
		again, err := proof.Decode(encode(t, p))
		if err != nil || !bytes.Equal(encode(t, p), encode(t, again)) {
			t.Fatalf("round trip: %v", err)
		}
		// Whatever the proof claims about itself, checking it under the root that it computes must not panic.
		root, err := p.Calculate()
		if err != nil {
			t.Fatalf("calculate: %v", err)
		}
		if e := p.GetExist(); e != nil {
			if err := proof.VerifyInclusion(root, e.Key, e.Value, data); err != nil {
				t.Fatalf("under its own root: %v", err)
			}
			return
		}
		_ = proof.VerifyAbsence(root, p.GetNonexist().Key, data)
	})
}
