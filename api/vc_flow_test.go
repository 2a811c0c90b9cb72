package api

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestACredentialIsIssuedVerifiedSuspendedAndRevoked(t *testing.T) {
	for _, issuer := range []string{"demo", "eddsa-jcs-2022"} {
		t.Run(issuer, func(t *testing.T) {
			c := startIssuing(t)
			id := "urn:uuid:5f3c0d6e-0000-4000-8000-000000000001"
			credential := c.issue(t, issuer, id)
			full := map[string]any{"report": "full", "returnProblemDetails": true, "returnResults": true, "returnCredential": true}

			good := c.verify(t, credential, full)
			wantDecision(t, good, true, "accept")
			if diff := cmp.Diff(credential, good["credential"]); diff != "" {
				t.Errorf("the credential came back changed\n%s", diff)
			}
			check := checkOf(t, good, "status")
			if check["outcome"] != "pass" || check["evidence"].(map[string]any)["source"] != "ledger" {
				t.Errorf("status check is %v", check)
			}

			c.setStatus(t, id, "suspension", true).Want(t, 200)
			suspended := c.verify(t, credential, full)
			wantDecision(t, suspended, false, "reject")
			c.setStatus(t, id, "suspension", false).Want(t, 200)
			wantDecision(t, c.verify(t, credential, full), true, "accept")

			c.setStatus(t, id, "revocation", true).Want(t, 200)
			revoked := c.verify(t, credential, full)
			wantDecision(t, revoked, false, "reject")
			if checkOf(t, revoked, "signature")["outcome"] != "pass" {
				t.Error("a revoked credential is still genuine")
			}
			proofOnly := c.verify(t, credential, map[string]any{"checks": []string{"proof"}, "report": "full"})
			wantDecision(t, proofOnly, true, "accept")
			if checkOf(t, proofOnly, "status")["outcome"] != "skip" {
				t.Error("a check that was not asked for is skipped, and said so")
			}
			c.setStatus(t, id, "revocation", false).WantProblem(t, 400, "invalid-request")
		})
	}
}

// A context that somebody appended after signing is no part of what was signed, so it does not come back as verified.
func TestAnAppendedContextIsNotReturned(t *testing.T) {
	c := startIssuing(t)
	signed, ok := c.issue(t, "eddsa-jcs-2022", "urn:uuid:5f3c0d6e-0000-4000-8000-000000000002").(map[string]any)
	if !ok {
		t.Fatal("a Data Integrity credential is a JSON object")
	}
	grown := maps.Clone(signed)
	grown["@context"] = append(slices.Clone(signed["@context"].([]any)), "https://w3id.org/security/data-integrity/v2")
	result := c.verify(t, grown, map[string]any{"report": "full", "returnCredential": true})
	wantDecision(t, result, true, "accept")
	if diff := cmp.Diff(signed, result["credential"]); diff != "" {
		t.Errorf("what came back is not what was signed (-signed +returned)\n%s", diff)
	}
}

func wantDecision(t *testing.T, result map[string]any, verified bool, decision string) {
	t.Helper()
	report, _ := result["report"].(map[string]any)
	if result["verified"] != verified || (report != nil && report["decision"] != decision) {
		t.Fatalf("verified %v, report %v", result["verified"], report)
	}
}

func checkOf(t *testing.T, result map[string]any, id string) map[string]any {
	t.Helper()
	for _, one := range result["report"].(map[string]any)["checks"].([]any) {
		if check := one.(map[string]any); check["id"] == id {
			return check
		}
	}
	t.Fatalf("no check %s", id)
	return nil
}

func TestATamperedCredentialIsRefused(t *testing.T) {
	c := startIssuing(t)
	credential := c.issue(t, "eddsa-jcs-2022", "").(map[string]any)
	credential["credentialSubject"] = map[string]any{"id": "did:example:eve"}
	wantDecision(t, c.verify(t, credential, map[string]any{"report": "full"}), false, "reject")
	envelope := c.issue(t, "demo", "").(map[string]any)
	url := envelope["id"].(string)
	envelope["id"] = url[:len(url)-8] + "AAAAAAAA"
	wantDecision(t, c.verify(t, envelope, map[string]any{"report": "full"}), false, "reject")
}

func TestVerifyingAsOfAPastTimeSeesTheStatusOfThatTime(t *testing.T) {
	c := startIssuing(t)
	credential := c.issue(t, "demo", "urn:uuid:1")
	before := time.Now().UTC().Truncate(time.Second)
	for !time.Now().After(before.Add(time.Second)) { // block times have whole seconds
		time.Sleep(50 * time.Millisecond)
	}
	c.setStatus(t, "urn:uuid:1", "revocation", true).Want(t, 200)
	wantDecision(t, c.verify(t, credential, map[string]any{"report": "full"}), false, "reject")
	past := c.verify(t, credential, map[string]any{"report": "full", "at": before.Format(time.RFC3339)})
	wantDecision(t, past, true, "accept")
	if past["report"].(map[string]any)["at"] != before.Format(time.RFC3339) {
		t.Errorf("report is about %v", past["report"].(map[string]any)["at"])
	}
}

func TestAStatusChangeNamesItsOperation(t *testing.T) {
	c := startIssuing(t)
	c.issue(t, "demo", "urn:uuid:1")
	changed := c.setStatus(t, "urn:uuid:1", "revocation", true).Want(t, 200).JSON(t)
	receipt := c.call(t, "GET", "/v1/operations/"+changed["operation"].(string), nil).Want(t, 200).JSON(t)
	if receipt["state"] != "committed" || receipt["height"] != changed["height"] {
		t.Fatalf("receipt %v for %v", receipt, changed)
	}
	again := c.setStatus(t, "urn:uuid:1", "revocation", true).Want(t, 200).JSON(t)
	if _, has := again["operation"]; has {
		t.Fatalf("nothing was to be done, and was: %v", again)
	}
}

func TestWithoutQuorumAStatusChangeIsPending(t *testing.T) {
	c := startIssuing(t)
	credential := c.issue(t, "demo", "urn:uuid:1")
	c.league.SetQuorum(t, false)
	answer := c.setStatus(t, "urn:uuid:1", "revocation", true).Want(t, 202)
	pending := answer.JSON(t)
	if pending["noQuorum"] != true || answer.Header.Get("Location") != "/v1/operations/"+pending["id"].(string) {
		t.Fatalf("%v at %s", pending, answer.Header.Get("Location"))
	}
	wantDecision(t, c.verify(t, credential, map[string]any{"report": "full"}), true, "accept")
	c.league.SetQuorum(t, true)
	wantDecision(t, c.verify(t, credential, map[string]any{"report": "full"}), false, "reject")
}

func TestWithoutLedgerNothingReadsAsAbsentOrValid(t *testing.T) {
	c := startIssuing(t)
	signed := c.issue(t, "eddsa-jcs-2022", "urn:uuid:1")
	token := c.key(t, "admin")
	c.league.SetDown(true)
	client := c.client.WithToken(token)
	body := map[string]any{"verifiableCredential": signed, "options": map[string]any{"report": "full"}}
	wantDecision(t, client.Post(t, "/credentials/verify", body).Want(t, 200).JSON(t), false, "indeterminate")
	client.Post(t, "/credentials/status", map[string]any{"credentialId": "urn:uuid:1",
		"credentialStatus": map[string]any{"type": bitstringEntry, "statusPurpose": "revocation"}, "status": true}).WantProblem(t, 503, "unavailable")
	client.Get(t, "/status-lists/"+strings.Repeat("A", 43)).WantProblem(t, 503, "unavailable")
}

func TestIdempotencyKeysOverHTTP(t *testing.T) {
	c := startIssuing(t)
	body := map[string]any{"credential": c.diploma("demo", "urn:uuid:1")}
	client := c.client.WithToken(c.key(t, "admin")).With("Idempotency-Key", "k")
	first := client.Post(t, "/issuers/demo/credentials/issue", body).Want(t, 201)
	second := client.Post(t, "/issuers/demo/credentials/issue", body).Want(t, 201)
	if string(first.Body) != string(second.Body) || second.Header.Get("Idempotent-Replayed") != "true" {
		t.Fatalf("%s\n%s", first.Body, second.Body)
	}
	client.Post(t, "/issuers/demo/credentials/issue", map[string]any{"credential": c.diploma("demo", "urn:uuid:2")}).
		WantProblem(t, 422, "idempotency-key-reused")
	other := c.client.WithToken(c.key(t, "admin")).With("Idempotency-Key", "k") // another principal
	other.Post(t, "/issuers/demo/credentials/issue", body).WantProblem(t, 409, "credential-exists")

	statuses := map[int]int{}
	var mu sync.Mutex
	var work sync.WaitGroup
	race := client.With("Idempotency-Key", "race")
	raced := map[string]any{"credential": c.diploma("demo", "")}
	bodies := map[string]bool{}
	for range 20 {
		work.Go(func() {
			answer := race.Post(t, "/issuers/demo/credentials/issue", raced)
			mu.Lock()
			defer mu.Unlock()
			statuses[answer.Status]++
			if answer.Status == http.StatusCreated {
				bodies[string(answer.Body)] = true
			}
		})
	}
	work.Wait()
	if len(bodies) != 1 || statuses[201]+statuses[409] != 20 {
		t.Fatalf("%d credentials, statuses %v", len(bodies), statuses)
	}
}

func TestWhatIsKeptOfACredential(t *testing.T) {
	c := startIssuing(t)
	id := "https://university.example/credentials/1?a=b"
	credential := c.issue(t, "demo", id)
	kept := c.call(t, "GET", byID(id), nil).Want(t, 200).JSON(t)
	if diff := cmp.Diff(credential, kept["verifiableCredential"]); diff != "" {
		t.Error(diff)
	}
	if kept["id"] != id || len(kept["credentialStatus"].([]any)) != 2 {
		t.Errorf("kept is %v", kept)
	}
	c.issue(t, "eddsa-jcs-2022", "urn:uuid:1")
	if _, has := c.call(t, "GET", byID("urn:uuid:1"), nil).Want(t, 200).JSON(t)["verifiableCredential"]; has {
		t.Error("an issuer that does not retain retained")
	}
	if got := c.call(t, "DELETE", byID(id), nil).Want(t, 202).Header.Get("Cache-Control"); got != cacheNever {
		t.Errorf("erasing: Cache-Control %q", got)
	}
	c.call(t, "GET", byID(id), nil).WantProblem(t, 410, "gone")
	c.call(t, "DELETE", byID(id), nil).WantProblem(t, 410, "gone")
	c.call(t, "GET", byID("urn:uuid:9"), nil).WantProblem(t, 404, "not-found")
	c.setStatus(t, id, "revocation", true).Want(t, 200)
}

func TestLogsNameNoHolder(t *testing.T) {
	c := startIssuing(t)
	c.issue(t, "demo", "urn:uuid:1")
	c.call(t, "GET", byID("urn:uuid:1"), nil)
	c.setStatus(t, "urn:uuid:1", "revocation", true)
	for _, private := range []string{"did:example:ada", "urn:uuid:1", "statusListIndex"} {
		if strings.Contains(c.log.String(), private) {
			t.Errorf("the log contains %q", private)
		}
	}
}
