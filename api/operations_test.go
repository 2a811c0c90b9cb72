package api

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	ics23 "github.com/cosmos/ics23/go"

	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/op"
)

// document is the document of p as it was created.
func document(p ledgertest.Party) map[string]any { return ledgertest.Document(p.Signer.Public()) }

func TestAnOperationIsAcceptedAndItsReceiptFollows(t *testing.T) {
	c := startCenter(t)
	_, envelope := c.league.CreateEnvelope(t)
	o, err := op.Decode(envelope)
	if err != nil {
		t.Fatal(err)
	}
	c.client.Get(t, "/v1/operations/"+o.ID.String()).WantProblem(t, 404, "unknown-operation")
	accepted := c.client.With("Content-Type", mediaJOSE).Post(t, "/v1/operations", envelope).Want(t, 202)
	view := accepted.JSON(t)
	if view["id"] != o.ID.String() || view["state"] != "accepted" {
		t.Errorf("submission %v", view)
	}
	location := accepted.Header.Get("Location")
	if location != "/v1/operations/"+o.ID.String() {
		t.Errorf("Location %q", location)
	}
	receipt := c.client.Get(t, location).Want(t, 200).JSON(t)
	if receipt["state"] != "committed" || receipt["code"] != 0.0 || receipt["codeName"] != "ok" || receipt["height"] == nil || receipt["events"] == nil {
		t.Errorf("receipt %v", receipt)
	}
	again := c.client.With("Content-Type", mediaJOSE).Post(t, "/v1/operations", envelope).Want(t, 200).JSON(t)
	if again["state"] != "committed" || again["height"] != receipt["height"] {
		t.Errorf("sent again: %v, want the first receipt", again)
	}
}

func TestPreferWaitGivesTheFinalReceipt(t *testing.T) {
	c := startCenter(t)
	_, envelope := c.league.CreateEnvelope(t)
	a := c.client.With("Content-Type", mediaJOSE).With("Prefer", "respond-async, wait=5").Post(t, "/v1/operations", envelope).Want(t, 200)
	if a.JSON(t)["state"] != "committed" || a.Header.Get("Preference-Applied") != "wait=5" || a.Header.Get("X-Hanse-Height") == "" {
		t.Errorf("%v %s", a.Header, a.Body)
	}
	c.client.With("Content-Type", mediaJOSE).With("Prefer", "wait=soon").Post(t, "/v1/operations", envelope).WantProblem(t, 400, "invalid-parameter")
}

func TestWithoutQuorumAWriteSaysSoAndEnds(t *testing.T) {
	c := startCenter(t)
	c.league.SetQuorum(t, false)
	_, envelope := c.league.CreateEnvelope(t)
	start := time.Now()
	a := c.client.With("Content-Type", mediaJOSE).With("Prefer", "wait=1").Post(t, "/v1/operations", envelope).Want(t, 202).JSON(t)
	if a["state"] != "accepted" || a["noQuorum"] != true || time.Since(start) > 10*time.Second {
		t.Errorf("after %v: %v", time.Since(start), a)
	}
	o, _ := op.Decode(envelope)
	if view := c.client.Get(t, "/v1/operations/"+o.ID.String()).Want(t, 200).JSON(t); view["state"] != "accepted" || view["noQuorum"] != true {
		t.Errorf("state %v", view)
	}
	c.client.Get(t, "/v1/operations/"+o.ID.String()+"/proof").WantProblem(t, 409, "not-committed")
	c.league.SetQuorum(t, true)
	if view := c.client.Get(t, "/v1/operations/"+o.ID.String()).Want(t, 200).JSON(t); view["state"] != "committed" {
		t.Errorf("state %v", view)
	}
}

func TestWhatIsNotJournaledIs503(t *testing.T) {
	c := startCenter(t)
	_, envelope := c.league.CreateEnvelope(t)
	c.league.SetDown(true)
	a := c.client.With("Content-Type", mediaJOSE).Post(t, "/v1/operations", envelope)
	problem := a.WantProblem(t, 503, "unavailable")
	if problem["retryable"] != true || a.Header.Get("Retry-After") == "" || strings.Contains(string(a.Body), "down") {
		t.Errorf("%v %s", a.Header, a.Body)
	}
	for _, path := range []string{"/v1/league", "/v1/centers", "/v1/params", "/export", "/v1/events", "/v1/operations/" + strings.Repeat("A", 43)} {
		c.client.Get(t, path).WantProblem(t, 503, "unavailable")
	}
}

func TestManyOperationsAreAnsweredOneByOne(t *testing.T) {
	c := startCenter(t)
	_, first := c.league.CreateEnvelope(t)
	_, second := c.league.CreateEnvelope(t)
	tampered := []byte(strings.Replace(string(first), ".", ".e", 1))
	body := []any{string(first), string(tampered), string(second)}
	a := c.client.With("Prefer", "wait=5").Post(t, "/v1/operations", body).Want(t, 200)
	var view struct {
		Items []struct {
			State   app.ReceiptState `json:"state"`
			Problem *Problem         `json:"problem"`
		} `json:"items"`
	}
	if err := json.Unmarshal(a.Body, &view); err != nil {
		t.Fatal(err)
	}
	if len(view.Items) != 3 || view.Items[0].State != app.Committed || view.Items[1].State != stateRefused || view.Items[1].Problem == nil || view.Items[2].State != app.Committed {
		t.Errorf("%s", a.Body)
	}
}

func TestBadOperationsAreRefusedWithTheirCode(t *testing.T) {
	c := startCenter(t)
	p, envelope := c.league.CreateEnvelope(t)
	stranger := c.league.Create(t)
	foreign := op.Draft{League: "other", Type: "did.deactivate", By: p.DID, Exp: time.Now().Unix() + 60, Nonce: [16]byte{1}, Body: map[string]any{"prev": "1-x"}}
	wrongLeague, err := foreign.Sign(t.Context(), p.KID(), p.Signer)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(envelope), ".")
	signature := []byte(parts[2])
	if signature[5] == 'A' {
		signature[5] = 'B'
	} else {
		signature[5] = 'A'
	}
	for name, test := range map[string]struct {
		media, body string
		status      int
		kind        string
	}{
		"garbage":             {mediaJOSE, "a.b.c", 400, "malformed"},
		"empty":               {mediaJOSE, "", 400, "malformed-request"},
		"no media type":       {"text/plain", string(envelope), 400, "unsupported-content-type"},
		"another league":      {mediaJOSE, string(wrongLeague), 400, "wrong-league"},
		"another signature":   {mediaJOSE, parts[0] + "." + parts[1] + "." + string(signature), 403, "bad-signature"},
		"unknown DID":         {mediaJOSE, string(c.league.Sign(t, p, "did.deactivate", map[string]any{"prev": "1-x"})), 404, "unknown-did"},
		"wrong version":       {mediaJOSE, string(c.league.Sign(t, stranger, "did.deactivate", map[string]any{"prev": "1-x"})), 409, "version-mismatch"},
		"unknown type":        {mediaJOSE, string(c.league.Sign(t, stranger, "did.fly", map[string]any{})), 400, "unknown-type"},
		"array of numbers":    {mediaJSON, `[1,2]`, 400, "invalid-member"},
		"empty array":         {mediaJSON, `[]`, 400, "malformed-request"},
		"too many":            {mediaJSON, "[" + strings.Repeat(`"a",`, 1000) + `"a"]`, 400, "malformed-request"},
		"duplicate members":   {mediaJSON, `[{"payload":"a","payload":"b"}]`, 400, "malformed-json"},
		"an array that isn't": {mediaJSON, `[`, 400, "malformed-json"},
	} {
		t.Run(name, func(t *testing.T) {
			a := c.client.With("Content-Type", test.media).With("Prefer", "wait=2").Post(t, "/v1/operations", []byte(test.body))
			if name == "wrong version" && a.Status == 200 { // refused by Apply: a final receipt
				if view := a.JSON(t); view["state"] != "rejected" || view["codeName"] != test.kind {
					t.Errorf("%s", a.Body)
				}
				return
			}
			a.WantProblem(t, test.status, test.kind)
		})
	}
	for _, id := range []string{"x", strings.Repeat("A", 42), strings.Repeat("A", 44), strings.Repeat("/", 43), "..%2f..%2fetc"} {
		if a := c.client.Get(t, "/v1/operations/"+id); a.Status != 400 && a.Status != 404 {
			t.Errorf("id %q: %d", id, a.Status)
		}
	}
}

func TestTheProofOfAnOperationChecksByItself(t *testing.T) {
	c := startCenter(t)
	var envelopes []any
	for range 7 {
		_, envelope := c.league.CreateEnvelope(t)
		envelopes = append(envelopes, string(envelope))
	}
	items := c.client.With("Prefer", "wait=5").Post(t, "/v1/operations", envelopes).Want(t, 200).JSON(t)["items"].([]any)
	for _, item := range items {
		id := item.(map[string]any)["id"].(string)
		var proof OperationProofView
		if err := json.Unmarshal(c.client.Get(t, "/v1/operations/"+id+"/proof").Want(t, 200).Body, &proof); err != nil {
			t.Fatal(err)
		}
		leaf := decode64(t, proof.Leaf)
		if got := base64.RawURLEncoding.EncodeToString(leaf[:32]); got != id {
			t.Fatalf("leaf is of %s", got)
		}
		if got := climb(t, leaf, proof); got != proof.RootHash {
			t.Errorf("path of leaf %d leads to %s, want %s", proof.Index, got, proof.RootHash)
		}
		var state ics23.CommitmentProof
		if err := state.Unmarshal(decode64(t, proof.Root.Proof)); err != nil {
			t.Fatal(err)
		}
		root, _ := hex.DecodeString(proof.Root.AppHash)
		if !ics23.VerifyMembership(ics23.SmtSpec, root, &state, decode64(t, proof.Root.Key), decode64(t, proof.Root.Value)) {
			t.Error("the ics23 library does not accept the proof of the root")
		}
		if hex.EncodeToString(decode64(t, proof.Root.Value)) != proof.RootHash {
			t.Error("the proved value is not the root")
		}
	}
}

// climb follows an audit path (RFC 9162, section 2.1.3.2).
func climb(t *testing.T, leaf []byte, proof OperationProofView) string {
	t.Helper()
	hash := sha256.Sum256(append([]byte{0}, leaf...))
	index, last := proof.Index, proof.TreeSize-1
	for _, text := range proof.Path {
		other, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		if index%2 == 1 || index == last {
			hash = treeNode([32]byte(other), hash)
			for index%2 == 0 && index != 0 {
				index, last = index/2, last/2
			}
		} else {
			hash = treeNode(hash, [32]byte(other))
		}
		index, last = index/2, last/2
	}
	return hex.EncodeToString(hash[:])
}

func decode64(t *testing.T, s string) []byte {
	t.Helper()
	data, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestTheLeagueDescribesItself(t *testing.T) {
	c := startCenter(t)
	league := c.client.Get(t, "/v1/league").Want(t, 200).JSON(t)
	if league["league"] != "test" || league["centers"] != 1.0 {
		t.Errorf("league %v", league)
	}
	centers := c.client.Get(t, "/v1/centers").Want(t, 200).JSON(t)["items"].([]any)
	if len(centers) != 1 || centers[0].(map[string]any)["did"] != c.league.Center.DID.String() {
		t.Errorf("centers %v", centers)
	}
	if params := c.client.Get(t, "/v1/params").Want(t, 200).JSON(t); params["windowSeconds"] != 600.0 {
		t.Errorf("params %v", params)
	}
	c.client.Get(t, "/v1/league?colour=blue").WantProblem(t, 400, "invalid-parameter")
}

func TestTheLogOfADIDHasEveryVersion(t *testing.T) {
	c := startCenter(t)
	p := c.league.Create(t)
	c.league.Update(t, p, document(p))
	c.league.Update(t, p, document(p))
	c.league.Deactivate(t, p)
	path := "/" + p.DID.String() + "/log"
	items := c.client.Get(t, path).Want(t, 200).JSON(t)["items"].([]any)
	if len(items) != 4 || items[3].(map[string]any)["deactivated"] != true {
		t.Fatalf("log %v", items)
	}
	var paged []any
	for next := path + "?count=3"; next != ""; {
		page := c.client.Get(t, next).Want(t, 200).JSON(t)
		paged = append(paged, page["items"].([]any)...)
		next, _ = page["next"].(string)
	}
	if len(paged) != 4 {
		t.Errorf("%d versions in pages, want 4", len(paged))
	}
	c.client.Get(t, "/"+mustDID(t, c).String()+"/log").WantProblem(t, 404, "unknown-did")
	c.client.Get(t, "/nonsense/log").WantProblem(t, 400, "invalid-did")
	c.client.Get(t, "/"+testKey+"/log").WantProblem(t, 501, "method-not-supported")
	c.client.Get(t, path+"?count=0").WantProblem(t, 400, "invalid-parameter")
	c.client.Do(t, http.MethodPut, path, nil).WantProblem(t, 405, "method-not-allowed")
}

func TestTheExportHasEveryOperationOnce(t *testing.T) {
	c := startCenter(t)
	for range 5 {
		c.league.Create(t)
	}
	seen := map[string]bool{}
	pages := 0
	for next := "/export?count=2"; next != ""; pages++ {
		page := c.client.Get(t, next).Want(t, 200).JSON(t)
		for _, item := range page["items"].([]any) {
			id := item.(map[string]any)["id"].(string)
			if seen[id] {
				t.Errorf("%s is exported twice", id)
			}
			seen[id] = true
		}
		next, _ = page["next"].(string)
	}
	if len(seen) != 5 || pages != 3 {
		t.Errorf("%d operations on %d pages, want 5 on 3", len(seen), pages)
	}
	for _, bad := range []string{"x", "1", "1-", "-1-0", "01-0", "1-0x"} {
		c.client.Get(t, "/export?after="+bad).WantProblem(t, 400, "invalid-parameter")
	}
}
