package fetch_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/hanse-id/hanse/did/fetch"
)

func ExampleGuard_Get() {
	guard := fetch.New(fetch.Options{})
	defer guard.Close()
	_, err := guard.Get(context.Background(), "https://169.254.169.254/latest/meta-data", "application/json")
	if e, ok := errors.AsType[*fetch.Error](err); ok {
		fmt.Println(e.Kind, "-", e.Reason)
	}
	// Output: refused - the address is not public
}
