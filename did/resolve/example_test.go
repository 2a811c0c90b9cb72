package resolve_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/resolve"
)

func ExampleDereference() {
	router := resolve.NewRouter(map[string]did.Resolver{"key": resolve.Key{}, "jwk": resolve.JWK{}})
	const key = "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"

	result := resolve.Dereference(context.Background(), router, "did:key:"+key+"#"+key, resolve.Options{})
	text, err := json.MarshalIndent(result.Content, "", "  ")
	fmt.Println(string(text), err)

	result = resolve.Dereference(context.Background(), router, "did:example:123", resolve.Options{})
	fmt.Println(result.Status(), result.Dereferencing.Error.Type())
	// Output:
	// {
	//   "@context": "https://www.w3.org/ns/did/v1.1",
	//   "controller": "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
	//   "id": "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK#z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
	//   "publicKeyMultibase": "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
	//   "type": "Multikey"
	// } <nil>
	// 501 https://www.w3.org/ns/did#METHOD_NOT_SUPPORTED
}
