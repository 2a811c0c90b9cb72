package ledgertest_test

import (
	"errors"
	"testing"

	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/did"
)

func TestALeagueOfOneProcessBehaves(t *testing.T) {
	league := ledgertest.New(t, ledgertest.Options{})
	p := league.Create(t)
	league.Update(t, p, ledgertest.Document(p.Signer.Public(), map[string]any{"id": "#files", "type": "Files", "serviceEndpoint": "https://files.example/"}))
	v, err := league.DID(t.Context(), p.DID, did.At{})
	if err != nil || v.N != 2 {
		t.Fatalf("version %d, %v; want 2", v.N, err)
	}
	proof, err := league.Prove(t.Context(), identity.Key(p.DID))
	if err != nil || len(proof.Value) == 0 || proof.ICS23 == nil {
		t.Fatalf("proof %v, %v", proof, err)
	}
	blocks, err := league.Blocks(t.Context(), 1, 10)
	if err != nil || len(blocks) != 3 {
		t.Fatalf("%d blocks, %v; want genesis, creation and update", len(blocks), err)
	}
}

func TestWithoutQuorumOperationsWait(t *testing.T) {
	league := ledgertest.New(t, ledgertest.Options{})
	league.SetQuorum(t, false)
	p, envelope := league.CreateEnvelope(t)
	submissions, err := league.Submit(t.Context(), [][]byte{envelope})
	if err != nil || submissions[0].Error != nil || !submissions[0].NoQuorum {
		t.Fatalf("submission %+v, %v", submissions, err)
	}
	if r, _ := league.Receipt(t.Context(), submissions[0].ID); r.State != app.Accepted {
		t.Fatalf("state %s, want accepted", r.State)
	}
	league.SetQuorum(t, true)
	if _, err := league.DID(t.Context(), p.DID, did.At{}); err != nil {
		t.Fatal(err)
	}
}

func TestALedgerThatIsDownSaysSo(t *testing.T) {
	league := ledgertest.New(t, ledgertest.Options{})
	league.SetDown(true)
	if _, err := league.Head(t.Context()); !errors.Is(err, ledgertest.ErrDown) {
		t.Fatalf("error %v, want ErrDown", err)
	}
}
