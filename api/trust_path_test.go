package api

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/did"
)

func TestAPathLeadsFromTheIssuerToTheLeague(t *testing.T) {
	d := startDiet(t, ledgertest.Options{})
	d.accredit(t)
	path := d.path(t)
	if path["held"] != true || path["at"] != instant(d.clock.Now()) || path["why"] != nil || path["height"] != float64(d.head(t)) {
		t.Errorf("path %v", path)
	}
	var hops []any
	for _, item := range path["hops"].([]any) {
		hop := item.(map[string]any)
		hops = append(hops, []any{hop["id"], hop["authority"], hop["authorityName"], hop["subject"], hop["action"], hop["resource"], hop["state"]})
	}
	want := []any{
		[]any{d.toUniverse.String(), string(d.ministry.DID), nil, string(d.university.DID), "issue", "type:Diploma", "active"},
		[]any{d.toMinistry.String(), string(d.aachen.DID), "aachen", string(d.ministry.DID), "accredit", "type:Diploma", "active"},
		[]any{nil, "urn:hanse:league:test", "test", string(d.aachen.DID), "accredit", "prefix:", "active"},
	}
	if diff := cmp.Diff(want, hops); diff != "" {
		t.Error(diff)
	}
	for name, test := range map[string]struct {
		query []string
		held  bool
		why   any
	}{
		"by resource":             {[]string{"issuer", string(d.university.DID), "resource", "type:Diploma"}, true, nil},
		"another type":            {[]string{"issuer", string(d.university.DID), "type", "Licence"}, false, "noAccreditation"},
		"another action":          {[]string{"issuer", string(d.university.DID), "type", "Diploma", "action", "verify"}, false, "noAccreditation"},
		"the ministry accredits":  {[]string{"issuer", string(d.ministry.DID), "type", "Diploma", "action", "accredit"}, true, nil},
		"a center accredits":      {[]string{"issuer", string(d.brugge.DID), "type", "Diploma", "action", "accredit"}, true, nil},
		"nobody":                  {[]string{"issuer", "did:web:mill.example", "type", "Diploma"}, false, "noAccreditation"},
		"by its authority":        {[]string{"issuer", string(d.university.DID), "type", "Diploma", "authority", string(d.aachen.DID)}, true, nil},
		"not by that authority":   {[]string{"issuer", string(d.university.DID), "type", "Diploma", "authority", string(d.brugge.DID)}, false, "otherAuthority"},
		"too deep":                {[]string{"issuer", string(d.university.DID), "type", "Diploma", "maxDepth", "1"}, false, "pathTooLong"},
		"deep enough":             {[]string{"issuer", string(d.university.DID), "type", "Diploma", "maxDepth", "2"}, true, nil},
		"accepted center by name": {[]string{"issuer", string(d.university.DID), "type", "Diploma", "center", "aachen"}, true, nil},
		"accepted center by DID":  {[]string{"issuer", string(d.university.DID), "type", "Diploma", "center", string(d.aachen.DID)}, true, nil},
		"recognised by another":   {[]string{"issuer", string(d.university.DID), "type", "Diploma", "center", "brugge"}, true, nil},
		"before it was given":     {[]string{"issuer", string(d.university.DID), "type", "Diploma", "at", instant(d.clock.Now().Add(-time.Second))}, false, "noAccreditation"},
	} {
		t.Run(name, func(t *testing.T) {
			got := d.get(t, "/v1/trust/path", test.query...)
			if got["held"] != test.held || got["why"] != test.why {
				t.Errorf("path %v", got)
			}
		})
	}
	d.league.Act(t, d.brugge, "trust.recognise", map[string]any{"of": string(d.aachen.DID), "accepted": false, "resources": []any{"prefix:"}})
	if got := d.path(t, "center", "brugge"); got["held"] != false || got["why"] != "centerNotAccepted" {
		t.Errorf("path %v", got)
	}
	if got := d.path(t, "center", "brugge", "center", "aachen"); got["held"] != true {
		t.Errorf("path %v", got)
	}
}

func TestARevocationSaysWhatOfThePastStays(t *testing.T) {
	for reason, stays := range map[trust.Reason]bool{trust.Affiliation: true, trust.Fraud: false} {
		t.Run(string(reason), func(t *testing.T) {
			d := startDiet(t, ledgertest.Options{})
			d.accredit(t)
			before := d.pass(t, 24*time.Hour)
			d.pass(t, 24*time.Hour)
			d.league.Revoke(t, d.aachen, d.toMinistry, reason)
			now := d.path(t)
			hops := now["hops"].([]any)
			last := hops[len(hops)-1].(map[string]any)
			if now["held"] != false || now["why"] != "accreditationInvalid" || last["id"] != d.toMinistry.String() || last["state"] != "revoked" || last["reason"] != string(reason) {
				t.Errorf("now: %v", now)
			}
			if then := d.path(t, "at", instant(before)); then["held"] != stays || then["at"] != instant(before) {
				t.Errorf("then: %v", then)
			}
		})
	}
}

func TestWhatExpiresHoldsNoLongerThoughNoBlockWasMade(t *testing.T) {
	d := startDiet(t, ledgertest.Options{})
	until := d.clock.Now().Add(time.Hour)
	issuer := did.DID("did:web:issuer.example")
	id := d.league.Accredit(t, d.aachen, issuer, trust.Issue, diploma, map[string]any{"validUntil": until.Unix()})
	ask := func(query ...string) any {
		return d.get(t, "/v1/trust/path", append([]string{"issuer", string(issuer), "type", "Diploma"}, query...)...)["held"]
	}
	if ask() != true {
		t.Error("not held while it is valid")
	}
	height := d.head(t)
	d.clock.Advance(2 * time.Hour)
	if ask() != false || d.head(t) != height {
		t.Error("held after its end")
	}
	if ask("at", instant(until.Add(-time.Second))) != true || ask("at", instant(until)) != false {
		t.Error("its end is not where it was said to be")
	}
	if right := d.get(t, "/v1/accreditations/"+id.String()); right["state"] != "expired" || right["held"] != false || right["validUntil"] != instant(until) {
		t.Errorf("expired %v", right)
	}
}
