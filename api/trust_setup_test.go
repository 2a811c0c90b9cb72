package api

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"testing"
	"time"

	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/state/proof"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/resolve"
)

// diet is an API over a league of four centers at a time that the test sets, with a verifier that asks the ledger.
//
//	aachen ─ accredit type:Diploma ─► ministry ─ issue ─► university
type diet struct {
	*center
	clock                  *clock
	aachen, brugge         ledgertest.Party
	ministry, university   ledgertest.Party
	toMinistry, toUniverse op.ID
}

const diploma = governance.Resource("type:Diploma")

// startDiet serves the API; of may change the league.
func startDiet(t *testing.T, of ledgertest.Options) *diet {
	t.Helper()
	d := &diet{clock: &clock{now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}}
	of.Now, of.Centers = d.clock.Now, []string{"aachen", "brugge", "cork", "dinant"}
	league := ledgertest.New(t, of)
	d.center = startCenter(t, func(o *Options) {
		o.Ledger, o.League, o.Now = league, league.League, d.clock.Now
		o.Resolver = resolve.NewRouter(map[string]did.Resolver{"hanse": resolve.NewHanse(league.League, league), "key": resolve.Key{}})
		o.Verifier = &credentials.Verifier{
			Resolver: o.Resolver, Status: NewLedgerStatus(league, d.clock.Now), Trust: NewLedgerTrust(league, d.clock.Now), Now: d.clock.Now,
		}
	})
	d.league = league
	d.aachen, d.brugge = league.Members[0], league.Members[1]
	return d
}

// accredit makes the two rights above.
func (d *diet) accredit(t *testing.T) {
	t.Helper()
	d.ministry, d.university = d.league.Create(t), d.league.Create(t)
	d.toMinistry = d.league.Accredit(t, d.aachen, d.ministry.DID, trust.Accredit, diploma, nil)
	d.toUniverse = d.league.Accredit(t, d.ministry, d.university.DID, trust.Issue, diploma, map[string]any{"parent": d.toMinistry.String()})
}

// pass lets time go on and makes a block, so that the ledger knows.
func (d *diet) pass(t *testing.T, by time.Duration) time.Time {
	t.Helper()
	d.clock.Advance(by)
	d.league.Block(t)
	return d.clock.Now()
}

// get reads a JSON answer that must be 200.
func (d *diet) get(t *testing.T, path string, query ...string) map[string]any {
	t.Helper()
	return d.client.Get(t, target(path, query...)).Want(t, 200).JSON(t)
}

// target is a path with query parameters in pairs.
func target(path string, query ...string) string {
	values := url.Values{}
	for i := 0; i < len(query); i += 2 {
		values.Add(query[i], query[i+1])
	}
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}

// path asks for the university's path to issue diplomas.
func (d *diet) path(t *testing.T, query ...string) map[string]any {
	t.Helper()
	return d.get(t, "/v1/trust/path", append([]string{"issuer", string(d.university.DID), "type", "Diploma"}, query...)...)
}

// pages reads all pages of a list and returns the values of one member.
func (d *diet) pages(t *testing.T, first, member string) (values []any, pages int) {
	t.Helper()
	for next := first; next != ""; pages++ {
		page := d.get(t, next)
		for _, item := range page["items"].([]any) {
			values = append(values, item.(map[string]any)[member])
		}
		next, _ = page["next"].(string)
	}
	return values, pages
}

// proved checks a proof of an answer with nothing but what the answer says, and returns the record that it proves.
func proved(t *testing.T, answer map[string]any, key []byte) []byte {
	t.Helper()
	p, found := answer["proof"].(map[string]any)
	if !found {
		t.Fatalf("no proof in %v", answer)
	}
	bytesOf := func(name string) []byte {
		data, err := base64.RawURLEncoding.DecodeString(p[name].(string))
		ok(t, err)
		return data
	}
	root, err := hex.DecodeString(p["appHash"].(string))
	ok(t, err)
	if string(bytesOf("key")) != string(key) {
		t.Fatalf("the proof is of %q, want %q", bytesOf("key"), key)
	}
	if err := proof.VerifyInclusion(root, key, bytesOf("value"), bytesOf("proof")); err != nil {
		t.Fatal(err)
	}
	return bytesOf("value")
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// reading reads an accreditation out of a view.
func reading(id op.ID, to **trust.Accreditation) func(*app.View) error {
	return func(v *app.View) (err error) {
		*to, err = trust.Get(v.Reader(), id)
		return err
	}
}
