package credentials

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/multiformats/go-multibase"
	"github.com/multiformats/go-multihash"
)

// digest is one integrity value of a related resource.
type digest struct {
	bits int // of SHA-2: 256, 384, 512; 0: another function, not compared
	sum  []byte
}

// sri is the digest as Subresource Integrity metadata.
func (d digest) sri() string {
	return "sha" + strconv.Itoa(d.bits) + "-" + base64.StdEncoding.EncodeToString(d.sum)
}

// related is one relatedResource entry (VC Data Model 2.0 section 5.3).
type related struct {
	id      string
	pointer string
	digests [][]digest // each group must match; any digest of a group will do
}

// checkRelated checks the form of relatedResource: objects with a URL id that is named once, and at least one digest that can
// be read.
func checkRelated(c map[string]any) error {
	_, err := relatedResources(c)
	return err
}

func relatedResources(c map[string]any) ([]related, error) {
	v, ok := c["relatedResource"]
	if !ok {
		return nil, nil
	}
	list, many, ok := objects(v)
	if !ok || len(list) > maxItems {
		return nil, malformed("/relatedResource", "must be an object or a list of objects")
	}
	seen := make(map[string]bool, len(list))
	out := make([]related, 0, len(list))
	for i, object := range list {
		r := related{pointer: "/relatedResource"}
		if many {
			r.pointer = point(r.pointer, i)
		}
		if r.id, ok = object["id"].(string); !ok || !isURL(r.id) {
			return nil, malformed(point(r.pointer, "id"), "must be one URL")
		}
		if seen[r.id] {
			return nil, malformed(point(r.pointer, "id"), "names a resource twice")
		}
		seen[r.id] = true
		if err := r.read(object); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

func (r *related) read(object map[string]any) error {
	for _, f := range []struct {
		name string
		read func(string) ([]digest, bool)
	}{{"digestSRI", parseSRI}, {"digestMultibase", parseMultibase}} {
		v, ok := object[f.name]
		if !ok {
			continue
		}
		s, _ := v.(string)
		digests, ok := f.read(s)
		if !ok {
			return malformed(point(r.pointer, f.name), "cannot be read")
		}
		r.digests = append(r.digests, digests)
	}
	if len(r.digests) == 0 {
		return malformed(r.pointer, "must have digestSRI or digestMultibase")
	}
	return nil
}

// parseSRI reads Subresource Integrity metadata and keeps the hashes of the strongest function (SRI section 3.3.3).
func parseSRI(s string) ([]digest, bool) {
	var out []digest
	for _, expression := range strings.Fields(s) {
		expression, _, _ = strings.Cut(expression, "?")
		name, text, ok := strings.Cut(expression, "-")
		bits := map[string]int{"sha256": 256, "sha384": 384, "sha512": 512}[name]
		if !ok || bits == 0 {
			return nil, false
		}
		sum, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil || len(sum)*8 != bits {
			return nil, false
		}
		switch {
		case len(out) == 0 || bits > out[0].bits:
			out = []digest{{bits, sum}}
		case bits == out[0].bits:
			out = append(out, digest{bits, sum})
		}
	}
	return out, len(out) > 0
}

// sha2x384 is the multihash code of sha2-384.
const sha2x384 = 0x20

// parseMultibase reads a multihash in multibase (Controlled Identifiers 1.0 section 2.4).
func parseMultibase(s string) ([]digest, bool) {
	if len(s) < 2 || len(s) > 256 {
		return nil, false
	}
	_, raw, err := multibase.Decode(s)
	if err != nil {
		return nil, false
	}
	decoded, err := multihash.Decode(raw)
	if err != nil {
		return nil, false
	}
	bits := map[uint64]int{multihash.SHA2_256: 256, sha2x384: 384, multihash.SHA2_512: 512}[decoded.Code]
	if bits != 0 && len(decoded.Digest)*8 != bits {
		return nil, false
	}
	return []digest{{bits, decoded.Digest}}, true
}

// compared is the result of comparing a resource with its digests.
type compared int

const (
	notComparable compared = iota // the resource is not at hand, or no digest can settle it
	matches
	differs
)

// compare checks a related resource that is a pinned context.
func (c *Contexts) compare(r related) compared {
	p, ok := c.byURL[r.id]
	if !ok {
		return notComparable
	}
	result := notComparable
	for _, group := range r.digests {
		switch p.compareAny(group) {
		case differs:
			return differs
		case matches:
			result = matches
		}
	}
	return result
}

func (p *pinned) compareAny(group []digest) compared {
	result := differs
	for _, d := range group {
		switch p.compare(d) {
		case matches:
			return matches
		case notComparable:
			result = notComparable
		}
	}
	return result
}

func (p *pinned) compare(d digest) compared {
	if d.bits == 0 {
		return notComparable
	}
	if bytes.Equal(sum(p.raw, d.bits), d.sum) {
		return matches
	}
	if p.published == "" {
		return differs
	}
	if d.bits != 256 || p.published == "?" {
		return notComparable
	}
	if hex.EncodeToString(d.sum) == p.published {
		return matches
	}
	return differs
}

func sum(data []byte, bits int) []byte {
	switch bits {
	case 384:
		s := sha512.Sum384(data)
		return s[:]
	case 512:
		s := sha512.Sum512(data)
		return s[:]
	}
	s := sha256.Sum256(data)
	return s[:]
}
