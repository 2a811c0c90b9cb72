package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"

	cmtlog "github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/libs/service"
)

// logger lets CometBFT log to slog. CometBFT is talkative: what it calls info (several lines a block) is debug
// here, and peers that come and go are no errors, nor is what every clean stop says (expected).
type logger struct {
	log    *slog.Logger
	faulty func() bool // whether the node stops because of a fault that was logged already
	module string
}

// failure is what CometBFT says, with its stack, where consensus stops on an error.
const failure = "CONSENSUS FAILURE!!!"

var _ cmtlog.Logger = logger{}

func newLogger(log *slog.Logger, faulty func() bool) cmtlog.Logger {
	return logger{log: log.With("part", "cometbft"), faulty: faulty}
}

func (l logger) Debug(msg string, keyvals ...any) { l.write(slog.LevelDebug-4, msg, keyvals) }
func (l logger) Info(msg string, keyvals ...any)  { l.write(slog.LevelDebug, msg, keyvals) }
func (l logger) Warn(msg string, keyvals ...any)  { l.write(slog.LevelWarn, msg, keyvals) }

func (l logger) Error(msg string, keyvals ...any) {
	level := slog.LevelError
	if l.module == "p2p" || l.module == "pex" || expected(msg, keyvals) || msg == failure && l.faulty() {
		level = slog.LevelDebug
	}
	l.write(level, msg, keyvals)
}

// expected recognises the two errors that CometBFT logs at every clean stop: it stops block sync's pool a second time
// (blocksync/reactor.go, OnStop), and takes the end of its RPC listener for a failure (node/node.go, startRPC). With any
// other cause they are errors.
func expected(msg string, keyvals []any) bool {
	causes := map[string]error{"Error stopping pool": service.ErrAlreadyStopped, "Error serving server": net.ErrClosed}
	cause, ok := causes[msg]
	if !ok {
		return false
	}
	for i := 1; i < len(keyvals); i += 2 {
		if err, isErr := keyvals[i].(error); isErr && keyvals[i-1] == "err" {
			return errors.Is(err, cause)
		}
	}
	return false
}

// With returns a logger that adds keyvals; "module" is remembered.
func (l logger) With(keyvals ...any) cmtlog.Logger {
	next := logger{log: l.log.With(attributes(keyvals)...), faulty: l.faulty, module: l.module}
	for i := 0; i+1 < len(keyvals); i += 2 {
		if keyvals[i] == "module" {
			next.module = fmt.Sprint(keyvals[i+1])
		}
	}
	return next
}

func (l logger) write(level slog.Level, msg string, keyvals []any) {
	if !l.log.Enabled(context.Background(), level) {
		return
	}
	l.log.Log(context.Background(), level, msg, attributes(keyvals)...)
}

// attributes makes slog arguments of go-kit's keyvals: keys are texts, values that can print themselves do.
func attributes(keyvals []any) []any {
	out := make([]any, 0, len(keyvals))
	for i := 0; i+1 < len(keyvals); i += 2 {
		value := keyvals[i+1]
		if s, ok := value.(fmt.Stringer); ok {
			value = lazy{s}
		}
		out = append(out, slog.Any(fmt.Sprint(keyvals[i]), value))
	}
	return out
}

// lazy prints a value only if the line is written.
type lazy struct{ fmt.Stringer }

func (v lazy) LogValue() slog.Value {
	defer func() { _ = recover() }() // a nil pointer behind the interface: CometBFT logs those
	return slog.StringValue(v.String())
}
