package client_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/api"
	"github.com/hanse-id/hanse/api/client"
	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/resolve"
)

// start serves a center over a league of one process.
func start(t *testing.T) (*ledgertest.Ledger, *client.Client) {
	t.Helper()
	league := ledgertest.New(t, ledgertest.Options{})
	server, err := api.New(api.Options{
		League: league.League, PublicURL: "https://center.example", Ledger: league,
		Resolver: resolve.NewRouter(map[string]did.Resolver{"hanse": resolve.NewHanse(league.League, league)}),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Drain)
	listening := httptest.NewServer(server.Handler())
	t.Cleanup(listening.Close)
	return league, client.New(listening.URL+"/", client.Options{})
}

func TestAnUnknownOperationIsAStateAndNoError(t *testing.T) {
	_, c := start(t)
	receipt, err := c.Operation(t.Context(), op.ID{1})
	if err != nil || receipt.State != app.Unknown || receipt.ID != (op.ID{1}) || receipt.Final() {
		t.Fatalf("receipt %+v, error %v", receipt, err)
	}
}

func TestAnOutageIsNoState(t *testing.T) {
	league, c := start(t)
	league.SetDown(true)
	_, err := c.Operation(t.Context(), op.ID{1})
	if problem, ok := errors.AsType[*client.Problem](err); !ok || problem.Status != http.StatusServiceUnavailable || !problem.Retryable || problem.RequestID == "" {
		t.Errorf("error %v", err)
	}
}

func TestAnAbsentDIDIsNotFoundAndAPresentOneHasItsRecord(t *testing.T) {
	league, c := start(t)
	person := league.Create(t)
	record, err := c.Record(t.Context(), person.DID)
	if err != nil || record.DID != person.DID || record.N != 1 {
		t.Errorf("record %+v, error %v", record, err)
	}
	result, err := c.Resolve(t.Context(), "did:hanse:other:"+string(person.DID)[len("did:hanse:test:"):], nil)
	if !errors.Is(err, did.ErrNotFound) || result == nil || result.Resolution.Error == nil {
		t.Errorf("result %+v, error %v", result, err)
	}
}

func TestSubmittingNonsenseIsAProblemAndSilenceIsUnreachable(t *testing.T) {
	_, c := start(t)
	_, err := c.Submit(t.Context(), []byte("x.y.z"), time.Second)
	if problem, ok := errors.AsType[*client.Problem](err); !ok || problem.Status != http.StatusBadRequest {
		t.Errorf("error %v", err)
	}
	silent := httptest.NewServer(http.NotFoundHandler())
	silent.Close()
	if _, err := client.New(silent.URL, client.Options{}).League(t.Context()); !errors.Is(err, client.ErrUnreachable) {
		t.Errorf("error %v", err)
	}
}

func TestAStatusChangeTellsCommittedFromAccepted(t *testing.T) {
	id := op.ID{7}
	for name, test := range map[string]struct {
		status   int
		location string
		body     string
		want     client.StatusChange
	}{
		"committed":            {200, "", `{"status":true,"operation":"` + id.String() + `","height":3}`, client.StatusChange{State: app.Committed, Operation: id}},
		"so already":           {200, "", `{"status":true,"height":3}`, client.StatusChange{State: app.Committed}},
		"accepted":             {202, "", `{"id":"` + id.String() + `","state":"accepted","noQuorum":true}`, client.StatusChange{State: app.Accepted, Operation: id}},
		"accepted, no body":    {202, "/v1/operations/" + id.String(), "", client.StatusChange{State: app.Accepted, Operation: id}},
		"accepted, not a name": {202, "/elsewhere", "", client.StatusChange{State: app.Accepted}},
	} {
		t.Run(name, func(t *testing.T) {
			var got map[string]any
			center := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
					t.Error(err)
				}
				w.Header().Set("Location", test.location)
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(test.body))
			}))
			defer center.Close()
			change, err := client.New(center.URL, client.Options{}).SetStatus(t.Context(), "urn:1", "revocation", true)
			if err != nil {
				t.Fatal(err)
			}
			if change.State != test.want.State || change.Operation != test.want.Operation || string(change.Raw) != test.body {
				t.Errorf("%+v", change)
			}
			want := map[string]any{"credentialId": "urn:1", "status": true,
				"credentialStatus": map[string]any{"type": "BitstringStatusListEntry", "statusPurpose": "revocation"}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
