package api

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/credentials/statuslist"
)

// jobDone asks for a job until it is done.
func (c *issuingCenter) jobDone(t *testing.T, location string) map[string]any {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		job := c.call(t, "GET", location, nil).Want(t, 200).JSON(t)
		if job["state"] == "done" {
			return job
		}
		if time.Now().After(deadline) {
			t.Fatalf("the job is not done: %v", job)
		}
	}
}

func TestManyStatusesAreChangedInOneRequest(t *testing.T) {
	c := startIssuing(t)
	var ids []any
	for n := range 5 {
		id := fmt.Sprintf("urn:uuid:%d", n)
		c.issue(t, "demo", id)
		ids = append(ids, id)
	}
	body := map[string]any{"issuer": "demo", "credentialIds": append(ids, "urn:uuid:nobody"), "statusPurpose": "revocation", "status": true}
	client := c.client.WithToken(c.key(t, "write:/issuers/demo/credentials/status")).With(headerIdempotency, "k")
	accepted := client.Do(t, "POST", bulkPath, body).Want(t, 202)
	location := accepted.Header.Get("Location")
	if !strings.HasPrefix(location, bulkPath+"/") {
		t.Fatalf("Location %q", location)
	}
	job := c.jobDone(t, location)
	failed := job["failed"].([]any)
	if fmt.Sprint(job["total"], job["done"], job["failedTotal"], len(failed), len(job["operations"].([]any))) != "6 5 1 1 1" {
		t.Fatalf("job %v", job)
	}
	if f := failed[0].(map[string]any); f["credentialId"] != "urn:uuid:nobody" || fmt.Sprint(f["change"]) != "5" {
		t.Errorf("failed %v", failed)
	}
	if again := client.Do(t, "POST", bulkPath, body).Want(t, 200); again.Header.Get("Location") != location || again.Header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("headers %v", again.Header)
	}
	body["status"] = false
	client.Do(t, "POST", bulkPath, body).WantProblem(t, 422, "idempotency-key-reused")

	entry := map[string]any{"type": bitstringEntry, "statusPurpose": "suspension"}
	location = c.call(t, "POST", bulkPath, map[string]any{"changes": []any{
		map[string]any{"credentialId": ids[0], "credentialStatus": entry, "status": true},
		map[string]any{"credentialId": ids[1], "credentialStatus": map[string]any{"type": bitstringEntry, "statusPurpose": "revocation"}, "status": false},
	}}).Want(t, 202).Header.Get("Location")
	if job := c.jobDone(t, location); fmt.Sprint(job["done"], job["failedTotal"]) != "1 1" {
		t.Errorf("job %v", job)
	}
}

// Who may change one issuer's statuses reaches no other's, and sees no other's jobs.
func TestBulkChangesStayWithTheirIssuer(t *testing.T) {
	c := startIssuing(t)
	c.issue(t, "eddsa-jcs-2022", "urn:uuid:theirs")
	body := map[string]any{"issuer": "eddsa-jcs-2022", "credentialIds": []any{"urn:uuid:theirs"}, "statusPurpose": "revocation", "status": true}
	ours := c.client.WithToken(c.key(t, "write:/issuers/demo/credentials/status"))
	ours.Do(t, "POST", bulkPath, body).WantProblem(t, 403, "forbidden")
	delete(body, "issuer")
	ours.Do(t, "POST", bulkPath, body).WantProblem(t, 403, "forbidden")
	c.client.Do(t, "POST", bulkPath, body).WantProblem(t, 401, "unauthorised")
	body["issuer"] = "demo"
	job := c.jobDone(t, ours.Do(t, "POST", bulkPath, body).Want(t, 202).Header.Get("Location"))
	if fmt.Sprint(job["done"], job["failedTotal"]) != "0 1" {
		t.Errorf("job %v", job)
	}
	body["issuer"] = "eddsa-jcs-2022"
	location := c.call(t, "POST", bulkPath, body).Want(t, 202).Header.Get("Location")
	ours.Get(t, location).WantProblem(t, 403, "forbidden")
	c.client.Get(t, location).WantProblem(t, 401, "unauthorised")
	c.call(t, "GET", bulkPath+"/nothing", nil).WantProblem(t, 404, "not-found")
}

func TestBulkRequestsAreReadExactly(t *testing.T) {
	c := startIssuing(t)
	entry := map[string]any{"type": bitstringEntry}
	for name, body := range map[string]any{
		"nothing":           map[string]any{},
		"both":              map[string]any{"changes": []any{}, "credentialIds": []any{}, "status": true},
		"no changes":        map[string]any{"changes": []any{}},
		"no status":         map[string]any{"credentialIds": []any{"a"}},
		"status a text":     map[string]any{"credentialIds": []any{"a"}, "status": "true"},
		"an id no text":     map[string]any{"credentialIds": []any{1}, "status": true},
		"a purpose twice":   map[string]any{"changes": []any{map[string]any{"credentialId": "a", "credentialStatus": entry, "status": true}}, "statusPurpose": "revocation"},
		"a change no entry": map[string]any{"changes": []any{map[string]any{"credentialId": "a", "status": true}}},
		"a change unknown":  map[string]any{"changes": []any{map[string]any{"credentialId": "a", "credentialStatus": entry, "status": true, "x": 1}}},
		"a change no type":  map[string]any{"changes": []any{map[string]any{"credentialId": "a", "credentialStatus": map[string]any{}, "status": true}}},
		"an unknown member": map[string]any{"credentialIds": []any{"a"}, "status": true, "purpose": "x"},
		"a list":            []any{},
	} {
		t.Run(name, func(t *testing.T) {
			if answer := c.call(t, "POST", bulkPath, body); answer.Status != 400 {
				t.Errorf("status %d: %s", answer.Status, answer.Body)
			}
		})
	}
	for pointer, body := range map[string]any{
		"/credentialIds": map[string]any{"credentialIds": []any{}, "status": true},
		"/changes":       map[string]any{"changes": []any{}},
		"/statusPurpose": map[string]any{"credentialIds": []any{"a"}, "statusPurpose": "gone", "status": true},
		"/changes/0/credentialStatus/statusPurpose": map[string]any{"changes": []any{map[string]any{"credentialId": "a",
			"credentialStatus": map[string]any{"type": bitstringEntry, "statusPurpose": "gone"}, "status": true}}},
	} {
		if got := c.call(t, "POST", bulkPath, body).WantProblem(t, 400, "invalid-member")["pointer"]; got != pointer {
			t.Errorf("pointer %v, want %s", got, pointer)
		}
	}
	many := make([]any, 100_001)
	for n := range many {
		many[n] = "x"
	}
	c.call(t, "POST", bulkPath, map[string]any{"credentialIds": many, "status": true}).Want(t, 400)
	full := []byte(`{"credentialIds":["` + strings.Repeat("x", 12<<20) + `"],"statusPurpose":"revocation","status":true}`) // more than other routes take
	if answer := c.call(t, "POST", bulkPath, full); answer.Status == 413 {
		t.Errorf("a body of %d bytes: %s", len(full), answer.Body)
	}
	c.call(t, "POST", "/credentials/status", full).Want(t, 413)
	large := c.call(t, "POST", bulkPath, []byte(`{"credentialIds":["`+strings.Repeat("x", bulkBody)+`"],"status":true}`))
	large.Want(t, 413)
}

// The status of an entry of a Token Status List is read from the ledger like that of a Bitstring one.
func TestAnEntryOfATokenListIsReadFromTheLedger(t *testing.T) {
	l, q := newListLedger()
	source := NewLedgerStatus(l, at1030)
	q.Entry = credentials.StatusEntry{Type: credentials.TokenEntryType, Index: 1, List: l.list.URL}
	for _, test := range []struct {
		purposes []string
		bits     int64
		index    int64
		value    uint64
		kind     string
	}{
		{[]string{"revocation"}, 1, 1, statuslist.Invalid, ""},
		{[]string{"suspension"}, 1, 1, statuslist.Suspended, ""},
		{[]string{"suspension"}, 1, 0, statuslist.Valid, ""},
		{[]string{"revocation", "suspension"}, 2, 0, statuslist.Invalid, ""}, // 0x40: 01 00 00 00
		{[]string{"revocation", "suspension"}, 2, 1, statuslist.Valid, ""},
		{[]string{"message"}, 1, 1, 0, credentials.ProblemStatusVerification},
		{[]string{"revocation"}, 1, listSize, 0, credentials.ProblemRange},
	} {
		l.list.Purposes, l.list.Bits, q.Entry.Index = test.purposes, test.bits, test.index
		got, err := source.Status(t.Context(), q)
		if test.kind != "" {
			if p := credentials.StatusError(err); err == nil || p.Problem.Type != test.kind {
				t.Errorf("%+v: %+v, %v", test, got, err)
			}
			continue
		}
		ok(t, err)
		if got.Value != test.value || got.Evidence.Height != 10 || got.Stale {
			t.Errorf("%+v: %+v", test, got)
		}
	}
	q.Issuer = "did:example:mill"
	if _, err := source.Status(t.Context(), q); credentials.StatusError(err).Problem.Type != credentials.ProblemStatusVerification {
		t.Errorf("another issuer: %v", err)
	}
}

func TestListsOfNobodyHereAreAskedForElsewhere(t *testing.T) {
	l, q := newListLedger()
	asked := &askedSource{}
	source := NewLedgerStatus(l, at1030).Elsewhere(asked, "https://a.example/")
	for _, url := range []string{"https://b.example/lists/1", "https://b.example/status-lists/" + strings.Repeat("A", 43)} {
		q.Entry.List = url
		got, err := source.Status(t.Context(), q)
		if err != nil || got.Value != 7 || asked.url != url {
			t.Errorf("%s: %+v, %v", url, got, err)
		}
	}
	asked.url = ""
	for url, kind := range map[string]string{
		"https://a.example/status-lists/" + strings.Repeat("A", 43):   credentials.ProblemStatusRetrieval,    // ours, and not on the ledger
		"https://b.example/status-lists/" + l.list.ID.String():        credentials.ProblemStatusVerification, // a list of ours on another host
		"https://a.example/status-lists/" + l.list.ID.String() + "?x": credentials.ProblemStatusRetrieval,
	} {
		q.Entry.List = url
		if _, err := source.Status(t.Context(), q); credentials.StatusError(err).Problem.Type != kind || asked.url != "" {
			t.Errorf("%s: %v, asked for %q", url, err, asked.url)
		}
	}
}

func TestALedgerThatStandsStillIsCalledStale(t *testing.T) {
	l, q := newListLedger()
	for age, stale := range map[int64]bool{60: false, 61: true} {
		got, err := NewLedgerStatus(l, func() time.Time { return time.Unix(1_000+age, 0) }).Status(t.Context(), q)
		ok(t, err)
		if got.Stale != stale || got.Evidence.Age != age {
			t.Errorf("%d s: %+v", age, got)
		}
	}
}

// askedSource answers 7 for every list, and notes which.
type askedSource struct{ url string }

func (a *askedSource) Status(_ context.Context, q credentials.StatusQuery) (credentials.StatusResult, error) {
	a.url = q.Entry.List
	return credentials.StatusResult{Value: 7}, nil
}
