package app_test

import (
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/did"
)

func presentVersion(view *app.View, d did.DID) string {
	r, err := identity.Get(view.Reader(), d)
	if err != nil || r == nil {
		return "1-none"
	}
	return r.VersionID
}

// streamBlocks is long enough for voting periods, recoveries and delays to pass.
const streamBlocks = 64

// The same stream of blocks gives the same results and app hashes, whatever differs between nodes.
func TestSameBlocksSameResults(t *testing.T) {
	seeds := uint64(4)
	if testing.Short() {
		seeds = 2
	}
	for seed := range seeds {
		s, want := record(t, seed, streamBlocks)
		full := &memory{}
		poisoned := &memory{}
		s.twins(poisoned)
		replay := func(name string, o apptest.Options, step func(l *apptest.League, in app.BlockInput) *app.BlockResult) {
			t.Run(name, func(t *testing.T) {
				l := apptest.New(t, o)
				for i, in := range s.blocks {
					if diff := cmp.Diff(want[i], step(l, in)); diff != "" {
						t.Fatalf("seed %d, block %d: %s", seed, in.Height, diff)
					}
				}
				if err := app.Fsck(l.Store, nil); err != nil {
					t.Error(err)
				}
			})
		}
		for _, procs := range []int{1, 4} {
			before := runtime.GOMAXPROCS(procs)
			replay("with GOMAXPROCS 1 or 4", streamOptions(nil), run)
			runtime.GOMAXPROCS(before)
		}
		replay("with a cache of verdicts that fills", streamOptions(full), run)
		replay("with a full cache of verdicts", streamOptions(full), run)
		replay("with bad twins in the cache", streamOptions(poisoned), run)
		replay("with a restart at every height", streamOptions(nil), func(l *apptest.League, in app.BlockInput) *app.BlockResult {
			l.Restart()
			return run(l, in)
		})
		replay("with a crash between Execute and Commit", streamOptions(nil), func(l *apptest.League, in app.BlockInput) *app.BlockResult {
			if _, err := l.App.Execute(in); err != nil {
				t.Fatal(err)
			}
			l.Restart()
			return run(l, in)
		})
		replay("with every block executed twice, and another between", streamOptions(nil), func(l *apptest.League, in app.BlockInput) *app.BlockResult {
			first, err := l.App.Execute(in)
			if err != nil {
				t.Fatal(err)
			}
			other := in
			other.Txs, other.Time = in.Txs[len(in.Txs)/2:], in.Time+1
			if _, err := l.App.Execute(other); err != nil {
				t.Fatal(err)
			}
			second := run(l, in)
			if diff := cmp.Diff(first, second); diff != "" {
				t.Fatal(diff)
			}
			return second
		})
		replay("with proposals prepared and checked meanwhile", streamOptions(nil), func(l *apptest.League, in app.BlockInput) *app.BlockResult {
			p := app.Proposal{Height: in.Height, Time: in.Time, Txs: in.Txs}
			p.Txs = l.App.Prepare(p)
			if err := l.App.CheckProposal(p); err != nil {
				t.Fatal(err)
			}
			return run(l, in)
		})
	}
}

// The stream is worth replaying only if it reaches what can go wrong.
func TestStreamsReachEveryOutcome(t *testing.T) {
	ops, txs, events := map[exec.Code]int{}, map[exec.Code]int{}, map[string]int{}
	for seed := range uint64(4) {
		_, results := record(t, seed, streamBlocks)
		for _, r := range results {
			for _, e := range r.Events {
				events[e.Type]++
			}
			for _, tx := range r.Txs {
				txs[tx.Code]++
				for _, o := range tx.Ops {
					ops[o.Code]++
				}
			}
		}
	}
	for _, c := range []exec.Code{
		exec.OK, exec.CodeMalformed, exec.CodeWrongLeague, exec.CodeUnknownType, exec.CodeExpired, exec.CodeTooEarly, exec.CodeDuplicate,
		exec.CodeOverQuota, exec.CodeBadSignature, exec.CodeDeactivated, exec.CodeVersionMismatch, exec.CodeNotLeased, exec.CodeIrreversible,
		exec.CodeNotCenter, exec.CodeUnknownProposal, exec.CodeClosed, exec.CodeDuplicateVote, exec.CodeWrongState,
	} {
		if ops[c] == 0 {
			t.Errorf("no operation with %s", c)
		}
	}
	for _, e := range []string{"proposal.executed", "proposal.rejected", "center.suspended", "params.changed", "did.recovered", "validator.misbehaved"} {
		if events[e] == 0 {
			t.Errorf("no block with %s", e)
		}
	}
	for _, c := range []exec.Code{exec.OK, exec.CodeBatchMalformed, exec.CodeSponsorSig, exec.CodeBatchRepeated, exec.CodeBatchLimit} {
		if txs[c] == 0 {
			t.Errorf("no batch with %s", c)
		}
	}
}

// The cache is asked by key, header and signature: a bad twin of a good operation, known to be bad, spoils nothing.
func TestABadTwinInTheCacheSpoilsNothing(t *testing.T) {
	m := &memory{}
	l := apptest.New(t, apptest.Options{Verdicts: m})
	good := create(l, "a")
	twin := spoil(good)
	o := l.Decode(good)
	bad := l.Decode(twin)
	if o.ID != bad.ID {
		t.Fatal("not a twin")
	}
	if err := l.App.Admit(bad, l.Time); exec.CodeOf(err) != exec.CodeBadSignature {
		t.Fatalf("got %v", err)
	}
	ops := l.Do(twin, good, twin)
	var codes []exec.Code
	for _, r := range ops {
		codes = append(codes, r.Code)
	}
	if diff := cmp.Diff([]exec.Code{exec.CodeBadSignature, exec.OK, exec.CodeDuplicate}, codes); diff != "" {
		t.Error(diff)
	}
}
