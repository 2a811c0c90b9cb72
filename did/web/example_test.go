package web_test

import (
	"fmt"

	"github.com/hanse-id/hanse/did/web"
)

func ExampleURL() {
	url, _ := web.URL("did:web:university.example:faculty")
	fmt.Println(url)
	_, err := web.URL("did:web:192.168.0.1")
	fmt.Println(err)
	// Output:
	// https://university.example/faculty/did.json
	// invalid DID: did:web: the host is an IP address
}
