package credentials

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hanse-id/hanse/credentials/statuslist"
	"github.com/hanse-id/hanse/did/keys"
)

const listURL = "https://center.example/status-lists/1"

// listOf issues the status list of an issuer with the given entries set.
func listOf(t testing.TB, issuer *Issuer, change func(*statuslist.List), set ...int64) []byte {
	t.Helper()
	l := statuslist.List{
		URL: listURL, Issuer: issuer.DID.String(), Purposes: []string{"revocation"}, Bits: make([]byte, statuslist.MinEntries/8), Size: 1,
		ValidFrom: noon.Add(-time.Minute), ValidUntil: noon.Add(time.Hour), TTL: time.Minute,
	}
	for _, index := range set {
		if err := statuslist.Set(l.Bits, index, 1, 1); err != nil {
			t.Fatal(err)
		}
	}
	if change != nil {
		change(&l)
	}
	c, err := statuslist.Build(l)
	if err != nil {
		t.Fatal(err)
	}
	return issue(t, issuer, c).Body
}

func TestStatusIsReadFromAVerifiedList(t *testing.T) {
	everyForm(t, func(t *testing.T, issuer *Issuer) {
		body := listOf(t, issuer, nil, 94_567)
		for index, want := range map[int64]uint64{0: 0, 94_566: 0, 94_567: 1, 131_071: 0} {
			q := StatusQuery{Issuer: issuer.DID, Entry: StatusEntry{Type: EntryType, Purpose: "revocation", Index: index, List: listURL, Size: 1}}
			got, err := newVerifier().ListStatus(t.Context(), q, body, 7, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got.Value != want || got.Evidence.Height != 7 || got.Evidence.Source != listURL || got.Evidence.Age != 60 || got.Evidence.Digest == "" || len(got.Purposes) != 1 {
				t.Errorf("entry %d: %+v", index, got)
			}
		}
	})
}

// Reliability table 61 to 63: what is wrong with a list never reads as "not revoked".
func TestBadListsFailClosed(t *testing.T) {
	everyForm(t, func(t *testing.T, issuer *Issuer) {
		other := newIssuer(t, issuer.Form, issuer.Signer.Public().Algorithm())
		entry := StatusEntry{Type: EntryType, Purpose: "revocation", Index: 1, List: listURL, Size: 1}
		edit := func(f func(*StatusEntry)) StatusEntry { e := entry; f(&e); return e }
		good := listOf(t, issuer, nil)
		tampered := []byte(strings.Replace(string(good), "center.example", "Center.example", 1))
		if row, _ := formNamed(issuer.Form); row.enveloping {
			tampered = append([]byte(nil), good...)
			tampered[len(tampered)/2] ^= 1
		}
		selfReferring, err := statuslist.Build(statuslist.List{URL: listURL, Issuer: issuer.DID.String(), Purposes: []string{"revocation"}, Bits: make([]byte, statuslist.MinEntries/8), Size: 1})
		if err != nil {
			t.Fatal(err)
		}
		selfReferring["credentialStatus"] = map[string]any{"type": EntryType, "statusPurpose": "revocation", "statusListIndex": "1", "statusListCredential": listURL}
		for _, test := range []struct {
			name  string
			entry StatusEntry
			body  []byte
			kind  string
		}{
			{"index at the end", edit(func(e *StatusEntry) { e.Index = statuslist.MinEntries }), good, ProblemRange},
			{"another purpose", edit(func(e *StatusEntry) { e.Purpose = "suspension" }), good, ProblemStatusVerification},
			{"entries of two bits", edit(func(e *StatusEntry) { e.Size = 2 }), good, ProblemStatusLength},
			{"issued by another", entry, listOf(t, other, nil), ProblemStatusVerification},
			{"expired", entry, listOf(t, issuer, func(l *statuslist.List) { l.ValidUntil = noon.Add(-time.Second) }), ProblemStatusVerification},
			{"not yet valid", entry, listOf(t, issuer, func(l *statuslist.List) { l.ValidFrom = noon.Add(time.Hour) }), ProblemStatusVerification},
			{"tampered", entry, tampered, ProblemStatusVerification},
			{"not a list", entry, issue(t, issuer, degree(issuer.DID, nil)).Body, ProblemStatusVerification},
			{"refers to itself", entry, issue(t, issuer, selfReferring).Body, ProblemStatusVerification},
			{"garbage", entry, []byte("garbage"), ProblemStatusVerification},
			{"empty", entry, nil, ProblemStatusVerification},
		} {
			_, err := newVerifier().ListStatus(t.Context(), StatusQuery{Issuer: issuer.DID, Entry: test.entry}, test.body, 0, nil)
			p, ok := errors.AsType[*ProblemError](err)
			if !ok || p.Problem.Type != test.kind {
				t.Errorf("%s: error is %v, want %s", test.name, err, test.kind)
			}
			// Through a whole verification: rejected, and never accepted.
			v := newVerifier()
			v.Status = statusFunc(func(q StatusQuery) (StatusResult, error) {
				return newVerifier().ListStatus(t.Context(), StatusQuery{Issuer: q.Issuer, Entry: test.entry}, test.body, 0, nil)
			})
			c := degree(issuer.DID, map[string]any{"credentialStatus": map[string]any{
				"type": EntryType, "statusPurpose": "revocation", "statusListIndex": "1", "statusListCredential": listURL}})
			wantDecision(t, verify(t, v, issue(t, issuer, c).Body), Reject)
		}
		v := newVerifier()
		v.Resolver = nil
		_, err = v.ListStatus(t.Context(), StatusQuery{Issuer: issuer.DID, Entry: entry}, good, 0, nil)
		if p, ok := errors.AsType[*ProblemError](err); !ok || p.Problem.Type != ProblemStatusRetrieval {
			t.Errorf("issuer unavailable: error is %v", err)
		}
	})
}

// What a verifier asks of credentials, it does not ask of the lists that their issuers keep.
func TestThePolicyIsNotAboutStatusLists(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	v := newVerifier()
	v.Trust = AllowList{}
	v.Policy = Policy{RequireAccreditation: true, Types: []string{"ExampleDegreeCredential"}, RequireLinkedDomain: true, LinkedDomains: []string{"https://a.example"}}
	entry := StatusEntry{Type: EntryType, Purpose: "revocation", Index: 1, List: listURL, Size: 1}
	if _, err := v.ListStatus(t.Context(), StatusQuery{Issuer: issuer.DID, Entry: entry}, listOf(t, issuer, nil), 0, nil); err != nil {
		t.Error(err)
	}
}

// A list of today says nothing of the past: what the status was is unknown, neither good nor bad.
func TestAListOfAnotherTimeIsNoAnswer(t *testing.T) {
	everyForm(t, func(t *testing.T, issuer *Issuer) {
		q := StatusQuery{Issuer: issuer.DID, At: noon.Add(-24 * time.Hour),
			Entry: StatusEntry{Type: EntryType, Purpose: "revocation", Index: 1, List: listURL, Size: 1}}
		kind := func(body []byte) string {
			_, err := newVerifier().ListStatus(t.Context(), q, body, 0, nil)
			p, ok := errors.AsType[*ProblemError](err)
			if !ok {
				t.Fatalf("error is %v", err)
			}
			return p.Problem.Type
		}
		if got := kind(listOf(t, issuer, nil)); got != ProblemStatusRetrieval {
			t.Errorf("a genuine list of today is %s", got)
		}
		forged := listOf(t, newIssuer(t, issuer.Form, issuer.Signer.Public().Algorithm()), nil)
		if got := kind([]byte(strings.Replace(string(forged), "e", "f", 1))); got != ProblemStatusVerification {
			t.Errorf("a list that is not genuine is %s", got)
		}
	})
}

func TestAnOlderListThanTheOneSeenFails(t *testing.T) {
	issuer := newIssuer(t, FormEdDSAJCS, "EdDSA")
	q := StatusQuery{Issuer: issuer.DID, Entry: StatusEntry{Type: EntryType, Purpose: "revocation", Index: 1, List: listURL, Size: 1}}
	revoked, before := listOf(t, issuer, nil, 1), listOf(t, issuer, nil)
	var seen statuslist.Watermark
	if _, err := newVerifier().ListStatus(t.Context(), q, before, 10, &seen); err != nil {
		t.Fatal(err)
	}
	if got, err := newVerifier().ListStatus(t.Context(), q, revoked, 11, &seen); err != nil || got.Value != 1 {
		t.Fatalf("%+v %v", got, err)
	}
	for _, height := range []int64{10, 11} {
		_, err := newVerifier().ListStatus(t.Context(), q, before, height, &seen)
		if p, ok := errors.AsType[*ProblemError](err); !ok || p.Problem.Type != ProblemStatusVerification {
			t.Errorf("height %d: error is %v", height, err)
		}
	}
}
