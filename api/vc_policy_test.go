package api

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did/jcs"
)

// policyValue is a policy as a request says it.
func policyValue(p *credentials.Policy) map[string]any {
	value := map[string]any{
		"requireAccreditation": p.RequireAccreditation, "acceptedCenters": p.Centers, "types": p.Types,
		"requireLinkedDomain": p.RequireLinkedDomain, "linkedDomains": p.LinkedDomains, "forms": p.Forms, "algorithms": p.Algorithms,
		"issuers": p.Issuers, "requireStatus": p.RequireStatus, "requireHolderBinding": p.RequireHolder, "requireSchema": p.RequireSchema,
		"schema": p.Schema,
	}
	if p.MaxStatusAge > 0 {
		value["maxStatusAge"] = int(p.MaxStatusAge / time.Second)
	}
	if p.MaxDepth > 0 {
		value["maxDepth"] = p.MaxDepth
	}
	if p.Jurisdiction != "" {
		value["jurisdiction"] = p.Jurisdiction
	}
	for name, member := range value {
		if data, _ := json.Marshal(member); string(data) == "null" {
			delete(value, name)
		}
	}
	return value
}

func readPolicyText(text []byte) (*credentials.Policy, error) {
	value, err := jcs.Parse(text, jcs.Limits{})
	if err != nil {
		return nil, err
	}
	return readPolicy(&options{values: map[string]any{"policy": value}}, credentials.Policy{})
}

func FuzzPolicy(f *testing.F) {
	f.Add([]byte(`{"requireAccreditation":true,"acceptedCenters":["did:web:a.example"],"types":["Diploma"],"maxDepth":3,"jurisdiction":"DE-BY"}`))
	f.Add([]byte(`{"requireLinkedDomain":true,"linkedDomains":["https://a.example"]}`))
	f.Add([]byte(`{"forms":["vc+jwt"],"algorithms":["EdDSA"],"issuers":["did:web:a.example"],"maxStatusAge":60,"requireStatus":true}`))
	f.Add([]byte(`{"requireHolderBinding":true,"requireSchema":true,"schema":{"type":"object"}}`))
	f.Add([]byte(`{"maxDepth":1e2,"types":[7]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := readPolicyText(text)
		if err != nil {
			return
		}
		if err := p.Check(); err != nil {
			t.Fatalf("a policy that cannot be used was read: %v", err)
		}
		again, err := json.Marshal(policyValue(p))
		ok(t, err)
		read, err := readPolicyText(again)
		if err != nil {
			t.Fatalf("%s: %v", again, err)
		}
		if diff := cmp.Diff(p, read, cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
	})
}

// Who verifies without a center is told which member is wrong, too.
func TestPoliciesThatCannotBeReadNameTheMember(t *testing.T) {
	for want, members := range map[string]map[string]any{
		"isuers: unknown member":            {"isuers": []any{"did:web:a.example"}},
		"requireStatus: ":                   {"requireStatus": "yes"},
		`form "vc+xyz" is not known; known`: {"forms": []any{"vc+xyz"}},
	} {
		if _, err := ParsePolicy(members, credentials.Policy{}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
}
