package api

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/hanse-id/hanse/api/apitest"
	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

// register goes through the two calls of a client that keeps its own keys.
func register(t *testing.T, client *apitest.Client, path string, request map[string]any, signers ...keystore.Signer) apitest.Answer {
	t.Helper()
	a := client.Post(t, path, request)
	if a.Status != 200 {
		return a
	}
	view := registrationOf(t, a)
	if view.DIDState.State != "action" || view.DIDState.Action != "signPayload" || view.JobID == nil {
		t.Fatalf("state %s", a.Body)
	}
	responses := map[string]any{}
	for name, wanted := range view.DIDState.SigningRequest {
		input, err := base64.StdEncoding.DecodeString(wanted.SerializedPayload)
		if err != nil {
			t.Fatal(err)
		}
		for _, signer := range signers {
			if !strings.HasSuffix(wanted.KID, "#key-1") && !strings.HasSuffix(wanted.KID, "#"+signer.Public().Multikey()) {
				continue
			}
			value, err := signer.Sign(t.Context(), input)
			if err != nil {
				t.Fatal(err)
			}
			responses[name] = map[string]any{"signature": base64.RawURLEncoding.EncodeToString(value)}
		}
	}
	return client.Post(t, path, map[string]any{"jobId": *view.JobID, "secret": map[string]any{"signingResponse": responses}})
}

func registrationOf(t *testing.T, a apitest.Answer) RegistrationView {
	t.Helper()
	var view RegistrationView
	if err := json.Unmarshal(a.Body, &view); err != nil {
		t.Fatal(err)
	}
	return view
}

func TestADIDIsCreatedUpdatedAndDeactivatedWithKeysOfTheClient(t *testing.T) {
	c := startCenter(t)
	for _, alg := range []keys.Algorithm{keys.EdDSA, keys.ES256} {
		signer := ledgertest.NewSigner(t, alg)
		created := register(t, c.client, "/1.0/create?method=hanse", map[string]any{"didDocument": ledgertest.Document(signer.Public())}, signer).Want(t, 201)
		view := registrationOf(t, created)
		if view.JobID != nil || view.DIDState.State != "finished" || view.RegistrationMetadata["height"] == nil || view.RegistrationMetadata["operation"] == nil {
			t.Fatalf("created: %s", created.Body)
		}
		id := view.DIDState.DID
		resolved := c.client.Get(t, identifier(id)).Want(t, 200).JSON(t)["didDocumentMetadata"].(map[string]any)
		if resolved["versionId"] != view.DocumentMetadata["versionId"] {
			t.Errorf("version %v, registered as %v", resolved["versionId"], view.DocumentMetadata["versionId"])
		}

		change := map[string]any{"did": id, "didDocumentOperation": []any{addToDocument}, "didDocument": []any{map[string]any{"service": []any{service("s", "https://s.example/")}}}}
		register(t, c.client, "/1.0/update", change, signer).Want(t, 200)
		document := c.client.With("Accept", "application/did").Get(t, identifier(id)).Want(t, 200).JSON(t)
		if len(document["service"].([]any)) != 1 || document["verificationMethod"] == nil {
			t.Errorf("after adding a service: %v", document)
		}
		change["didDocumentOperation"] = []any{removeFromDocument}
		change["didDocument"] = []any{map[string]any{"service": []any{map[string]any{"id": id + "#s"}}}}
		register(t, c.client, "/1.0/update", change, signer).Want(t, 200)

		gone := registrationOf(t, register(t, c.client, "/1.0/deactivate", map[string]any{"did": id}, signer).Want(t, 200))
		if gone.DIDState.State != "finished" || gone.DocumentMetadata["deactivated"] != true {
			t.Errorf("deactivated: %+v", gone)
		}
		c.client.Get(t, identifier(id)).Want(t, 410)
		wantFailed(t, c.client.Post(t, "/1.0/deactivate", map[string]any{"did": id}), 400, "deactivated")
	}
}

func wantFailed(t *testing.T, a apitest.Answer, status int, word string) RegistrationView {
	t.Helper()
	a.Want(t, status)
	view := registrationOf(t, a)
	if view.JobID != nil || view.DIDState.State != "failed" || view.DIDState.Error != word || view.DIDState.Reason == "" {
		t.Fatalf("want failed with %s: %s", word, a.Body)
	}
	return view
}

func TestPreRotationAsksForTheNextKeys(t *testing.T) {
	c := startCenter(t)
	first, next := ledgertest.NewSigner(t, keys.EdDSA), ledgertest.NewSigner(t, keys.EdDSA)
	last := ledgertest.NewSigner(t, keys.EdDSA)
	created := registrationOf(t, register(t, c.client, "/1.0/create?method=hanse", map[string]any{
		"didDocument": ledgertest.Document(first.Public()), "options": map[string]any{"next": []any{identity.NextHash(next.Public())}},
	}, first).Want(t, 201))
	id := created.DIDState.DID
	rotated := map[string]any{
		"did": id, "didDocument": []any{ledgertest.Document(next.Public())}, "options": map[string]any{"next": []any{identity.NextHash(last.Public())}},
	}
	register(t, c.client, "/1.0/update", rotated, next).Want(t, 200)
	gone := register(t, c.client, "/1.0/deactivate", map[string]any{"did": id, "options": map[string]any{"keys": []any{last.Public().Multikey()}}}, last)
	if view := registrationOf(t, gone.Want(t, 200)); view.DIDState.State != "finished" {
		t.Errorf("deactivated: %s", gone.Body)
	}
}

func TestBadRegistrationsFailInTheRegistrarsShape(t *testing.T) {
	c := startCenter(t)
	p, signer := c.league.Create(t), ledgertest.NewSigner(t, keys.EdDSA)
	good := ledgertest.Document(signer.Public())
	withID := maps.Clone(good)
	withID["id"] = "did:hanse:test:me"
	noControl := maps.Clone(good)
	delete(noControl, "capabilityInvocation")
	badKey := maps.Clone(good)
	badKey["verificationMethod"] = []any{map[string]any{"id": "#key-1", "type": "Multikey", "publicKeyMultibase": "z6Mk"}}
	for name, test := range map[string]struct {
		path    string
		body    any
		word    string
		pointer string
	}{
		"another method":     {"/1.0/create?method=web", map[string]any{}, "invalid-parameter", ""},
		"no method":          {"/1.0/create", map[string]any{}, "invalid-parameter", ""},
		"no document":        {"/1.0/create?method=hanse", map[string]any{}, "invalid-member", "/didDocument"},
		"a document with id": {"/1.0/create?method=hanse", map[string]any{"didDocument": withID}, "invalid-member", "/didDocument/id"},
		"nobody in control":  {"/1.0/create?method=hanse", map[string]any{"didDocument": noControl}, "invalid-member", "/didDocument/capabilityInvocation"},
		"a bad key":          {"/1.0/create?method=hanse", map[string]any{"didDocument": badKey}, "invalid-document", ""},
		"a chosen DID":       {"/1.0/create?method=hanse", map[string]any{"did": "did:hanse:test:x", "didDocument": good}, "invalid-member", "/did"},
		"unknown member":     {"/1.0/create?method=hanse", map[string]any{"didDokument": good}, "invalid-member", "/didDokument"},
		"unknown option":     {"/1.0/create?method=hanse", map[string]any{"didDocument": good, "options": map[string]any{"speed": 1}}, "invalid-member", "/options/speed"},
		"a private key":      {"/1.0/create?method=hanse", map[string]any{"didDocument": good, "secret": map[string]any{"privateKeyJwk": map[string]any{"d": "topsecret"}}}, "invalid-member", "/secret"},
		"a fraction":         {"/1.0/create?method=hanse", map[string]any{"didDocument": good, "options": map[string]any{"threshold": 1.5}}, "invalid-member", "/options"},
		"unknown job":        {"/1.0/update", map[string]any{"jobId": "x"}, "invalid-member", "/jobId"},
		"no array":           {"/1.0/update", map[string]any{"did": p.DID.String(), "didDocument": good}, "invalid-member", "/didDocument"},
		"another league":     {"/1.0/update", map[string]any{"did": strings.Replace(p.DID.String(), "test", "other", 1), "didDocument": []any{good}}, "invalid-member", "/did"},
		"an absent DID":      {"/1.0/deactivate", map[string]any{"did": mustDID(t, c).String()}, "unknown-did", ""},
		"no JSON":            {"/1.0/deactivate", []byte(`{`), "malformed-json", ""},
		"a list":             {"/1.0/deactivate", []byte(`[]`), "invalid-member", ""},
	} {
		t.Run(name, func(t *testing.T) {
			view := wantFailed(t, c.client.Post(t, test.path, test.body), 400, test.word)
			if test.pointer != "" && view.DIDState.Pointer != test.pointer {
				t.Errorf("pointer %q, want %q", view.DIDState.Pointer, test.pointer)
			}
		})
	}
	if strings.Contains(c.log.String(), "topsecret") {
		t.Error("a private key that was sent by mistake is in the log")
	}
	c.league.SetDown(true)
	wantFailed(t, c.client.Post(t, "/1.0/deactivate", map[string]any{"did": p.DID.String()}), 503, "unavailable")
}

func TestOnlyGoodSignaturesFinishAJobAndOnlyOnce(t *testing.T) {
	c := startCenter(t)
	right, wrong := ledgertest.NewSigner(t, keys.EdDSA), ledgertest.NewSigner(t, keys.EdDSA)
	request := map[string]any{"didDocument": ledgertest.Document(right.Public())}
	view := wantFailed(t, register(t, c.client, "/1.0/create?method=hanse", request, wrong), 400, "invalid-member")
	if view.DIDState.Pointer != "/secret/signingResponse/signingRequest1/signature" {
		t.Errorf("pointer %q", view.DIDState.Pointer)
	}
	begun := registrationOf(t, c.client.Post(t, "/1.0/create?method=hanse", request).Want(t, 200))
	if poll := registrationOf(t, c.client.Post(t, "/1.0/create?method=hanse", map[string]any{"jobId": *begun.JobID}).Want(t, 200)); poll.DIDState.State != "action" {
		t.Errorf("asked again, the job is in state %s", poll.DIDState.State)
	}
	wantFailed(t, c.client.Post(t, "/1.0/update", map[string]any{"jobId": *begun.JobID}), 400, "invalid-member")
}

func TestAJobWithoutQuorumWaitsAndFinishesLater(t *testing.T) {
	c := startCenter(t)
	signer := ledgertest.NewSigner(t, keys.EdDSA)
	c.league.SetQuorum(t, false)
	waiting := registrationOf(t, register(t, c.client.With("Prefer", "wait=1"), "/1.0/create?method=hanse", map[string]any{"didDocument": ledgertest.Document(signer.Public())}, signer).Want(t, 200))
	if waiting.DIDState.State != "wait" || waiting.JobID == nil || waiting.RegistrationMetadata["noQuorum"] != true {
		t.Fatalf("%+v", waiting)
	}
	c.league.SetQuorum(t, true)
	done := registrationOf(t, c.client.Post(t, "/1.0/create?method=hanse", map[string]any{"jobId": *waiting.JobID}).Want(t, 201))
	if done.DIDState.State != "finished" {
		t.Errorf("%+v", done)
	}
}

func TestJobsAreBoundedInNumberAndTime(t *testing.T) {
	now := &clock{now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	store := newJobStore(3, time.Minute, now.Now)
	var all []*job
	for range 3 {
		j := &job{kind: kindCreate}
		if err := store.add(j); err != nil {
			t.Fatal(err)
		}
		all = append(all, j)
	}
	if err := store.add(&job{}); edgeError(err).Status != 503 {
		t.Errorf("a fourth job: %v", err)
	}
	if all[0].jobID == all[1].jobID || all[0].jobID == all[2].jobID {
		t.Error("job ids repeat")
	}
	if _, found := store.get(all[0].jobID, kindUpdate); found {
		t.Error("a call of another kind gets the job")
	}
	now.Advance(59 * time.Second)
	if _, found := store.get(all[0].jobID, kindCreate); !found {
		t.Error("asking with another kind cost the job")
	}
	now.Advance(time.Second)
	if _, found := store.get(all[1].jobID, kindCreate); found {
		t.Error("a job outlived its time")
	}
	store.end(all[0])
	for range 3 { // an ended job takes no place of an open one
		if err := store.add(&job{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, found := store.get(all[0].jobID, kindCreate); !found {
		t.Error("an ended job is not kept")
	}
	now.Advance(time.Minute)
	store.expire()
	if len(store.jobs) != 0 || store.bytes != 0 || len(store.clients) != 0 {
		t.Errorf("%d jobs, %d bytes, %d clients are left", len(store.jobs), store.bytes, len(store.clients))
	}
}

func TestOneClientCannotTakeAllJobs(t *testing.T) {
	store := newJobStore(20, time.Minute, time.Now)
	for n := range 20 {
		err := store.add(&job{client: "ip:192.0.2.1"})
		if refused := n >= 2; refused != (err != nil) || refused && edgeError(err).Status != 429 {
			t.Errorf("job %d: %v", n+1, err)
		}
	}
	if err := store.add(&job{client: "ip:192.0.2.2"}); err != nil {
		t.Errorf("another client: %v", err)
	}
	big := &job{payload: make([]byte, maxJobBytes/jobFactor)}
	if err := store.add(big); edgeError(err).Status != 503 {
		t.Errorf("a job larger than all room: %v", err)
	}
}

// A client whose connection broke repeats its last call: it gets the same answer, and nothing happens twice.
func TestARepeatedCallIsAnsweredLikeTheFirst(t *testing.T) {
	c := startCenter(t)
	signer := ledgertest.NewSigner(t, keys.EdDSA)
	begun := registrationOf(t, c.client.Post(t, "/1.0/create?method=hanse", map[string]any{"didDocument": ledgertest.Document(signer.Public())}).Want(t, 200))
	wanted := begun.DIDState.SigningRequest["signingRequest1"]
	input, err := base64.StdEncoding.DecodeString(wanted.SerializedPayload)
	if err != nil {
		t.Fatal(err)
	}
	value, err := signer.Sign(t.Context(), input)
	if err != nil {
		t.Fatal(err)
	}
	signed := map[string]any{"jobId": *begun.JobID, "secret": map[string]any{
		"signingResponse": map[string]any{"signingRequest1": map[string]any{"signature": base64.RawURLEncoding.EncodeToString(value)}},
	}}
	wantFailed(t, c.client.Post(t, "/1.0/deactivate", signed), 400, "invalid-member") // the wrong call leaves the job alone
	c.league.SetDown(true)
	wantFailed(t, c.client.Post(t, "/1.0/create?method=hanse", signed), 503, "unavailable") // an outage does, too
	c.league.SetDown(false)
	answers := make(chan string, 8)
	for range cap(answers) {
		go func() { answers <- string(c.client.Post(t, "/1.0/create?method=hanse", signed).Want(t, 201).Body) }()
	}
	first := <-answers
	for range cap(answers) - 1 {
		if again := <-answers; again != first {
			t.Errorf("answered %s, then %s", first, again)
		}
	}
	c.client.Get(t, identifier(begun.DIDState.DID)).Want(t, 200)
}

func TestTheKeystoreSignsOnlyForThoseWhoMay(t *testing.T) {
	keep := keystore.NewMemory()
	signer, err := keep.Generate(t.Context(), "service", keys.EdDSA)
	if err != nil {
		t.Fatal(err)
	}
	c := startCenter(t, func(o *Options) { o.Keystore = keep })
	request := map[string]any{"didDocument": ledgertest.Document(signer.Public()), "options": map[string]any{"clientSecretMode": false}}
	c.client.Post(t, "/1.0/create?method=hanse", request).WantProblem(t, 401, "unauthorised")
	c.client.WithToken(c.key(t, "write:/1.0/update")).Post(t, "/1.0/create?method=hanse", request).WantProblem(t, 403, "forbidden")
	allowed := c.client.WithToken(c.key(t, "write:/1.0/create"))
	created := registrationOf(t, allowed.Post(t, "/1.0/create?method=hanse", request).Want(t, 201))
	if _, err := c.league.DID(t.Context(), did.DID(created.DIDState.DID), did.At{}); err != nil {
		t.Error(err)
	}
	foreign := ledgertest.NewSigner(t, keys.EdDSA)
	request["didDocument"] = ledgertest.Document(foreign.Public())
	wantFailed(t, allowed.Post(t, "/1.0/create?method=hanse", request), 400, "invalid-member")
}
