package ledgertest

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"testing"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

// Party is a DID with the key that controls it: method "#key-1", which is also in assertionMethod and authentication.
type Party struct {
	DID    did.DID
	Signer keystore.Signer
}

// KID is the DID URL of the party's key.
func (p Party) KID() did.URL { return did.URL{DID: p.DID, Fragment: "key-1"} }

// NewSigner makes a key.
func NewSigner(t testing.TB, alg keys.Algorithm) keystore.Signer {
	t.Helper()
	signer, err := keystore.NewMemory().Generate(t.Context(), "key", alg)
	check(t, err)
	return signer
}

// begin applies the genesis and commits the first block.
func (l *Ledger) begin(t testing.TB, opts Options) {
	t.Helper()
	genesis := &app.Genesis{
		League: l.League, Params: exec.DefaultParams(), Profile: cmp.Or(opts.Profile, governance.Hybrid), Rules: opts.Rules,
	}
	if opts.Params != nil {
		genesis.Params = *opts.Params
	}
	if opts.Rules == nil {
		genesis.Rules = governance.DefaultRules("prefix:")
	}
	names := opts.Centers
	if len(names) == 0 {
		names = []string{"first"}
	}
	for i, name := range names {
		control, sponsor := NewSigner(t, keys.EdDSA), NewSigner(t, keys.EdDSA)
		center := NewCenter(t, name, control.Public(), sponsor.Public())
		if i == 0 {
			l.sponsor = sponsor
			center.API = cmp.Or(opts.API, "https://center.example")
		}
		id, err := app.CenterDID(l.League, center)
		check(t, err)
		genesis.Centers = append(genesis.Centers, center)
		l.Members = append(l.Members, Party{DID: id, Signer: control})
	}
	l.Center = l.Members[0]
	_, _, err := l.app.Init(genesis)
	check(t, err)
	l.Block(t)
}

// NewCenter is the descriptor of a center with a control key, a sponsor key and a validator key that nobody keeps.
func NewCenter(t testing.TB, name string, control, sponsor keys.Public) app.GenesisCenter {
	t.Helper()
	return app.GenesisCenter{
		Name: name, Create: CreateBody(Document(control)), Validator: NewSigner(t, keys.EdDSA).Public().Multikey(), Power: 10,
		Sponsors: []string{sponsor.Multikey()}, API: "https://" + name + ".example",
	}
}

// Document is a creation document with one key that may do everything, and optional services.
func Document(key keys.Public, services ...map[string]any) map[string]any {
	document := map[string]any{
		"verificationMethod":   []any{map[string]any{"id": "#key-1", "type": "Multikey", "publicKeyMultibase": key.Multikey()}},
		"capabilityInvocation": []any{"#key-1"},
		"assertionMethod":      []any{"#key-1"},
		"authentication":       []any{"#key-1"},
	}
	if len(services) > 0 {
		list := make([]any, len(services))
		for i, service := range services {
			list[i] = service
		}
		document["service"] = list
	}
	return document
}

// CreateBody is the body of a did.create with a random salt.
func CreateBody(document map[string]any) map[string]any {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt)
	return map[string]any{"document": document, "salt": base64.RawURLEncoding.EncodeToString(salt)}
}

// CreateEnvelope signs the creation of a DID with a new Ed25519 key, without submitting it.
func (l *Ledger) CreateEnvelope(t testing.TB, services ...map[string]any) (Party, []byte) {
	t.Helper()
	signer := NewSigner(t, keys.EdDSA)
	body := CreateBody(Document(signer.Public(), services...))
	id, err := op.CreatedDID(l.League, body)
	check(t, err)
	p := Party{DID: id, Signer: signer}
	return p, l.Sign(t, p, "did.create", body)
}

// Create registers a DID with a new Ed25519 key.
func (l *Ledger) Create(t testing.TB, services ...map[string]any) Party {
	t.Helper()
	p, envelope := l.CreateEnvelope(t, services...)
	l.Commit(t, envelope)
	return p
}

// Update replaces the document of p and returns the operation id.
func (l *Ledger) Update(t testing.TB, p Party, document map[string]any) op.ID {
	t.Helper()
	return l.Commit(t, l.Sign(t, p, "did.update", map[string]any{"prev": l.versionID(t, p.DID), "document": document}))
}

// Deactivate ends p and returns the operation's id.
func (l *Ledger) Deactivate(t testing.TB, p Party) op.ID {
	t.Helper()
	return l.Commit(t, l.Sign(t, p, "did.deactivate", map[string]any{"prev": l.versionID(t, p.DID)}))
}

func (l *Ledger) versionID(t testing.TB, id did.DID) string {
	t.Helper()
	v, err := l.DID(t.Context(), id, did.At{})
	check(t, err)
	return v.VersionID
}

// Sign makes the envelope of an operation by p that expires in five minutes.
func (l *Ledger) Sign(t testing.TB, p Party, kind string, body map[string]any) []byte {
	t.Helper()
	return l.SignAs(t, p.DID, p, kind, body)
}

// SignAs is Sign for an operation in the name of by, which another party signs: a member of its recovery set, a controller.
func (l *Ledger) SignAs(t testing.TB, by did.DID, p Party, kind string, body map[string]any) []byte {
	t.Helper()
	draft := op.Draft{League: l.League, Type: kind, By: by, Exp: l.now().Unix() + 300, Body: body}
	_, _ = rand.Read(draft.Nonce[:])
	envelope, err := draft.Sign(context.Background(), p.KID(), p.Signer)
	check(t, err)
	return envelope
}

// Commit submits an envelope and fails the test unless it is committed.
func (l *Ledger) Commit(t testing.TB, envelope []byte) op.ID {
	t.Helper()
	submissions, err := l.Submit(context.Background(), [][]byte{envelope})
	check(t, err)
	if refusal := submissions[0].Error; refusal != nil {
		t.Fatalf("refused: %v", refusal)
	}
	receipt, err := l.Receipt(context.Background(), submissions[0].ID)
	check(t, err)
	if receipt.State != app.Committed {
		t.Fatalf("operation is %s with code %s", receipt.State, receipt.Code)
	}
	return receipt.ID
}
