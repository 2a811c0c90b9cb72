package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/credentials"
)

func (c *issuingCenter) verifyMany(t *testing.T, list []any, options map[string]any) BatchView {
	t.Helper()
	body := map[string]any{"verifiableCredentials": list}
	if options != nil {
		body["options"] = options
	}
	var view BatchView
	ok(t, json.Unmarshal(c.call(t, "POST", "/credentials/verify/batch", body).Want(t, 200).Body, &view))
	return view
}

func TestABatchNamesTheBadOnes(t *testing.T) {
	c := startIssuing(t)
	var list []any
	for n := range 6 {
		issuer := []string{"demo", "eddsa-jcs-2022"}[n%2]
		list = append(list, c.issue(t, issuer, fmt.Sprintf("urn:example:%d", n)))
	}
	list = append(list, "a.b.c", map[string]any{"type": "Nonsense"})
	c.setStatus(t, "urn:example:2", "revocation", true).Want(t, 200)
	spoiled := list[1].(map[string]any)
	spoiled["credentialSubject"] = map[string]any{"id": "did:example:mallory"}

	view := c.verifyMany(t, list, nil)
	if d := cmp.Diff([]int{1, 2, 6, 7}, view.Bad); d != "" || view.Verified || len(view.Results) != len(list) {
		t.Errorf("%s: %+v", d, view)
	}
	full := c.verifyMany(t, list, map[string]any{"returnProblemDetails": true, "report": "full"})
	for i, result := range full.Results {
		alone := c.verify(t, list[i], map[string]any{"returnProblemDetails": true, "report": "full"})
		if result.Index != i || result.Verified != alone["verified"] || view.Results[i].Verified != result.Verified {
			t.Errorf("%d: %+v, alone %v", i, result, alone["verified"])
		}
		problems, _ := alone["problemDetails"].([]any)
		if result.Report == nil || result.Report.Verified() != result.Verified || len(result.Problems) != len(problems) {
			t.Errorf("%d: %+v", i, result)
		}
		if view.Results[i].Report != nil || view.Results[i].Problems != nil {
			t.Errorf("%d: more is said than was asked for", i)
		}
	}
	if all := c.verifyMany(t, []any{list[0], list[4]}, nil); !all.Verified || len(all.Bad) != 0 {
		t.Errorf("%+v", all)
	}
	if none := c.verifyMany(t, []any{list[0], list[4]}, map[string]any{"policy": map[string]any{"forms": []any{"vc+cose"}}}); len(none.Bad) != 2 {
		t.Errorf("the policy is not asked: %+v", none)
	}
}

func TestABatchThatIsNoneIsRefused(t *testing.T) {
	c := startIssuing(t)
	many := make([]any, credentials.MaxBatch+1)
	for i := range many {
		many[i] = "a.b.c"
	}
	for name, test := range map[string]struct {
		body    any
		pointer string
	}{
		"no list":          {map[string]any{}, "/verifiableCredentials"},
		"no credentials":   {map[string]any{"verifiableCredentials": []any{}}, "/verifiableCredentials"},
		"too many":         {map[string]any{"verifiableCredentials": many}, "/verifiableCredentials"},
		"an object":        {map[string]any{"verifiableCredentials": map[string]any{}}, "/verifiableCredentials"},
		"a number inside":  {map[string]any{"verifiableCredentials": []any{"a.b.c", 1}}, "/verifiableCredentials/1"},
		"another member":   {map[string]any{"verifiableCredentials": []any{"a"}, "verifiableCredential": "a"}, "/verifiableCredential"},
		"another option":   {map[string]any{"verifiableCredentials": []any{"a"}, "options": map[string]any{"returnCredential": true}}, "/options/returnCredential"},
		"a future instant": {map[string]any{"verifiableCredentials": []any{"a"}, "options": map[string]any{"at": "9999-01-01T00:00:00Z"}}, "/options/at"},
	} {
		t.Run(name, func(t *testing.T) {
			answer := c.client.Do(t, "POST", "/credentials/verify/batch", test.body).Want(t, 400).JSON(t)
			if answer["pointer"] != test.pointer {
				t.Errorf("%v", answer)
			}
		})
	}
}

func TestOnlySoManyBatchesAreVerifiedAtATime(t *testing.T) {
	c := startIssuing(t)
	body := map[string]any{"verifiableCredentials": []any{"a.b.c"}}
	for i := range batchesAtOnce {
		if !c.Server.batches.take(strconv.Itoa(i)) {
			t.Fatalf("only %d slots", i)
		}
	}
	answer := c.client.Do(t, "POST", "/credentials/verify/batch", body).Want(t, http.StatusServiceUnavailable)
	if answer.Header.Get("Retry-After") == "" || !strings.Contains(string(answer.Body), "too-many-batches") {
		t.Errorf("%v %s", answer.Header, answer.Body)
	}
	c.Server.batches.leave("0")
	c.client.Do(t, "POST", "/credentials/verify/batch", body).Want(t, 200)
	if c.Server.batches.total != batchesAtOnce-1 || len(c.Server.batches.held) != batchesAtOnce-1 {
		t.Error("a batch that is over still counts")
	}
}

func TestOneClientDoesNotHoldEverySlotForBatches(t *testing.T) {
	var slots batchSlots
	taken := 0
	for range batchesAtOnce {
		if slots.take("greedy") {
			taken++
		}
	}
	if taken != batchesPerClient || !slots.take("modest") {
		t.Errorf("one client holds %d slots", taken)
	}
	slots.leave("greedy")
	if !slots.take("greedy") {
		t.Error("a slot that was given back is lost")
	}
}
