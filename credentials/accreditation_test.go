package credentials

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/did/keys"
)

const centerURL = "https://center.example/"

func accreditation() Accreditation {
	return Accreditation{
		ID: "Vv_9-kR0v1xyzA", Authority: "did:hanse:test:center", Subject: "did:hanse:test:university", Action: "accredit", Resource: "type:ExampleDegreeCredential",
		Limits: AccreditationLimits{Jurisdictions: []string{"DE", "FR-75"}, Validity: 31_536_000, Depth: 1, Count: 12}, Parent: "aaaa",
		ValidFrom: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), ValidUntil: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
		Framework: "https://league.example/framework", Evidence: "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
	}
}

func TestTheCopyOfAnAccreditationSaysWhatTheLedgerDoes(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	c, err := accreditation().Credential(issuer.DID, centerURL)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(accreditationContext(), c["@context"].([]any)[1]); d != "" {
		t.Error(d)
	}
	delete(c, "@context")
	if d := cmp.Diff(map[string]any{
		"id": "https://center.example/v1/accreditations/Vv_9-kR0v1xyzA/credential", "type": []any{"VerifiableCredential", "AccreditationCredential"}, "issuer": issuer.DID.String(),
		"validFrom": "2026-01-01T00:00:00Z", "validUntil": "2027-01-01T00:00:00Z",
		"credentialStatus": map[string]any{
			"id": "https://center.example/v1/accreditations/Vv_9-kR0v1xyzA#status", "type": "AccreditationStatusEntry", "accreditation": "Vv_9-kR0v1xyzA"},
		"credentialSubject": map[string]any{"id": "did:hanse:test:university", "accreditation": map[string]any{
			"id": "urn:hanse:accreditation:Vv_9-kR0v1xyzA", "authority": "did:hanse:test:center", "action": "accredit", "resource": "type:ExampleDegreeCredential",
			"limits":    map[string]any{"jurisdictions": []any{"DE", "FR-75"}, "validity": int64(31_536_000), "depth": int64(1), "count": int64(12)},
			"parent":    "urn:hanse:accreditation:aaaa",
			"validFrom": "2026-01-01T00:00:00Z", "validUntil": "2027-01-01T00:00:00Z",
			"framework": "https://league.example/framework", "evidence": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"}},
	}, c); d != "" {
		t.Error(d)
	}
	// The least there can be: a right that no record gives has neither id nor status.
	c, err = Accreditation{Authority: "urn:hanse:league:test", Subject: "did:key:z", Action: "issue", Resource: "prefix:"}.Credential(issuer.DID, "")
	if err != nil {
		t.Fatal(err)
	}
	delete(c, "@context")
	if d := cmp.Diff(map[string]any{
		"type": []any{"VerifiableCredential", "AccreditationCredential"}, "issuer": issuer.DID.String(),
		"credentialSubject": map[string]any{"id": "did:key:z", "accreditation": map[string]any{"authority": "urn:hanse:league:test", "action": "issue", "resource": "prefix:"}},
	}, c); d != "" {
		t.Error(d)
	}
}

func TestCopiesAreIssuedAndVerifyInEveryForm(t *testing.T) {
	everyForm(t, func(t *testing.T, issuer *Issuer) {
		a := accreditation()
		at := time.Date(2020, 5, 5, 5, 5, 5, 5, time.UTC)
		issuer.Now = func() time.Time { at = at.Add(time.Hour); return at } // must not matter
		var bodies [2][]byte
		for i := range bodies {
			secured, err := issuer.IssueAccreditation(t.Context(), a, centerURL)
			if err != nil {
				t.Fatal(err)
			}
			bodies[i] = secured.Body
		}
		if issuer.Signer.Public().Algorithm() == keys.EdDSA && !bytes.Equal(bodies[0], bodies[1]) {
			t.Error("the same accreditation gives other bytes")
		}
		v := newVerifier()
		v.Status = statusFunc(func(q StatusQuery) (StatusResult, error) {
			if d := cmp.Diff(StatusQuery{Issuer: issuer.DID, Entry: StatusEntry{
				Type: AccreditationEntryType, ID: "https://center.example/v1/accreditations/" + a.ID + "#status", Accreditation: a.ID}}, q); d != "" {
				t.Error(d)
			}
			return StatusResult{State: StateActive, Accreditation: &a, Evidence: Evidence{Source: "ledger", Height: 7}}, nil
		})
		report := verify(t, v, bodies[0])
		wantDecision(t, report, Accept)
		if c := want(t, report, CheckStatus, Pass, ""); c.Evidence.Height != 7 || len(c.Warnings) != 0 || c.Note != "" {
			t.Errorf("%+v", c)
		}
		if c := want(t, report, CheckDataModel, Pass, ""); len(c.Warnings) != 0 {
			t.Errorf("%+v", c.Warnings)
		}
		i, err := Inspect(bodies[0], nil)
		if err != nil || len(i.Status) != 1 || i.Status[0].Accreditation != a.ID || len(i.Warnings) != 0 {
			t.Errorf("%+v %v", i, err)
		}
		var text strings.Builder
		if err := i.Text(&text); err != nil || !strings.Contains(text.String(), "that of accreditation "+a.ID) {
			t.Error(text.String())
		}
	})
}

func TestTheStatusOfACopyIsThatOfTheAccreditation(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	a := accreditation()
	secured, err := issuer.IssueAccreditation(t.Context(), a, centerURL)
	if err != nil {
		t.Fatal(err)
	}
	other := func(change func(*Accreditation)) *Accreditation {
		b := accreditation()
		change(&b)
		return &b
	}
	then := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name     string
		result   StatusResult
		err      error
		outcome  Outcome
		title    string
		decision Decision
	}{
		{"in force", StatusResult{State: "active", Accreditation: &a}, nil, Pass, "", Accept},
		{"in force, record not at hand", StatusResult{State: "active"}, nil, Pass, "", Accept},
		{"revoked", StatusResult{State: "revoked", Accreditation: &a}, nil, Fail, "accreditation is revoked", Reject},
		{"suspended", StatusResult{State: "suspended", Accreditation: &a}, nil, Fail, "accreditation is suspended", Reject},
		{"expired", StatusResult{State: "expired", Accreditation: &a}, nil, Fail, "accreditation is expired", Reject},
		{"not yet", StatusResult{State: "notYetValid", Accreditation: &a}, nil, Fail, "accreditation is not yet valid", Reject},
		{"anything else", StatusResult{State: "pathBroken\x1b", Accreditation: &a}, nil, Fail, `accreditation is not in force: "pathBroken\x1b"`, Reject},
		{"a source of lists only", StatusResult{}, ErrStatusType, Skip, "", Accept},
		{"a source that does not look at the type", StatusResult{Value: 1}, nil, Skip, "", Accept},
		{"unavailable", StatusResult{}, errors.New("away"), Indeterminate, "status unavailable", Undecided},
		{"unknown to the ledger", StatusResult{}, &ProblemError{Problem: Problem{Type: ProblemStatusVerification, Title: "no such accreditation"}}, Fail, "no such accreditation", Reject},
		{"another subject", StatusResult{State: "active", Accreditation: other(func(b *Accreditation) { b.Subject = "did:key:mill" })}, nil, Fail, "credential is no copy of the accreditation", Reject},
		{"another resource", StatusResult{State: "active", Accreditation: other(func(b *Accreditation) { b.Resource = "type:X" })}, nil, Fail, "credential is no copy of the accreditation", Reject},
		{"another action", StatusResult{State: "active", Accreditation: other(func(b *Accreditation) { b.Action = "verify" })}, nil, Fail, "credential is no copy of the accreditation", Reject},
		{"narrower", StatusResult{State: "active", Accreditation: other(func(b *Accreditation) { b.Limits.Jurisdictions = []string{"DE"} })}, nil, Fail, "credential is no copy of the accreditation", Reject},
		{"shorter", StatusResult{State: "active", Accreditation: other(func(b *Accreditation) { b.ValidUntil = b.ValidUntil.Add(-time.Second) })}, nil, Fail, "credential is no copy of the accreditation", Reject},
		{"another record", StatusResult{State: "active", Accreditation: other(func(b *Accreditation) { b.ID = "other" })}, nil, Fail, "credential is no copy of the accreditation", Reject},
	} {
		v := newVerifier()
		v.Status = statusFunc(func(q StatusQuery) (StatusResult, error) {
			if !q.At.Equal(then) {
				t.Errorf("%s: asked about %s", test.name, q.At)
			}
			return test.result, test.err
		})
		report := verifyWith(t, v, secured.Body, VerifyOptions{At: then})
		c, _ := report.Check(CheckStatus)
		title := ""
		if c.Problem != nil {
			title = c.Problem.Title
		}
		if c.Outcome != test.outcome || title != test.title {
			t.Errorf("%s: %+v", test.name, c)
		}
		if test.outcome == Skip && (len(c.Warnings) != 1 || c.Warnings[0].Title != "status type not supported") {
			t.Errorf("%s: %+v", test.name, c)
		}
		wantDecision(t, report, test.decision)
	}
	// Elsewhere, without any source, it is not evaluated, and the report says so.
	if c := want(t, verify(t, newVerifier(), secured.Body), CheckStatus, Skip, ""); len(c.Warnings) != 1 {
		t.Errorf("%+v", c)
	}
}

// Other credentials may stand and fall with an accreditation; beside the entry of a list, the worst of both counts.
func TestAnAccreditationEntryBesideOthers(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	v := newVerifier()
	state := StateActive
	v.Status = statusFunc(func(q StatusQuery) (StatusResult, error) {
		if q.Entry.Type == AccreditationEntryType {
			return StatusResult{State: state}, nil
		}
		return StatusResult{Value: uint64(q.Entry.Index)}, nil
	})
	list := func(index int64) any {
		return StatusEntry{Purpose: "revocation", List: listURL, Index: index, Size: 1}.Value()
	}
	entry := StatusEntry{Type: AccreditationEntryType, Accreditation: "abc"}.Value()
	for _, test := range []struct {
		state   string
		entries []any
		outcome Outcome
	}{
		{"active", []any{list(0), entry}, Pass}, {"revoked", []any{list(0), entry}, Fail}, {"active", []any{entry, list(1)}, Fail}, {"", []any{entry, list(0)}, Pass},
	} {
		state = test.state
		body := issue(t, issuer, degree(issuer.DID, map[string]any{"credentialStatus": test.entries})).Body
		c, _ := verify(t, v, body).Check(CheckStatus)
		if c.Outcome != test.outcome {
			t.Errorf("%+v: %+v", test, c)
		}
	}
	for name, bad := range map[string]map[string]any{
		"no accreditation": {"type": AccreditationEntryType},
		"a number":         {"type": AccreditationEntryType, "accreditation": int64(1)},
		"a path":           {"type": AccreditationEntryType, "accreditation": "../../etc/passwd"},
		"too long":         {"type": AccreditationEntryType, "accreditation": strings.Repeat("a", maxAccreditationID+1)},
		"of both types":    {"type": []any{AccreditationEntryType, EntryType}, "accreditation": "abc"},
	} {
		c := degree(issuer.DID, map[string]any{"credentialStatus": bad})
		if err := issuer.CheckIssuable(c); err == nil {
			t.Errorf("%s can be issued", name)
		}
		report := verify(t, v, []byte(token(t, issuer, headerOf(t, issuer, nil), payloadOf(t, issuer, map[string]any{"credentialStatus": bad}))))
		want(t, report, CheckStatus, Fail, ProblemMalformed)
	}
}

func TestAccreditationsThatCannotBeSaidAreRefused(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	for name, change := range map[string]func(*Accreditation){
		"id is a path":     func(a *Accreditation) { a.ID = "../x" },
		"parent is a path": func(a *Accreditation) { a.Parent = "a/b" },
		"no authority":     func(a *Accreditation) { a.Authority = "" },
		"no subject":       func(a *Accreditation) { a.Subject = "" },
		"no action":        func(a *Accreditation) { a.Action = "" },
		"no resource":      func(a *Accreditation) { a.Resource = "" },
		"framework no URL": func(a *Accreditation) { a.Framework = "rules" },
	} {
		a := accreditation()
		change(&a)
		if _, err := issuer.IssueAccreditation(t.Context(), a, centerURL); err == nil {
			t.Errorf("%s: issued", name)
		}
	}
	if _, err := accreditation().Credential(issuer.DID, "center"); err == nil {
		t.Error("a public URL that is none is taken")
	}
}

func FuzzStatusEntries(f *testing.F) {
	f.Add([]byte(`{"type":"AccreditationStatusEntry","accreditation":"abc","id":"https://a.example/#status"}`))
	f.Add([]byte(`[{"type":"BitstringStatusListEntry","statusPurpose":"revocation","statusListIndex":"7","statusListCredential":"https://a.example/l"},{"type":["X"]}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		v := map[string]any{}
		input := append(append([]byte(`{"credentialStatus":`), data...), '}')
		if parsed, ok := unsecured(input); ok {
			v = parsed
		}
		entries, err := statusEntries(v)
		if err != nil {
			if _, ok := errors.AsType[*ProblemError](err); !ok {
				t.Fatalf("error is no problem: %v", err)
			}
			return
		}
		for _, e := range entries {
			if e.status == nil || e.status.Size > 1 {
				continue // statusMessage is the issuer's own
			}
			again, err := statusEntries(map[string]any{"credentialStatus": e.status.Value()})
			if err != nil || len(again) != 1 {
				t.Fatalf("%+v: %v", e.status, err)
			}
			if d := cmp.Diff(e.status, again[0].status); d != "" {
				t.Fatal(d)
			}
		}
	})
}

// Whoever signs copies could leave out the entry that leads to the ledger, and with it every revocation.
func TestACopyWithoutItsStatusIsRefused(t *testing.T) {
	issuer := newIssuer(t, FormJWT, keys.EdDSA)
	a := accreditation()
	list := StatusEntry{Type: EntryType, Purpose: "revocation", Index: 7, List: "https://center.example/status/1", Size: 1}
	for name, status := range map[string]any{"no status": nil, "of a list only": list.Value(), "of a type nobody knows": map[string]any{"type": "Other"}} {
		t.Run(name, func(t *testing.T) {
			copied, err := a.Credential(issuer.DID, centerURL)
			if err != nil {
				t.Fatal(err)
			}
			if delete(copied, "credentialStatus"); status != nil {
				copied["credentialStatus"] = status
			}
			v := newVerifier()
			v.Status = statusFunc(func(StatusQuery) (StatusResult, error) { return StatusResult{State: StateActive}, nil })
			signed := []byte(token(t, issuer, headerOf(t, issuer, nil), string(toJSON(t, copied))))
			report := verify(t, v, signed)
			want(t, report, CheckStatus, Fail, ProblemStatusVerification)
			wantDecision(t, report, Reject)
		})
	}
	right := accreditation()
	right.ID = "" // what no record gives has no status
	copied, err := issuer.IssueAccreditation(t.Context(), right, centerURL)
	if err != nil {
		t.Fatal(err)
	}
	want(t, verify(t, newVerifier(), copied.Body), CheckStatus, Skip, "")
}
