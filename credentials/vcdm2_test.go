package credentials

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
)

// modelCases are cases of the W3C's test suite for the VC Data Model 2.0, each told by its difference from a base.
type modelCases struct {
	Base     map[string]any            `json:"base"`
	OK, Fail map[string]map[string]any // name → members to set; null takes a member away
}

func readModelCases(t *testing.T) modelCases {
	t.Helper()
	data, err := os.ReadFile("testdata/vcdm2-cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases modelCases
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases.OK) < 30 || len(cases.Fail) < 43 {
		t.Fatalf("%d good and %d bad cases", len(cases.OK), len(cases.Fail))
	}
	return cases
}

func TestEveryFormIssuesAndVerifiesWhatTheDataModelAllows(t *testing.T) {
	cases := readModelCases(t)
	everyForm(t, func(t *testing.T, issuer *Issuer) {
		for name, change := range cases.OK {
			credential := edited(edited(cases.Base, map[string]any{"issuer": issuer.DID.String()}), change)
			secured, err := issuer.Issue(t.Context(), credential)
			if err != nil {
				if _, undirected := change["name"].(map[string]any)["@direction"]; undirected && !issuer.signsBytes() {
					continue // a base direction has no place in RDF: it would go unsigned
				}
				t.Errorf("%s: %v", name, err)
				continue
			}
			report := verify(t, newVerifier(), shown(t, issuer, secured).Body)
			for _, id := range []CheckID{CheckParse, CheckDataModel, CheckIssuer, CheckSignature} {
				if c, _ := report.Check(id); c.Outcome != Pass {
					t.Errorf("%s: %s is %s: %+v", name, id, c.Outcome, c.Problem)
				}
			}
		}
	})
}

func TestEveryFormRefusesWhatTheDataModelForbids(t *testing.T) {
	cases := readModelCases(t)
	everyForm(t, func(t *testing.T, issuer *Issuer) {
		for name, change := range cases.Fail {
			credential := edited(edited(cases.Base, map[string]any{"issuer": issuer.DID.String()}), change)
			_, err := issuer.Issue(t.Context(), credential)
			if _, refused := errors.AsType[*ProblemError](err); !refused {
				t.Errorf("%s is issued: %v", name, err)
			}
			secured, possible := secureAnyway(t, issuer, credential)
			if !possible {
				continue
			}
			report := verify(t, newVerifier(), secured.Body)
			if report.Decision != Reject || !slices.ContainsFunc(report.Checks, func(c Check) bool {
				return c.Outcome == Fail && (c.ID == CheckParse || c.ID == CheckDataModel)
			}) {
				t.Errorf("%s is taken from others: %s", name, toText(report))
			}
		}
	})
}

// signsBytes reports whether what is signed is the document as it is written, and not what it means as RDF.
func (i *Issuer) signsBytes() bool {
	return i.Form != FormECDSASD && !strings.Contains(string(i.Form), "-rdfc-")
}
