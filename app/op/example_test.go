package op_test

import (
	"context"
	"fmt"

	"github.com/hanse-id/hanse/app/op"
)

func Example() {
	signer := ed(1) // any Signer: a keystore has them
	draft := op.Draft{
		League: "test",
		Type:   "status.set",
		By:     "did:example:university",
		Exp:    1_800_000_000,
		Nonce:  [16]byte{1}, // random in earnest
		Body:   map[string]any{"list": "bGlzdA", "set": map[string]any{"7": 1}},
	}
	envelope, err := draft.Sign(context.Background(), kidOf(signer), signer)
	if err != nil {
		panic(err)
	}
	o, err := op.Decode(envelope)
	if err != nil {
		panic(err)
	}
	fmt.Println(o.Type, o.By, o.ID)
	fmt.Println(o.Signatures[0].Check(signer.Public()).Verify())
	// Output:
	// status.set did:example:university U_BXb762n38Zsxgs-HdT3z4xM-OEcMCC09M4ejO85_o
	// true
}
