package node

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/libs/service"
)

func TestLoggerIsQuietAndPrintsLazily(t *testing.T) {
	var out bytes.Buffer
	faulty := false
	l := newLogger(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelInfo})), func() bool { return faulty })
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
	out.Reset()
	for _, faulty = range []bool{true, false} { // a fault that is known is not logged again, with a stack
		l.With("module", "consensus").Error(failure, "err", "failed to apply block")
		if shown := out.Len() > 0; shown == faulty {
			t.Errorf("known: %t, shown: %t", faulty, shown)
		}
	}
}

func TestOnlyWhatEveryCleanStopSaysIsNoError(t *testing.T) {
	closed := &net.OpError{Op: "accept", Err: net.ErrClosed}
	for _, c := range []struct {
		msg  string
		err  any
		want bool
	}{
		{"Error stopping pool", service.ErrAlreadyStopped, true},
		{"Error stopping pool", errors.New("stuck"), false},
		{"Error serving server", closed, true},
		{"Error serving server", errors.New("address in use"), false},
		{"Error serving server", "use of closed network connection", false},
		{"another", service.ErrAlreadyStopped, false},
	} {
		if got := expected(c.msg, []any{"module", "x", "err", c.err}); got != c.want {
			t.Errorf("%s: %v: %t", c.msg, c.err, got)
		}
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
