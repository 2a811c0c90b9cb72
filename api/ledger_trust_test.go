package api

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
)

// switching is a ledger that a test exchanges for another one.
type switching struct{ trustReader }

func (d *diet) accredited(t *testing.T, q credentials.TrustQuery) credentials.TrustResult {
	t.Helper()
	result, err := NewLedgerTrust(d.league, d.clock.Now).Accredited(t.Context(), q)
	ok(t, err)
	return result
}

func TestAnOlderAnswerAboutTrustIsRefused(t *testing.T) {
	ahead, behind := ledgertest.New(t, ledgertest.Options{}), ledgertest.New(t, ledgertest.Options{})
	ahead.Create(t)
	reader := &switching{ahead}
	source := NewLedgerTrust(reader, nil)
	q := credentials.TrustQuery{Issuer: "did:web:a.example", Types: []string{"Diploma"}}
	if result, err := source.Accredited(t.Context(), q); err != nil || result.Accredited || result.Evidence.Height != 2 {
		t.Fatalf("%+v, %v", result, err)
	}
	reader.trustReader = behind
	if result, err := source.Accredited(t.Context(), q); err == nil {
		t.Errorf("an answer of height 1 after one of height 2: %+v", result)
	}
	reader.trustReader = ahead
	if _, err := source.Accredited(t.Context(), q); err != nil {
		t.Error(err)
	}
	ahead.SetDown(true)
	if _, err := source.Accredited(t.Context(), q); !errors.Is(err, ledgertest.ErrDown) {
		t.Errorf("error %v, want ErrDown", err)
	}
	q.At = time.Now().Add(time.Hour)
	ahead.SetDown(false)
	if _, err := source.Accredited(t.Context(), q); err == nil {
		t.Error("the future is known")
	}
}

func TestEveryTypeOfACredentialNeedsAPath(t *testing.T) {
	d := startDiet(t, ledgertest.Options{})
	d.accredit(t)
	everything := did.DID("did:web:everything.example")
	d.league.Accredit(t, d.aachen, everything, trust.Issue, "prefix:", nil)
	many := []string{"VerifiableCredential"}
	for i := range 20 {
		many = append(many, fmt.Sprintf("Diploma%d", i))
	}
	for name, test := range map[string]struct {
		issuer did.DID
		types  []string
		code   string
	}{
		"the one it is accredited for":      {d.university.DID, []string{"VerifiableCredential", "Diploma"}, ""},
		"the same type twice":               {d.university.DID, []string{"VerifiableCredential", "Diploma", "Diploma"}, ""},
		"another one beside it":             {d.university.DID, []string{"VerifiableCredential", "Diploma", "Licence"}, "noAccreditation"},
		"no other type":                     {d.university.DID, []string{"VerifiableCredential"}, "noAccreditation"},
		"accredited for every type":         {everything, []string{"VerifiableCredential", "Diploma", "Licence"}, ""},
		"accredited for every type, none":   {everything, []string{"VerifiableCredential"}, ""},
		"a type that nobody can be given":   {everything, []string{"VerifiableCredential", "Diplôme"}, "noAccreditation"},
		"more types than are looked up":     {everything, many, "tooManyTypes"},
		"a center for copies":               {d.brugge.DID, []string{"VerifiableCredential", "AccreditationCredential"}, ""},
		"a copy that is something else too": {d.brugge.DID, []string{"VerifiableCredential", "AccreditationCredential", "Diploma"}, "noAccreditation"},
		"somebody for copies":               {d.university.DID, []string{"VerifiableCredential", "AccreditationCredential"}, "noAccreditation"},
	} {
		t.Run(name, func(t *testing.T) {
			result := d.accredited(t, credentials.TrustQuery{Issuer: test.issuer, Types: test.types})
			if result.Accredited != (test.code == "") || result.Code != test.code || result.Evidence.Source != "ledger" {
				t.Errorf("%+v", result)
			}
			if result.Accredited == (len(result.Path) == 0) && test.code == "" {
				t.Errorf("accredited without a path: %+v", result)
			}
		})
	}
	copies := credentials.TrustQuery{Issuer: d.brugge.DID, Types: []string{"VerifiableCredential", "AccreditationCredential"}, Centers: []did.DID{d.aachen.DID}}
	if !d.accredited(t, copies).Accredited {
		t.Error("a center that an accepted one recognises")
	}
	d.league.Act(t, d.aachen, "trust.recognise", map[string]any{"of": string(d.brugge.DID), "accepted": false, "resources": []any{"prefix:"}})
	if d.accredited(t, copies).Accredited {
		t.Error("a center that no accepted one recognises")
	}
	copies.Centers = nil
	d.league.Decide(t, "center.suspend", map[string]any{"center": string(d.brugge.DID)})
	if d.accredited(t, copies).Accredited {
		t.Error("a suspended center")
	}
}

func TestASchemaStandsForItsOwnTypeAlone(t *testing.T) {
	d := startDiet(t, ledgertest.Options{})
	const digest = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
	issuer := did.DID("did:web:issuer.example")
	d.league.Decide(t, "trust.accredit", map[string]any{"subject": string(issuer), "action": "issue", "resource": "schema:" + digest})
	ask := func(at time.Time, types ...string) bool {
		return d.accredited(t, credentials.TrustQuery{Issuer: issuer, Types: types, Schemas: []string{digest}, At: at}).Accredited
	}
	if ask(time.Time{}, "Diploma") {
		t.Error("a schema that nobody registered")
	}
	d.pass(t, time.Hour)
	d.league.Act(t, d.aachen, "schema.register", map[string]any{"digest": digest, "id": "urn:x:diploma", "version": "1", "type": "Diploma"})
	registered := d.clock.Now()
	if !ask(time.Time{}, "Diploma") || ask(time.Time{}, "Licence") || ask(registered.Add(-time.Second), "Diploma") {
		t.Error("the schema does not stand for its type alone, from its registration on")
	}
	d.pass(t, time.Hour)
	d.league.Act(t, d.aachen, "schema.status", map[string]any{"digest": digest, "status": "deprecated"})
	if !ask(time.Time{}, "Diploma") {
		t.Error("a deprecated schema")
	}
	d.pass(t, time.Hour)
	d.league.Act(t, d.aachen, "schema.status", map[string]any{"digest": digest, "status": "withdrawn"})
	if ask(time.Time{}, "Diploma") || !ask(registered, "Diploma") {
		t.Error("a withdrawn schema stands for what was issued before alone")
	}
}

func TestLimitsReachACredential(t *testing.T) {
	d := startDiet(t, ledgertest.Options{})
	issuer := did.DID("did:web:issuer.example")
	d.league.Accredit(t, d.aachen, issuer, trust.Issue, diploma, map[string]any{
		"limits": map[string]any{"jurisdictions": []any{"DE-BY"}, "validity": int64(3600)},
	})
	for name, test := range map[string]struct {
		q    credentials.TrustQuery
		code string
	}{
		"within":                       {credentials.TrustQuery{Jurisdiction: "DE-BY", Validity: time.Hour}, ""},
		"too long by part of a second": {credentials.TrustQuery{Validity: time.Hour + time.Millisecond}, "outOfScope"},
		"without end":                  {credentials.TrustQuery{Validity: -1}, "outOfScope"},
		"elsewhere":                    {credentials.TrustQuery{Jurisdiction: "FR"}, "outOfScope"},
		"the whole of it":              {credentials.TrustQuery{Jurisdiction: "DE"}, "outOfScope"},
	} {
		t.Run(name, func(t *testing.T) {
			test.q.Issuer, test.q.Types = issuer, []string{"Diploma"}
			if result := d.accredited(t, test.q); result.Code != test.code || result.Accredited != (test.code == "") {
				t.Errorf("%+v", result)
			}
		})
	}
}

func TestAStatusTypeThatTheLedgerDoesNotHaveIsSaid(t *testing.T) {
	source := NewLedgerStatus(&switchedOff{}, nil)
	_, err := source.Status(t.Context(), credentials.StatusQuery{Entry: credentials.StatusEntry{Type: "SomeOtherEntry"}})
	if !errors.Is(err, credentials.ErrStatusType) {
		t.Errorf("error %v, want ErrStatusType", err)
	}
	_, err = source.Status(t.Context(), credentials.StatusQuery{Entry: credentials.StatusEntry{Type: credentials.AccreditationEntryType, Accreditation: "x"}})
	if problem, told := errors.AsType[*credentials.ProblemError](err); !told || problem.Problem.Type != credentials.ProblemStatusRetrieval {
		t.Errorf("error %v", err)
	}
}

// switchedOff is a ledger that answers nothing.
type switchedOff struct{ listLedger }

func (*switchedOff) Read(context.Context, func(*app.View) error) error { return errors.New("off") }
