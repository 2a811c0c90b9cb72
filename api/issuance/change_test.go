package issuance_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/app/op"
)

func TestAStatusIsChangedByIdAndByPlace(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	for _, name := range []string{"demo", "eddsa-jcs-2022"} {
		id := "urn:uuid:" + name
		issued := c.issue(t, s, name, id)
		revocation, suspension := entryFor(t, issued, "revocation"), entryFor(t, issued, "suspension")

		done, err := s.SetStatus(t.Context(), issuance.Change{CredentialID: id, Purpose: "suspension", Value: 1})
		must(t, err)
		same(t, []byte{c.bit(t, revocation), c.bit(t, suspension)}, []byte{0, 1})
		same(t, done.List, listURL(suspension))
		receipt, err := c.league.Receipt(t.Context(), done.Operation)
		must(t, err)
		same(t, receipt.Height, done.Height)

		_, err = s.SetStatus(t.Context(), issuance.Change{CredentialID: id, Purpose: "suspension", Value: 0})
		must(t, err)
		same(t, c.bit(t, suspension), byte(0))

		_, err = s.SetStatus(t.Context(), issuance.Change{List: listURL(revocation), Index: revocation.Index, Value: 1})
		must(t, err)
		same(t, c.bit(t, revocation), byte(1))
	}
}

func TestARevocationIsNeverUndone(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	e := entryFor(t, c.issue(t, s, "demo", "urn:uuid:1"), "revocation")
	_, err := s.SetStatus(t.Context(), issuance.Change{CredentialID: "urn:uuid:1", Purpose: "revocation", Value: 1})
	must(t, err)
	_, err = s.SetStatus(t.Context(), issuance.Change{CredentialID: "urn:uuid:1", Purpose: "revocation", Value: 0})
	want(t, err, issuance.ErrRequest)
	same(t, c.bit(t, e), byte(1))
}

func TestSettingWhatIsSetIsNoOperation(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	c.issue(t, s, "demo", "urn:uuid:1")
	change := issuance.Change{CredentialID: "urn:uuid:1", Purpose: "revocation", Value: 1}
	first, err := s.SetStatus(t.Context(), change)
	must(t, err)
	again, err := s.SetStatus(t.Context(), change)
	must(t, err)
	same(t, again.Operation, op.ID{})
	if again.Height < first.Height {
		t.Fatalf("height %d after %d", again.Height, first.Height)
	}
}

func TestStatusChangesAreRefused(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	e := entryFor(t, c.issue(t, s, "demo", "urn:uuid:1"), "revocation")
	c.issue(t, s, "eddsa-jcs-2022", "urn:uuid:2")
	other := entryFor(t, c.issue(t, s, "demo", "urn:uuid:3"), "revocation")
	for name, test := range map[string]struct {
		change issuance.Change
		reason error
	}{
		"nothing named":                {issuance.Change{Value: 1}, issuance.ErrRequest},
		"an unknown credential":        {issuance.Change{CredentialID: "urn:uuid:9", Purpose: "revocation", Value: 1}, issuance.ErrNotFound},
		"another issuer's credential":  {issuance.Change{CredentialID: "urn:uuid:2", Issuer: "demo", Purpose: "revocation", Value: 1}, issuance.ErrNotFound},
		"no purpose where it has two":  {issuance.Change{CredentialID: "urn:uuid:1", Value: 1}, issuance.ErrRequest},
		"a purpose it has not":         {issuance.Change{CredentialID: "urn:uuid:1", Purpose: "message", Value: 1}, issuance.ErrRequest},
		"a place of another":           {issuance.Change{CredentialID: "urn:uuid:1", List: listURL(other), Index: other.Index, Value: 1}, issuance.ErrRequest},
		"two where there is one bit":   {issuance.Change{CredentialID: "urn:uuid:1", Purpose: "revocation", Value: 2}, issuance.ErrRequest},
		"a list of another host":       {issuance.Change{List: "https://other.example/status-lists/" + e.List.String(), Index: e.Index, Value: 1}, issuance.ErrNotFound},
		"a list that is not there":     {issuance.Change{List: "https://center.example/status-lists/" + op.ID{1}.String(), Value: 1}, issuance.ErrNotFound},
		"a list id that is none":       {issuance.Change{List: "https://center.example/status-lists/%2e%2e", Value: 1}, issuance.ErrNotFound},
		"no list at all":               {issuance.Change{List: "nonsense", Value: 1}, issuance.ErrNotFound},
		"the list's other purpose":     {issuance.Change{List: listURL(e), Index: e.Index, Purpose: "suspension", Value: 1}, issuance.ErrRequest},
		"an index before the first":    {issuance.Change{List: listURL(e), Index: -1, Value: 1}, issuance.ErrRequest},
		"an index that is not leased":  {issuance.Change{List: listURL(e), Index: issuance.MinLease, Value: 1}, issuance.ErrRequest},
		"an index beyond the list":     {issuance.Change{List: listURL(e), Index: issuance.MinListSize, Value: 1}, issuance.ErrRequest},
		"an index beyond all integers": {issuance.Change{List: listURL(e), Index: 1 << 62, Value: 1}, issuance.ErrRequest},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.SetStatus(t.Context(), test.change)
			want(t, err, test.reason)
		})
	}
}

func TestAListOfAnotherCenterIsNotOurs(t *testing.T) {
	c := newCenter(t)
	theirs := c.start(t)
	e := entryFor(t, c.issue(t, theirs, "demo", "urn:uuid:1"), "revocation")
	ours := newCenter(t)
	ours.options.Ledger, ours.options.Center, ours.league, ours.clock = c.league, c.options.Center, c.league, c.clock
	ours.options.PublicURL = "https://other.example"
	ours.keys.more["center"] = c.keys.more["center"]
	ours.issuers = nil
	s := ours.start(t)
	_, err := s.SetStatus(t.Context(), issuance.Change{List: listURL(e), Index: e.Index, Value: 1})
	want(t, err, issuance.ErrRequest)
	_, err = s.Publish(t.Context(), e.List, time.Time{}, issuance.AsCredential)
	elsewhere, ok := errors.AsType[*issuance.ElsewhereError](err)
	if !ok || elsewhere.URL != listURL(e) {
		t.Fatalf("error is %v", err)
	}
}

func TestWithoutQuorumAChangeIsPendingAndSaysWhichOperation(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	e := entryFor(t, c.issue(t, s, "demo", "urn:uuid:1"), "revocation")
	c.league.SetQuorum(t, false)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := s.SetStatus(ctx, issuance.Change{CredentialID: "urn:uuid:1", Purpose: "revocation", Value: 1})
	pending, ok := errors.AsType[*issuance.PendingError](err)
	if !ok || !pending.NoQuorum {
		t.Fatalf("error is %v", err)
	}
	same(t, c.bit(t, e), byte(0))
	c.league.SetQuorum(t, true)
	_, err = c.league.Wait(t.Context(), pending.Operation)
	must(t, err)
	same(t, c.bit(t, e), byte(1))
}

func TestWithoutLedgerAChangeIsUnavailable(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	c.issue(t, s, "demo", "urn:uuid:1")
	c.league.SetDown(true)
	_, err := s.SetStatus(t.Context(), issuance.Change{CredentialID: "urn:uuid:1", Purpose: "revocation", Value: 1})
	want(t, err, issuance.ErrUnavailable)
}

func TestManyChangesAreFewOperations(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	var changes []issuance.Change
	for n := range 60 {
		id := fmt.Sprintf("urn:uuid:%d", n)
		c.issue(t, s, []string{"demo", "eddsa-jcs-2022"}[n%2], id)
		changes = append(changes, issuance.Change{CredentialID: id, Purpose: "revocation", Value: 1})
	}
	done, err := s.SetStatuses(t.Context(), changes)
	must(t, err)
	operations := map[op.ID]bool{}
	for _, d := range done {
		operations[d.Operation] = true
	}
	same(t, len(operations), 2)
	bad := []issuance.Change{{CredentialID: "urn:uuid:0", Purpose: "suspension", Value: 1}, {CredentialID: "nobody", Purpose: "suspension", Value: 1}}
	_, err = s.SetStatuses(t.Context(), bad)
	want(t, err, issuance.ErrNotFound)
	both := []issuance.Change{{CredentialID: "urn:uuid:0", Purpose: "suspension", Value: 1}, {CredentialID: "urn:uuid:0", Purpose: "suspension", Value: 0}}
	_, err = s.SetStatuses(t.Context(), both)
	want(t, err, issuance.ErrRequest)
}

func TestChangesAtATimeAllCommit(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	var entries []issuance.Entry
	for n := range 20 {
		entries = append(entries, entryFor(t, c.issue(t, s, "demo", fmt.Sprintf("urn:uuid:%d", n)), "revocation"))
	}
	var work sync.WaitGroup
	for n := range 40 {
		work.Go(func() {
			change := issuance.Change{CredentialID: fmt.Sprintf("urn:uuid:%d", n%20), Purpose: "revocation", Value: 1}
			if _, err := s.SetStatus(t.Context(), change); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	for _, e := range entries {
		same(t, c.bit(t, e), byte(1))
	}
}
