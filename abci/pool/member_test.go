package pool

import (
	"errors"
	"testing"
	"time"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did/keys"
)

// becomes commits an empty block after which the fixture's center is as given; nil: it is no member.
func (f *fixture) becomes(c *Sponsors) {
	f.t.Helper()
	f.advance(time.Second)
	now := f.now()
	m := f.machine
	m.mu.Lock()
	delete(m.centers, op.HashCenter(f.center))
	if c != nil {
		c.DID = f.center
		m.centers[op.HashCenter(f.center)] = *c
	}
	m.head.Height++
	m.head.Time = now.Unix()
	block := Block{Summary: app.Summary{Head: m.head, Changed: []string{exec.SubjectCenter(f.center)}}}
	m.mu.Unlock()
	f.pool.Committed(block)
}

func (f *fixture) refused(want error) {
	f.t.Helper()
	if _, err := f.pool.Submit(f.t.Context(), [][]byte{f.operation(time.Minute)}); !errors.Is(err, want) {
		f.t.Errorf("submit: %v, want %v", err, want)
	}
}

func TestOperationsAreTakenWhileTheCenterMaySponsor(t *testing.T) {
	f := newFixture(t, Limits{})
	own := []keys.Public{f.sponsor.public}
	for name, step := range map[string]struct {
		center *Sponsors
		want   error
	}{
		"not admitted":      {nil, ErrNotMember},
		"halted":            {&Sponsors{Keys: own, Halted: true}, ErrHalted},
		"other sponsor key": {&Sponsors{Keys: []keys.Public{f.user.public}}, ErrNotMember},
	} {
		f.becomes(step.center)
		f.refused(step.want)
		f.becomes(&Sponsors{Keys: []keys.Public{f.user.public, f.sponsor.public}})
		if got := codes(f.submit(f.operation(time.Minute))); got != "ok " {
			t.Errorf("after %s: %s", name, got)
		}
	}
}

// Operations that were accepted before their center was halted are in no batch meanwhile, and in one afterwards.
func TestAcceptedOperationsWaitUntilTheCenterMaySponsorAgain(t *testing.T) {
	f := newFixture(t, Limits{BatchDelay: time.Nanosecond})
	own := []keys.Public{f.sponsor.public}
	f.becomes(&Sponsors{Keys: own})
	envelope := f.operation(10 * time.Minute)
	if got := codes(f.submit(envelope)); got != "ok " {
		t.Fatal(got)
	}
	eventually(t, "the operation is offered", func() bool { return len(f.candidates()) == 1 })
	f.becomes(&Sponsors{Keys: own, Halted: true})
	f.stop()
	f.start() // from the journal: nothing is sealed
	f.advance(2 * time.Second)
	f.becomes(&Sponsors{Keys: own, Halted: true})
	eventually(t, "the operation is ready", func() bool {
		f.pool.mu.Lock()
		defer f.pool.mu.Unlock()
		return len(f.pool.ready) == 1
	})
	if n := len(f.candidates()); n != 0 {
		t.Errorf("%d batches offered by a halted center", n)
	}
	if r, known := f.pool.Receipt(idOf(t, envelope)); !known || r.State != app.Accepted {
		t.Errorf("receipt %+v", r)
	}
	f.becomes(&Sponsors{Keys: own})
	eventually(t, "the operation is offered again", func() bool { return len(f.candidates()) == 1 })
}
