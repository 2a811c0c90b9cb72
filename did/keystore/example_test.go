package keystore_test

import (
	"context"
	"fmt"

	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

func Example() {
	ctx := context.Background()
	store := keystore.NewMemory() // or keystore.OpenOrCreate(dir, keystore.Options{Passphrase: keystore.FromFile(path)})
	signer, err := store.Generate(ctx, "sponsor", keys.EdDSA)
	if err != nil {
		panic(err)
	}
	signature, err := signer.Sign(ctx, []byte("message"))
	fmt.Println(signer.Public().Verify([]byte("message"), signature), err)
	// Output: true <nil>
}
