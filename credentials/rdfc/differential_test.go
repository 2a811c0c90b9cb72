package rdfc_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/piprate/json-gold/ld"

	"github.com/hanse-id/hanse/credentials/rdfc"
)

// graph makes a small dataset of any bytes: three a statement, over five blank nodes, two properties, an IRI, literals and two
// graphs.
func graph(data []byte) string {
	var b strings.Builder
	for len(data) >= 3 && b.Len() < 2000 {
		object := fmt.Sprintf("_:n%d", data[2]%5)
		switch {
		case data[2]%5 == data[0]%5:
			object = "<urn:o>"
		case data[2]%8 == 6:
			object = `"text"`
		case data[2]%8 == 7:
			object = `"text"@en`
		}
		where := ""
		if data[1] > 127 {
			where = " <urn:g>"
		}
		fmt.Fprintf(&b, "_:n%d <urn:p%d> %s%s .\n", data[0]%5, data[1]%2, object, where)
		data = data[3:]
	}
	return b.String()
}

// independent canonicalizes with the library's URDNA2015, of which RDFC-1.0 is the standard. No blank node names a graph
// or refers to itself here: of these the library hashes something else, where rdf-canonize 5 agrees with us.
func independent(t *testing.T, text string) string {
	t.Helper()
	options := ld.NewJsonLdOptions("")
	options.InputFormat, options.Format, options.Algorithm = "application/n-quads", "application/n-quads", ld.AlgorithmURDNA2015
	out, err := ld.NewJsonLdProcessor().Normalize(text, options)
	if err != nil {
		t.Fatal(err)
	}
	return out.(string)
}

func canonical(t *testing.T, text string) string {
	t.Helper()
	quads, err := rdfc.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	c, err := rdfc.Canonicalize(quads, rdfc.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c.Text()
}

// shuffled is the same dataset in another order and under other labels.
func shuffled(text string, seed uint64) string {
	random := rand.New(rand.NewPCG(seed, 1))
	names := random.Perm(5)
	for i, name := range names {
		text = strings.ReplaceAll(text, fmt.Sprintf("_:n%d ", i), fmt.Sprintf("_:x%d ", name))
	}
	lines := strings.SplitAfter(text, "\n")
	random.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	return strings.Join(lines, "")
}

// Small graphs canonicalize as another implementation has it, and however their nodes were called.
func FuzzAgreesWithAnotherImplementation(f *testing.F) {
	f.Add([]byte{0, 0, 1, 1, 0, 2, 2, 0, 0})
	f.Add([]byte{0, 0, 1, 0, 0, 2, 0, 0, 3, 1, 0, 2, 2, 0, 3, 3, 0, 1})
	f.Add([]byte{0, 0, 5, 1, 1, 6, 2, 130, 7, 3, 200, 4})
	f.Fuzz(func(t *testing.T, data []byte) {
		text := graph(data[:min(len(data), 36)])
		ours := canonical(t, text)
		if again := canonical(t, shuffled(text, uint64(len(data)))); again != ours {
			t.Fatalf("labels and order matter: %s", cmp.Diff(ours, again))
		}
		if theirs := independent(t, text); theirs != ours {
			t.Fatalf("of\n%s%s", text, cmp.Diff(theirs, ours))
		}
	})
}
