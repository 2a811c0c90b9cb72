package api

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/api/cache"
	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/resolve"
)

// recoverable is a league behind a cache in which a person has named a friend, who recovers within an hour.
type recoverable struct {
	*center
	clock          *clock
	ledger         *counting
	cached         *Cached
	person, friend ledgertest.Party
}

func startRecoverable(t *testing.T) *recoverable {
	t.Helper()
	r := &recoverable{clock: &clock{now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}}
	params := exec.DefaultParams()
	params.MinRecoverySeconds = 3600
	r.ledger = &counting{Ledger: ledgertest.New(t, ledgertest.Options{Now: r.clock.Now, Params: &params})}
	store, err := cache.New(cache.Options{})
	ok(t, err)
	r.cached = NewCached(r.ledger, store, nil)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.cached.Follow(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Follow ended with %v", err)
		}
		_ = store.Close()
	})
	r.center = startCenter(t, func(o *Options) {
		o.Ledger, o.Now = r.cached, r.clock.Now
		o.Resolver = resolve.NewRouter(map[string]did.Resolver{"hanse": resolve.NewHanse(r.ledger.League, r.cached)})
	})
	r.friend = r.ledger.Create(t)
	r.person.Signer = ledgertest.NewSigner(t, keys.EdDSA)
	body := ledgertest.CreateBody(ledgertest.Document(r.person.Signer.Public()))
	body["recovery"] = r.declared()
	r.person.DID, err = op.CreatedDID(r.ledger.League, body)
	ok(t, err)
	r.ledger.Act(t, r.person, "did.create", body)
	return r
}

func (r *recoverable) declared() map[string]any {
	return map[string]any{"set": []any{string(r.friend.DID)}, "delay": int64(3600)}
}

// sign has signer do something in the person's name.
func (r *recoverable) sign(t *testing.T, signer ledgertest.Party, kind string, body map[string]any) op.ID {
	t.Helper()
	draft := op.Draft{League: r.ledger.League, Type: kind, By: r.person.DID, Exp: r.clock.Now().Unix() + 300, Body: body}
	_, _ = rand.Read(draft.Nonce[:])
	envelope, err := draft.Sign(t.Context(), signer.KID(), signer.Signer)
	ok(t, err)
	return r.ledger.Commit(t, envelope)
}

func (r *recoverable) start(t *testing.T, prev string) op.ID {
	t.Helper()
	document := ledgertest.Document(ledgertest.NewSigner(t, keys.EdDSA).Public())
	return r.sign(t, r.friend, "did.recover", map[string]any{"prev": prev, "document": document})
}

// metadata resolves a version of the person, and checks on the way that the cache says what the ledger says.
func (r *recoverable) metadata(t *testing.T, at did.At) map[string]any {
	t.Helper()
	caughtUp(t, r.ledger, r.cached)
	want, err := r.ledger.Ledger.DID(t.Context(), r.person.DID, at)
	ok(t, err)
	target := identifier(r.person.DID.String())
	if at.VersionID != "" {
		target += "?versionId=" + at.VersionID
	}
	var answered map[string]any
	for range 2 {
		got, err := r.cached.DID(t.Context(), r.person.DID, at)
		ok(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-ledger +cached)\n%s", diff)
		}
		answered = r.client.Get(t, target).Want(t, 200).JSON(t)["didDocumentMetadata"].(map[string]any)
	}
	told := map[string]any{}
	for _, name := range []string{"versionId", "recovery", "disputed", "duringRecovery"} {
		if value, given := answered[name]; given {
			told[name] = value
		}
	}
	if text, given := told["versionId"].(string); given {
		told["versionId"], _, _ = strings.Cut(text, "-")
	}
	return told
}

func TestResolutionTellsOfRecoveries(t *testing.T) {
	r := startRecoverable(t)
	want := func(at did.At, what map[string]any) {
		t.Helper()
		if diff := cmp.Diff(what, r.metadata(t, at)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
	base, err := r.ledger.Ledger.DID(t.Context(), r.person.DID, did.At{})
	ok(t, err)
	want(did.At{}, map[string]any{"versionId": "1"})

	id := r.start(t, base.VersionID)
	pending := map[string]any{
		"operation": id.String(), "base": base.VersionID, "started": "2026-11-22T12:00:00Z", "due": "2026-11-22T13:00:00Z", "by": "set",
	}
	want(did.At{}, map[string]any{"versionId": "1", "recovery": pending})

	r.sign(t, r.person, "did.update", map[string]any{
		"prev": base.VersionID, "document": ledgertest.Document(r.person.Signer.Public()), "recovery": r.declared(),
	})
	between, err := r.ledger.Ledger.DID(t.Context(), r.person.DID, did.At{})
	ok(t, err)
	want(did.At{}, map[string]any{"versionId": "2", "recovery": pending, "duringRecovery": id.String()})
	want(did.At{VersionID: base.VersionID}, map[string]any{"versionId": "1", "recovery": pending})

	r.sign(t, r.person, "did.recover.cancel", map[string]any{"recovery": id.String(), "reason": "found"})
	want(did.At{}, map[string]any{"versionId": "2", "duringRecovery": id.String()})
	want(did.At{VersionID: base.VersionID}, map[string]any{"versionId": "1"})

	again := r.start(t, base.VersionID)
	pending["operation"] = again.String()
	want(did.At{}, map[string]any{"versionId": "2", "recovery": pending, "duringRecovery": id.String()})

	r.clock.Advance(time.Hour)
	r.ledger.Block(t)
	recovered, err := r.ledger.Ledger.DID(t.Context(), r.person.DID, did.At{})
	ok(t, err)
	want(did.At{}, map[string]any{"versionId": "3"})
	want(did.At{VersionID: between.VersionID}, map[string]any{"versionId": "2", "disputed": recovered.VersionID, "duringRecovery": id.String()})
	want(did.At{VersionID: base.VersionID}, map[string]any{"versionId": "1"})
}

// An update by the registrar leaves the declaration as it is, unless it is told otherwise.
func TestTheRegistrarKeepsWhatIsDeclared(t *testing.T) {
	r := startRecoverable(t)
	declared := func() any {
		t.Helper()
		caughtUp(t, r.ledger, r.cached)
		r.ledger.Block(t) // what proves the record
		items := r.client.Get(t, "/"+r.person.DID.String()+"/log").Want(t, 200).JSON(t)["items"].([]any)
		return items[len(items)-1].(map[string]any)["recovery"]
	}
	want := map[string]any{"set": []any{string(r.friend.DID)}, "threshold": float64(1), "delay": float64(3600)}
	if diff := cmp.Diff(want, declared()); diff != "" {
		t.Fatal(diff)
	}
	update := map[string]any{
		"did": r.person.DID.String(), "didDocumentOperation": []any{"addToDidDocument"},
		"didDocument": []any{map[string]any{"service": []any{map[string]any{"id": "#s", "type": "Web", "serviceEndpoint": "https://a.example/"}}}},
	}
	registrationOf(t, register(t, r.client, "/1.0/update", update, r.person.Signer).Want(t, 200))
	if diff := cmp.Diff(want, declared()); diff != "" {
		t.Error(diff)
	}
	update["options"] = map[string]any{"recovery": nil}
	registrationOf(t, register(t, r.client, "/1.0/update", update, r.person.Signer).Want(t, 200))
	if got := declared(); got != nil {
		t.Errorf("still declared: %v", got)
	}
	update["options"] = map[string]any{"recovery": map[string]any{"set": []any{"did:web:a.example"}, "delay": 3600}}
	wantFailed(t, register(t, r.client, "/1.0/update", update, r.person.Signer), 400, "malformed")
}
