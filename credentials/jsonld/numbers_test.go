package jsonld

import (
	"testing"

	"github.com/hanse-id/hanse/did/jcs"
)

// One literal has one form: a number that is said to be a text is the text, and no statement of its own.
func TestANumberOfTypeStringIsTheText(t *testing.T) {
	const document = `{"@id":"urn:a","urn:p":["5",{"@value":5,"@type":"http://www.w3.org/2001/XMLSchema#string"}]}`
	v, err := jcs.Parse([]byte(document), jcs.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	quads, err := Quads(v.(map[string]any), find(t))
	if err != nil || len(quads) != 2 || quads[0] != quads[1] {
		t.Errorf("%+v, %v", quads, err)
	}
}
