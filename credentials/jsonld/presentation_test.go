package jsonld

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/credentials/rdfc"
	"github.com/hanse-id/hanse/did/jcs"
)

// presentationQuads is what jsonld.js 9 (Digital Bazaar) makes of the document below.
const presentationQuads = `<data:application/vc+jwt,a.b.c> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://www.w3.org/2018/credentials#EnvelopedVerifiableCredential> _:c14n0 .
<urn:uuid:1> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://www.w3.org/2018/credentials#VerifiableCredential> _:c14n2 .
<urn:uuid:1> <https://www.w3.org/2018/credentials#credentialSubject> <did:example:ada> _:c14n2 .
<urn:uuid:1> <https://www.w3.org/2018/credentials#issuer> <did:example:uni> _:c14n2 .
_:c14n1 <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://www.w3.org/2018/credentials#VerifiablePresentation> .
_:c14n1 <https://www.w3.org/2018/credentials#holder> <did:example:ada> .
_:c14n1 <https://www.w3.org/2018/credentials#verifiableCredential> _:c14n0 .
_:c14n1 <https://www.w3.org/2018/credentials#verifiableCredential> _:c14n2 .
`

// TestEveryCredentialOfAPresentationIsAGraph: the base context clears itself behind verifiableCredential, and the term's container
// must survive that.
func TestEveryCredentialOfAPresentationIsAGraph(t *testing.T) {
	data, err := os.ReadFile("../contexts/credentials-v2.jsonld")
	if err != nil {
		t.Fatal(err)
	}
	base, err := jcs.Parse(data, jcs.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	document, err := jcs.Parse([]byte(`{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiablePresentation"],"holder":"did:example:ada",
		"verifiableCredential":[
			{"@context":"https://www.w3.org/ns/credentials/v2","id":"data:application/vc+jwt,a.b.c","type":"EnvelopedVerifiableCredential"},
			{"@context":["https://www.w3.org/ns/credentials/v2"],"id":"urn:uuid:1","type":["VerifiableCredential"],
				"issuer":"did:example:uni","credentialSubject":{"id":"did:example:ada"}}]}`), jcs.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	quads, err := Quads(document.(map[string]any), Func(func(url string) (any, bool) {
		return Context(base), url == "https://www.w3.org/ns/credentials/v2"
	}))
	if err != nil {
		t.Fatal(err)
	}
	canonical, err := rdfc.Canonicalize(quads, rdfc.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(presentationQuads, canonical.Text()); diff != "" {
		t.Errorf("(-jsonld.js +ours):\n%s", diff)
	}
}
