package localnet_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/hanse-id/hanse/abci/localnet"
)

// TestMain lets this binary be a node of a league of processes.
func TestMain(m *testing.M) {
	if ran, err := localnet.RunChild(); ran {
		if err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}
