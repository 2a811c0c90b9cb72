package issuance_test

import (
	"testing"
	"time"

	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/credentials/statuslist"
)

// badges makes the did:key issuer one of SD-JWT VCs, with documents as an alternative.
func badges(c *center) {
	i := &c.issuers[1]
	i.Name, i.Form = "badges", credentials.FormSDJWTVC
}

// read verifies a published list as a stranger would, and reads an entry.
func (c *center) read(t testing.TB, p *issuance.Publication, issuer string, e credentials.StatusEntry, at time.Time) uint64 {
	t.Helper()
	v := c.verifier()
	body := []byte(p.Body)
	if p.As != issuance.AsCredential {
		body = p.Token
	}
	got, err := v.ListStatus(t.Context(), credentials.StatusQuery{Issuer: c.did(issuer), Entry: e, At: at}, body, 0, nil)
	must(t, err)
	return got.Value
}

func TestOneTruthIsPublishedInEveryEncoding(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	issued := c.issue(t, s, "eddsa-jcs-2022", "urn:uuid:1")
	for _, purpose := range []string{"revocation", "suspension"} {
		_, err := s.SetStatus(t.Context(), issuance.Change{CredentialID: "urn:uuid:1", Purpose: purpose, Value: 1})
		must(t, err)
	}
	for purpose, meaning := range map[string]uint64{"revocation": statuslist.Invalid, "suspension": statuslist.Suspended} {
		e := entryFor(t, issued, purpose)
		for _, as := range []issuance.Encoding{issuance.AsToken, issuance.AsCWT} {
			p, err := s.Publish(t.Context(), e.List, time.Time{}, as)
			must(t, err)
			entry := credentials.StatusEntry{Type: credentials.TokenEntryType, Index: e.Index, List: listURL(e)}
			same(t, c.read(t, p, "eddsa-jcs-2022", entry, time.Time{}), meaning)
			entry.Index = (e.Index + 1) % issuance.MinListSize
			same(t, c.read(t, p, "eddsa-jcs-2022", entry, time.Time{}), uint64(0))
			again, err := s.Publish(t.Context(), e.List, time.Time{}, as)
			must(t, err)
			same(t, again.Digest, p.Digest)
		}
		p, err := s.Publish(t.Context(), e.List, time.Time{}, issuance.AsCredential)
		must(t, err)
		entry := credentials.StatusEntry{Type: credentials.EntryType, Purpose: purpose, Index: e.Index, List: listURL(e), Size: 1}
		same(t, c.read(t, p, "eddsa-jcs-2022", entry, time.Time{}), uint64(1))
	}
}

func TestATokenIsPublishedAsItWas(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	e := entryFor(t, c.issue(t, s, "eddsa-jcs-2022", "urn:uuid:1"), "suspension")
	before := c.clock.Now()
	c.clock.Add(time.Minute)
	_, err := s.SetStatus(t.Context(), issuance.Change{CredentialID: "urn:uuid:1", Purpose: "suspension", Value: 1})
	must(t, err)
	for at, want := range map[time.Time]uint64{before: 0, c.clock.Now(): 2} {
		p, err := s.Publish(t.Context(), e.List, at, issuance.AsToken)
		must(t, err)
		same(t, c.read(t, p, "eddsa-jcs-2022", credentials.StatusEntry{Type: credentials.TokenEntryType, Index: e.Index, List: listURL(e)}, at), want)
	}
}

// An SD-JWT VC has one entry, of a list that says revocation and suspension together.
func TestOneListSaysRevocationAndSuspension(t *testing.T) {
	c := newCenter(t)
	badges(c)
	s := c.start(t)
	input := map[string]any{"claims": map[string]any{"vct": "https://a.example/badge", "name": "Ada"}}
	issued, err := s.Issue(t.Context(), "badges", input, issuance.IssueOptions{CredentialID: "badge-1"})
	must(t, err)
	same(t, len(issued.Entries), 1)
	e := issued.Entries[0]
	same(t, e.Purpose, issuance.StatusPurpose)
	now := func() uint64 {
		t.Helper()
		p, err := s.Publish(t.Context(), e.List, time.Time{}, issuance.AsToken)
		must(t, err)
		value := c.read(t, p, "badges", credentials.StatusEntry{Type: credentials.TokenEntryType, Index: e.Index, List: listURL(e)}, time.Time{})
		p, err = s.Publish(t.Context(), e.List, time.Time{}, issuance.AsCredential)
		must(t, err)
		same(t, p.Form, credentials.FormJWT) // documents are no claims
		same(t, c.read(t, p, "badges", credentials.StatusEntry{Type: credentials.EntryType, Purpose: "suspension", Index: e.Index, List: listURL(e), Size: 2}, time.Time{}), value)
		return value
	}
	for _, step := range []struct {
		purpose string
		value   uint64
		reason  error
		want    uint64
	}{
		{"suspension", 1, nil, statuslist.Suspended},
		{"revocation", 0, nil, statuslist.Suspended}, // it is not revoked: that lifts no suspension
		{"suspension", 0, nil, statuslist.Valid},
		{"suspension", 2, issuance.ErrRequest, statuslist.Valid},
		{"message", 1, issuance.ErrRequest, statuslist.Valid},
		{"suspension", 1, nil, statuslist.Suspended},
		{"revocation", 1, nil, statuslist.Invalid}, // from suspended to revoked
		{"suspension", 1, issuance.ErrRequest, statuslist.Invalid},
		{"suspension", 0, issuance.ErrRequest, statuslist.Invalid},
		{"revocation", 0, issuance.ErrRequest, statuslist.Invalid},
		{"status", 2, issuance.ErrRequest, statuslist.Invalid},
		{"revocation", 1, nil, statuslist.Invalid},
	} {
		_, err := s.SetStatus(t.Context(), issuance.Change{CredentialID: "badge-1", Purpose: step.purpose, Value: step.value})
		want(t, err, step.reason)
		same(t, now(), step.want)
	}
}

func TestCopiesAreRevokedTogether(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	issued, err := s.Issue(t.Context(), "demo", degree(c.did("demo"), "urn:uuid:1"), issuance.IssueOptions{Copies: 3})
	must(t, err)
	other := entryFor(t, c.issue(t, s, "demo", "urn:uuid:2"), "revocation")
	done, err := s.SetStatus(t.Context(), issuance.Change{CredentialID: "urn:uuid:1", Purpose: "revocation", Value: 1})
	must(t, err)
	same(t, done.Copies, 3)
	revoked := 0
	for _, e := range issued.Entries {
		if e.Purpose == "revocation" {
			revoked += int(c.bit(t, e))
		}
	}
	same(t, revoked, 3)
	same(t, c.ones(t, other.List), 3)
	job, _, err := s.SetStatusBulk(t.Context(), issuance.BulkRequest{Request: []byte("r"), Changes: []issuance.Change{{CredentialID: "urn:uuid:1", Purpose: "suspension", Value: 1}}})
	must(t, err)
	j := finished(t, s, job.ID)
	same(t, []int{j.Total, j.Done}, []int{1, 1})
	same(t, len(j.Operations), 1)
	for _, e := range issued.Entries {
		same(t, c.bit(t, e), byte(1))
	}
}
