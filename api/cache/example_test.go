package cache_test

import (
	"context"
	"fmt"

	"github.com/hanse-id/hanse/api/cache"
)

func ExampleCache_Get() {
	c, err := cache.New(cache.Options{StartHeight: 41})
	if err != nil {
		panic(err)
	}
	defer c.Close()
	read := func(context.Context) ([]byte, int64, error) {
		fmt.Println("reading from the ledger")
		return []byte("a document"), 42, nil
	}
	for range 2 {
		value, height, err := c.Get(context.Background(), "doc/did:example:a", "did/did:example:a", read)
		fmt.Printf("%s at %d, %v\n", value, height, err)
	}
	c.Invalidate(43, []string{"did/did:example:a"}) // the next Get reads again
	// Output:
	// reading from the ledger
	// a document at 42, <nil>
	// a document at 42, <nil>
}
