package dataintegrity

import (
	"os"
	"testing"

	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
)

func TestSpecificationVectorVerifies(t *testing.T) {
	doc := load(t, "testdata/eddsa-jcs-2022-signed.json")
	proofs, err := Proofs(doc)
	if err != nil {
		t.Fatal(err)
	}
	key, err := keys.ParseMultikey("z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2")
	if err != nil {
		t.Fatal(err)
	}
	if err := proofs[0].Verify(doc, key, nil); err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T, path string) map[string]any {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jcs.Parse(data, jcs.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return v.(map[string]any)
}
