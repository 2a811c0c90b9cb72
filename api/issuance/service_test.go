package issuance_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/resolve"
)

func (c *center) verifier() *credentials.Verifier {
	return &credentials.Verifier{
		Resolver: resolve.NewRouter(map[string]did.Resolver{"hanse": resolve.NewHanse(c.league.League, c.league), "key": resolve.Key{}}),
		Now:      c.clock.Now,
	}
}

// signatureOf is the outcome of the signature check, and the credential.
func (c *center) opened(t testing.TB, body json.RawMessage) map[string]any {
	t.Helper()
	report, credential, err := c.verifier().Verify(t.Context(), body, credentials.VerifyOptions{Checks: []string{"proof"}})
	must(t, err)
	for _, check := range report.Checks {
		if check.Severity == credentials.SeverityError && check.Outcome != credentials.Pass && check.Outcome != credentials.Skip {
			t.Fatalf("check %s is %s: %+v", check.ID, check.Outcome, check.Problem)
		}
	}
	return credential
}

func TestIssuedCredentialsVerifyAndCarryOneEntryPerPurpose(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	for _, name := range []string{"demo", "eddsa-jcs-2022"} {
		issued := c.issue(t, s, name, "urn:uuid:0f4ab6a8-6ac0-4d4d-8f0a-000000000001")
		got := c.opened(t, issued.Body)
		same(t, got["credentialStatus"], any([]any{
			entryValue(entryFor(t, issued, "revocation")), entryValue(entryFor(t, issued, "suspension")),
		}))
	}
}

func TestListsOfIssuersWithoutRecordAreOwnedByTheCenter(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	for name, owner := range map[string]string{"demo": string(c.did("demo")), "eddsa-jcs-2022": string(c.league.Center.DID)} {
		issued := c.issue(t, s, name, "")
		list, _, err := c.league.List(t.Context(), issued.Entries[0].List)
		must(t, err)
		same(t, string(list.Owner), owner)
		same(t, list.Issuer, c.did(name))
		same(t, list.Purposes, []string{issued.Entries[0].Purpose})
		same(t, list.URL, listURL(issued.Entries[0]))
	}
}

func TestTheCallersStatusIsKeptBeforeOurs(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	theirs := map[string]any{"id": "https://other.example/1", "type": "OtherStatus2030"}
	for name, given := range map[string]any{"object": theirs, "list": []any{theirs}} {
		t.Run(name, func(t *testing.T) {
			credential := degree(c.did("demo"), "")
			credential["credentialStatus"] = given
			issued, err := s.Issue(t.Context(), "demo", credential, issuance.IssueOptions{})
			must(t, err)
			entries := c.opened(t, issued.Body)["credentialStatus"].([]any)
			same(t, len(entries), 3)
			same(t, entries[0], any(theirs))
			same(t, credential["credentialStatus"], given)
		})
	}
}

// Who named no issuer, or a form that is not made, learns what there is.
func TestRefusalsNameWhatThereIs(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	nobody := degree(c.did("demo"), "urn:uuid:1")
	delete(nobody, "issuer")
	_, err := s.Issue(t.Context(), "demo", nobody, issuance.IssueOptions{})
	if want(t, err, issuance.ErrInvalid); !strings.Contains(err.Error(), string(c.did("demo"))) {
		t.Errorf("%v does not name the issuer", err)
	}
	own := degree(c.did("eddsa-jcs-2022"), "urn:uuid:1")
	_, err = s.Issue(t.Context(), "eddsa-jcs-2022", own, issuance.IssueOptions{Form: credentials.FormECDSASD})
	if want(t, err, issuance.ErrRequest); !strings.Contains(err.Error(), "it makes eddsa-jcs-2022, vc+jwt") {
		t.Errorf("%v does not name the forms", err)
	}
}

func TestIssueRefuses(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	must(t, s.Prepare(t.Context()))
	first := c.issue(t, s, "demo", "urn:uuid:1")
	tests := map[string]struct {
		issuer  string
		change  func(map[string]any)
		options issuance.IssueOptions
		reason  error
	}{
		"an issuer that is not configured":     {issuer: "nobody", reason: issuance.ErrUnknownIssuer},
		"a credential without issuer":          {change: func(m map[string]any) { delete(m, "issuer") }, reason: issuance.ErrInvalid},
		"an issuer object without id":          {change: func(m map[string]any) { m["issuer"] = map[string]any{"name": "x"} }, reason: issuance.ErrInvalid},
		"a credential of another issuer":       {change: func(m map[string]any) { m["issuer"] = "did:key:z6Mk" }, reason: issuance.ErrForeignIssuer},
		"another issuer of the same center":    {change: func(m map[string]any) { m["issuer"] = string(c.did("eddsa-jcs-2022")) }, reason: issuance.ErrForeignIssuer},
		"a form that the issuer does not make": {options: issuance.IssueOptions{Form: credentials.FormEdDSAJCS}, reason: issuance.ErrRequest},
		"an id that was issued before":         {change: func(m map[string]any) { m["id"] = "urn:uuid:1" }, reason: issuance.ErrDuplicate},
		"an address that was issued before":    {options: issuance.IssueOptions{CredentialID: "urn:uuid:1"}, reason: issuance.ErrDuplicate},
		"an address that is too long":          {options: issuance.IssueOptions{CredentialID: strings.Repeat("x", 1025)}, reason: issuance.ErrRequest},
		"an entry of a list of ours":           {change: func(m map[string]any) { m["credentialStatus"] = entryValue(first.Entries[0]) }, reason: issuance.ErrInvalid},
		"an entry of a list that we might make": {change: func(m map[string]any) {
			m["credentialStatus"] = []any{map[string]any{"type": "BitstringStatusListEntry", "statusPurpose": "revocation",
				"statusListIndex": "1", "statusListCredential": "https://center.example/status-lists/" + op.ID{}.String()}}
		}, reason: issuance.ErrInvalid},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			credential := degree(c.did("demo"), "")
			if test.change != nil {
				test.change(credential)
			}
			if test.issuer == "" {
				test.issuer = "demo"
			}
			_, err := s.Issue(t.Context(), test.issuer, credential, test.options)
			want(t, err, test.reason)
		})
	}
}

func TestBreakingTheDataModelIsAProblemAndCostsNoIndex(t *testing.T) {
	c := newCenter(t)
	store := sqlite{}.Open(t, c.place)
	s := c.startOver(t, store)
	must(t, s.Prepare(t.Context()))
	before := drawnOf(t, store)
	for range 100 {
		credential := degree(c.did("demo"), "")
		credential["credentialSubject"] = map[string]any{}
		_, err := s.Issue(t.Context(), "demo", credential, issuance.IssueOptions{})
		if _, ok := errors.AsType[*credentials.ProblemError](err); !ok {
			t.Fatalf("error is %v", err)
		}
	}
	same(t, drawnOf(t, store), before)
}

// drawnOf counts all indices drawn.
func drawnOf(t testing.TB, store issuance.Store) (n int) {
	t.Helper()
	lists, err := store.Lists(t.Context(), "")
	must(t, err)
	for _, l := range lists {
		drawn, err := store.Drawn(t.Context(), l.ID, 0, 1<<40)
		must(t, err)
		n += len(drawn)
	}
	return n
}

func TestTheSameIdMayBeIssuedByAnotherIssuer(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	c.issue(t, s, "demo", "urn:uuid:1")
	c.issue(t, s, "eddsa-jcs-2022", "urn:uuid:1")
	_, err := s.Credential(t.Context(), "", "urn:uuid:1")
	want(t, err, issuance.ErrRequest)
	kept, err := s.Credential(t.Context(), "eddsa-jcs-2022", "urn:uuid:1")
	must(t, err)
	same(t, kept.Form, credentials.FormEdDSAJCS)
}

func TestARequestMayAskForAnotherFormOfTheIssuer(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	issued, err := s.Issue(t.Context(), "eddsa-jcs-2022", degree(c.did("eddsa-jcs-2022"), ""), issuance.IssueOptions{Form: credentials.FormJWT})
	must(t, err)
	same(t, issued.Form, credentials.FormJWT)
	c.opened(t, issued.Body)
}

func TestIssuersWithoutPurposesNeedNoLedger(t *testing.T) {
	c := newCenter(t)
	c.issuers[0].Purposes = []string{"none"}
	s := c.start(t)
	c.league.SetDown(true)
	issued := c.issue(t, s, "demo", "")
	same(t, len(issued.Entries), 0)
}

func TestWithoutLedgerIssuingIsUnavailableAndRecovers(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	c.league.SetDown(true)
	_, err := s.Issue(t.Context(), "demo", degree(c.did("demo"), ""), issuance.IssueOptions{})
	want(t, err, issuance.ErrUnavailable)
	broken := degree(c.did("demo"), "")
	broken["type"] = "Nothing"
	_, err = s.Issue(t.Context(), "demo", broken, issuance.IssueOptions{})
	if _, ok := errors.AsType[*credentials.ProblemError](err); !ok {
		t.Fatalf("a broken credential is refused as such while the ledger is down; error is %v", err)
	}
	c.league.SetDown(false)
	c.issue(t, s, "demo", "")
}

func TestWithoutQuorumIssuingIsUnavailableAndTheListsComeLater(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	c.league.SetQuorum(t, false)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := s.Issue(ctx, "demo", degree(c.did("demo"), ""), issuance.IssueOptions{})
	want(t, err, issuance.ErrUnavailable)
	c.league.SetQuorum(t, true)
	c.issue(t, s, "demo", "")
	store := sqlite{}.Open(t, c.place)
	lists, err := store.Lists(t.Context(), "demo")
	must(t, err)
	same(t, len(lists), 2)
}

func TestLeasedIndicesOutliveAnOutage(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	must(t, s.Prepare(t.Context()))
	c.league.SetDown(true)
	for range 200 {
		c.issue(t, s, "demo", "")
	}
}

func TestAListWhoseCreationExpiredIsMadeAgain(t *testing.T) {
	c := newCenter(t)
	store := sqlite{}.Open(t, c.place)
	s := c.startOver(t, store)
	c.league.SetDown(true)
	_, err := s.Issue(t.Context(), "demo", degree(c.did("demo"), ""), issuance.IssueOptions{})
	want(t, err, issuance.ErrUnavailable)
	c.league.SetDown(false)
	c.league.SetQuorum(t, false)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = s.Issue(ctx, "demo", degree(c.did("demo"), ""), issuance.IssueOptions{})
	want(t, err, issuance.ErrUnavailable)
	c.clock.Add(time.Hour) // what waits in the pool is too old by now
	c.league.SetQuorum(t, true)
	c.league.Block(t)
	c.issue(t, s, "demo", "")
	lists, err := store.Lists(t.Context(), "demo")
	must(t, err)
	same(t, len(lists), 2)
	for _, l := range lists {
		same(t, l.Ready, true)
	}
}

func TestIssuersAreRefusedWhoseConfigurationCannotWork(t *testing.T) {
	c := newCenter(t)
	s := c.start(t)
	for name, change := range map[string]func(*issuance.Issuer){
		"a name with a slash":             func(i *issuance.Issuer) { i.Name = "a/b" },
		"a DID that is none":              func(i *issuance.Issuer) { i.DID = "university" },
		"a method of another DID":         func(i *issuance.Issuer) { i.Method = c.issuers[1].Method },
		"a form that is not supported":    func(i *issuance.Issuer) { i.Form = "vc+nothing" },
		"a key that is not there":         func(i *issuance.Issuer) { i.Key = "lost" },
		"a purpose twice":                 func(i *issuance.Issuer) { i.Purposes = []string{"revocation", "revocation"} },
		"an unknown purpose":              func(i *issuance.Issuer) { i.Purposes = []string{"fun"} },
		"a ledger DID without control":    func(i *issuance.Issuer) { i.Control = nil },
		"plain http beyond this machine":  func(i *issuance.Issuer) { i.PublicURL = "http://center.example" },
		"a public URL with a slash after": func(i *issuance.Issuer) { i.PublicURL = "https://center.example/" },
	} {
		t.Run(name, func(t *testing.T) {
			i := c.issuers[0]
			change(&i)
			if err := s.PutIssuer(t.Context(), i); err == nil {
				t.Fatal("it was accepted")
			}
		})
	}
}
