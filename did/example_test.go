package did_test

import (
	"fmt"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
)

// A DID is made offline from the body of its creation, and anybody can check that it was.
func Example() {
	body, err := jcs.Encode(map[string]any{
		"document": map[string]any{
			"verificationMethod": []any{map[string]any{
				"id": "#key-1", "type": "Multikey", "publicKeyMultibase": "z6MkmM42vxfqZQsv4ehtTjFFxQ4sQKS2w6WR7emozFAn5cxu",
			}},
			"capabilityInvocation": []any{"#key-1"},
		},
		"salt": "AAECAwQFBgcICQoLDA0ODw",
	})
	if err != nil {
		panic(err)
	}
	id, err := did.NewHanse("lubeck", body)
	if err != nil {
		panic(err)
	}
	fmt.Println(id)
	fmt.Println(did.CheckHanse(id, body))

	value, err := jcs.ParseCanonical(body, jcs.Limits{})
	if err != nil {
		panic(err)
	}
	document, err := did.Expand(value.(map[string]any)["document"], id)
	if err != nil {
		panic(err)
	}
	for _, m := range document.MethodsFor(did.CapabilityInvocation) {
		fmt.Println(m.ID == id.String()+"#key-1")
	}
	// Output:
	// did:hanse:lubeck:QmdnR4jNSTRoywetwpNcCsgjTzDNo7fbMwhQJLKLyGJuJz
	// <nil>
	// true
}
