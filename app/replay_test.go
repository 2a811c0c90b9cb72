package app_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/exec"
)

func code(t *testing.T, l *apptest.League, envelope []byte, now int64) exec.Code {
	t.Helper()
	return exec.CodeOf(l.App.Admit(l.Decode(envelope), now))
}

func TestExpiryIsAWindow(t *testing.T) {
	l := apptest.New(t, apptest.Options{})
	e := create(l, "a") // expires at l.Time+60
	for now, want := range map[int64]exec.Code{
		l.Time + 60:       exec.CodeExpired,
		l.Time + 59:       exec.OK,
		l.Time + 60 - 600: exec.OK,
		l.Time + 59 - 600: exec.CodeTooEarly,
	} {
		if got := code(t, l, e, now); got != want {
			t.Errorf("%d s before it expires: got %s, want %s", l.Time+60-now, got, want)
		}
	}
}

// Nobody can burn another's operation: a bad signature under the same payload consumes nothing.
func TestOnlyAuthorisedOperationsAreConsumed(t *testing.T) {
	l := apptest.New(t, apptest.Options{})
	good := create(l, "a")
	if got := l.Do(spoil(good))[0]; got.Code != exec.CodeBadSignature || got.Consumed {
		t.Errorf("got %+v", got)
	}
	if got := l.Do(good)[0]; got.Code != exec.OK || !got.Consumed {
		t.Errorf("got %+v", got)
	}
	if got := l.Do(good)[0]; got.Code != exec.CodeDuplicate || got.Consumed {
		t.Errorf("got %+v", got)
	}
}

func TestOperationsOfAnotherLeagueOrTypeAreRefused(t *testing.T) {
	l := apptest.New(t, apptest.Options{})
	o := l.Decode(create(l, "a"))
	d := l.Draft(o.Type, o.By, o.Body)
	d.League = "other"
	if got := code(t, l, l.Sign(d, apptest.Signed(o.By, "a")...), l.Time); got != exec.CodeWrongLeague {
		t.Errorf("got %s", got)
	}
	for _, kind := range []string{"did.recovers", "did.creates", "status", "unit.pay"} {
		d := l.Draft(kind, o.By, o.Body)
		if got := code(t, l, l.Sign(d, apptest.Signed(o.By, "a")...), l.Time); got != exec.CodeUnknownType {
			t.Errorf("%s: got %s", kind, got)
		}
	}
	// The signature covers type and league: it cannot be moved to another payload.
	moved := l.Draft(o.Type, o.By, o.Body)
	envelope := l.Sign(moved, apptest.Signed(o.By, "a")...)
	bad := l.Decode(envelope)
	bad.Signatures[0].Value = o.Signatures[0].Value
	if err := l.App.Admit(bad, l.Time); exec.CodeOf(err) != exec.CodeBadSignature {
		t.Errorf("got %v", err)
	}
}

func TestADuplicateIsKnownLongAfterTheWindow(t *testing.T) {
	l := apptest.New(t, apptest.Options{})
	e := create(l, "a")
	l.Do(e)
	l.Time += 3600
	l.Block()
	if got := code(t, l, e, l.Time); got != exec.CodeDuplicate {
		t.Errorf("got %s", got)
	}
}

// Begin-of-block work is bounded: what is left over is forgotten by later blocks, at the same heights everywhere.
func TestForgettingIsBoundedAndCarriesOver(t *testing.T) {
	l := apptest.New(t, apptest.Options{Params: func(p *exec.Params) { p.BeginBlockItems = 16 }})
	const blocks = 40
	for i := range blocks {
		l.Do(create(l, fmt.Sprintf("a%d", i)))
	}
	count := func(prefix string) (n int) {
		v, err := l.App.View(0)
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
		for range v.Reader().Range([]byte(prefix), []byte(prefix+"\xff")) {
			n++
		}
		return n
	}
	l.Time += 1000
	for i := 0; count("b/i/") > 0 || count("b/t/") > 0; i++ {
		if i > 10 {
			t.Fatal("never forgotten")
		}
		before := count("b/i/") + count("b/t/")
		l.Block()
		if done := before - count("b/i/") - count("b/t/"); done == 0 || done > 16 {
			t.Errorf("block forgot %d items", done)
		}
		if i%2 == 0 {
			l.Restart()
		}
	}
	if n := count("b/r/"); n != blocks {
		t.Errorf("%d roots of %d are kept", n, blocks)
	}
	hash := l.App.Head().AppHash
	l.Block()
	if string(hash) != string(l.App.Head().AppHash) {
		t.Error("an idle chain does not rest")
	}
}

// Admit, Checks, Open and views run beside blocks: the race detector watches this test.
func TestReadersRunBesideBlocks(t *testing.T) {
	l := apptest.New(t, apptest.Options{Verdicts: &memory{}})
	var batches [][]byte
	var ops [][]byte
	for i := range 20 {
		e := create(l, fmt.Sprintf("a%d", i))
		ops = append(ops, e)
		batches = append(batches, l.Batch(i%4, e))
	}
	start, done := l.Time, make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				for i, e := range ops {
					select {
					case <-done:
						return
					default:
					}
					o := l.Decode(e)
					if err := l.App.Admit(o, start); err != nil && exec.CodeOf(err) != exec.CodeDuplicate {
						t.Errorf("operation %d: %v", i, err)
					}
					if len(l.App.Checks(o)) != 1 {
						t.Errorf("operation %d: no check", i)
					}
					if _, err := l.App.Open(batches[i]); err != nil {
						t.Error(err)
					}
					v, err := l.App.View(0)
					if err != nil {
						t.Error(err)
						continue
					}
					if r, err := v.Receipt(t.Context(), o.ID); err != nil || r.State == app.Rejected {
						t.Errorf("%+v %v", r, err)
					}
					if err := v.Close(); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	for _, tx := range batches {
		if r := l.Block(tx); r.Txs[0].Code != exec.OK {
			t.Errorf("got %s", r.Txs[0].Code)
		}
	}
	close(done)
	readers.Wait()
}
