package issuance_test

import (
	"testing"
	"time"

	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/credentials/statuslist"
)

// published verifies a publication and reads the list out of it.
func (c *center) published(t testing.TB, p *issuance.Publication, issuer string, e issuance.Entry) *statuslist.List {
	t.Helper()
	credential := c.opened(t, p.Body)
	list, err := statuslist.Open(credential, statuslist.Want{URL: listURL(e), Purpose: e.Purpose, Issuer: string(c.did(issuer)), Size: 1})
	must(t, err)
	return list
}

func TestAListIsPublishedSignedByItsIssuerInItsForm(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	for name, form := range map[string]credentials.Form{"demo": credentials.FormJWT, "eddsa-jcs-2022": credentials.FormEdDSAJCS} {
		issued := c.issue(t, s, name, "urn:uuid:"+name)
		e := entryFor(t, issued, "revocation")
		_, err := s.SetStatus(t.Context(), issuance.Change{CredentialID: "urn:uuid:" + name, Purpose: "revocation", Value: 1})
		must(t, err)
		p, err := s.Publish(t.Context(), e.List, time.Time{}, issuance.AsCredential)
		must(t, err)
		same(t, p.Form, form)
		same(t, p.Compact != "", form == credentials.FormJWT)
		list := c.published(t, p, name, e)
		same(t, list.TTL, time.Minute)
		same(t, list.ValidUntil.Sub(list.ValidFrom), time.Hour)
		for index, want := range map[int64]uint64{e.Index: 1, (e.Index + 1) % issuance.MinListSize: 0} {
			got, err := statuslist.Value(list.Bits, index, 1)
			must(t, err)
			same(t, got, want)
		}
	}
}

func TestAnUnchangedListIsSignedAgainOnlyWhenItAges(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	e := entryFor(t, c.issue(t, s, "demo", "urn:uuid:1"), "revocation")
	first, err := s.Publish(t.Context(), e.List, time.Time{}, issuance.AsCredential)
	must(t, err)
	c.clock.Add(29 * time.Minute)
	c.issue(t, s, "eddsa-jcs-2022", "") // other blocks pass
	second, err := s.Publish(t.Context(), e.List, time.Time{}, issuance.AsCredential)
	must(t, err)
	same(t, second.Digest, first.Digest)
	_, err = s.SetStatus(t.Context(), issuance.Change{CredentialID: "urn:uuid:1", Purpose: "revocation", Value: 1})
	must(t, err)
	third, err := s.Publish(t.Context(), e.List, time.Time{}, issuance.AsCredential)
	must(t, err)
	if third.Digest == first.Digest {
		t.Fatal("a changed list was not signed again")
	}
	c.clock.Add(30 * time.Minute)
	fourth, err := s.Publish(t.Context(), e.List, time.Time{}, issuance.AsCredential)
	must(t, err)
	if fourth.Digest == third.Digest {
		t.Fatal("an aging list was not signed again")
	}
}

func TestWhileTheLedgerIsDownTheLastCopyIsGivenAsLongAsItIsValid(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	e := entryFor(t, c.issue(t, s, "demo", ""), "revocation")
	first, err := s.Publish(t.Context(), e.List, time.Time{}, issuance.AsCredential)
	must(t, err)
	c.league.SetDown(true)
	c.clock.Add(59 * time.Minute)
	copied, err := s.Publish(t.Context(), e.List, time.Time{}, issuance.AsCredential)
	must(t, err)
	same(t, copied.Digest, first.Digest)
	c.clock.Add(time.Minute)
	_, err = s.Publish(t.Context(), e.List, time.Time{}, issuance.AsCredential)
	want(t, err, issuance.ErrUnavailable)
}

func TestAListIsPublishedAsItWas(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	e := entryFor(t, c.issue(t, s, "demo", "urn:uuid:1"), "revocation")
	before := c.clock.Now()
	c.clock.Add(time.Minute)
	_, err := s.SetStatus(t.Context(), issuance.Change{CredentialID: "urn:uuid:1", Purpose: "revocation", Value: 1})
	must(t, err)
	after := c.clock.Now()
	for at, want := range map[time.Time]uint64{before: 0, after: 1} {
		p, err := s.Publish(t.Context(), e.List, at, issuance.AsCredential)
		must(t, err)
		credential, err := payload(p)
		must(t, err)
		same(t, credential["validFrom"], any(at.Format(time.RFC3339)))
		list, err := statuslist.Open(credential, statuslist.Want{URL: listURL(e), Purpose: e.Purpose, Issuer: string(c.did("demo")), Size: 1})
		must(t, err)
		got, err := statuslist.Value(list.Bits, e.Index, 1)
		must(t, err)
		same(t, got, want)
	}
	p, err := s.Publish(t.Context(), e.List, before, issuance.AsCredential)
	must(t, err)
	again, err := s.Publish(t.Context(), e.List, before, issuance.AsCredential)
	must(t, err)
	same(t, p.Past, true)
	same(t, again.Digest, p.Digest)
	_, err = s.Publish(t.Context(), e.List, c.clock.Now().Add(time.Second), issuance.AsCredential)
	want(t, err, issuance.ErrRequest)
	_, err = s.Publish(t.Context(), e.List, before.Add(-time.Hour), issuance.AsCredential)
	want(t, err, issuance.ErrNotFound)
}

func TestPublishingWhatIsNotThere(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	_, err := s.Publish(t.Context(), op.ID{1}, time.Time{}, issuance.AsCredential)
	want(t, err, issuance.ErrNotFound)
	c.league.SetDown(true)
	_, err = s.Publish(t.Context(), op.ID{1}, time.Time{}, issuance.AsCredential)
	want(t, err, issuance.ErrUnavailable)
}

func TestEnsureListMakesOneListPerPurpose(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	first, created, err := s.EnsureList(t.Context(), "demo", "revocation")
	must(t, err)
	same(t, created, true)
	again, created, err := s.EnsureList(t.Context(), "demo", "revocation")
	must(t, err)
	same(t, created, false)
	same(t, again.ID, first.ID)
	_, _, err = s.EnsureList(t.Context(), "demo", "fun")
	want(t, err, issuance.ErrRequest)
	_, _, err = s.EnsureList(t.Context(), "nobody", "revocation")
	want(t, err, issuance.ErrUnknownIssuer)
}

func TestWhatIsRetainedCanBeReadAndIsErasedForGood(t *testing.T) {
	c := newCenter(t)
	c.issuers[0].Retain = true
	s := c.start(t)
	issued := c.issue(t, s, "demo", "urn:uuid:1")
	c.issue(t, s, "eddsa-jcs-2022", "urn:uuid:2")
	kept, err := s.Credential(t.Context(), "", "urn:uuid:1")
	must(t, err)
	same(t, string(kept.Body), string(issued.Body))
	other, err := s.Credential(t.Context(), "", "urn:uuid:2")
	must(t, err)
	same(t, other.Body == nil, true)
	must(t, s.Erase(t.Context(), "", "urn:uuid:1"))
	_, err = s.Credential(t.Context(), "", "urn:uuid:1")
	want(t, err, issuance.ErrGone)
	want(t, s.Erase(t.Context(), "", "urn:uuid:1"), issuance.ErrGone)
	want(t, s.Erase(t.Context(), "", "urn:uuid:9"), issuance.ErrNotFound)
	_, err = s.SetStatus(t.Context(), issuance.Change{CredentialID: "urn:uuid:1", Purpose: "revocation", Value: 1})
	must(t, err)
	same(t, c.bit(t, entryFor(t, issued, "revocation")), byte(1))
	_, err = s.Issue(t.Context(), "demo", degree(c.did("demo"), "urn:uuid:1"), issuance.IssueOptions{})
	want(t, err, issuance.ErrDuplicate)
}
