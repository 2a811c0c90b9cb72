package node

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/cometbft/cometbft/libs/log"
)

func TestLoggerIsQuietAndPrintsLazily(t *testing.T) {
	var out bytes.Buffer
	l := newLogger(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelInfo})))
	calls := 0
	l.Info("every block", "value", log.NewLazySprintf("%s", stringer(func() string { calls++; return "x" })))
	l.With("module", "p2p").Error("peer went away")
	if out.Len() != 0 || calls != 0 {
		t.Fatalf("%q, %d values printed", out.String(), calls)
	}
	l.With("module", "consensus", "odd").Error("halt", "err", fmt.Errorf("reason"), "nil", (*panicky)(nil))
	if got := out.String(); !strings.Contains(got, "level=ERROR msg=halt part=cometbft module=consensus err=reason") {
		t.Fatal(got)
	}
}

type stringer func() string

func (s stringer) String() string { return s() }

type panicky struct{ text string }

func (p *panicky) String() string { return p.text }

func TestSnakeCaseIsCometBFTs(t *testing.T) {
	for name, want := range map[string]string{
		"Height": "height", "BlockSizeBytes": "block_size_bytes", "NumTxs": "num_txs", "ABCIMethod": "abci_method",
	} {
		if got := snake(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
