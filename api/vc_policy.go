package api

import (
	"github.com/hanse-id/hanse/credentials"
)

// Bounds of a policy.
const (
	maxPolicyValues = 128 // of one member
	maxPolicyDepth  = 1000
	maxPolicyAge    = 10 * 365 * 24 * 3600 // seconds
)

// readPolicy reads options.policy: what the caller asks for beyond what every credential must be. What it does not name is
// as the center's own policy has it, and nothing can ask for less than that. nil where no policy is given.
func readPolicy(o *options, own credentials.Policy) (*credentials.Policy, error) {
	given, ok := o.take("policy")
	if !ok {
		return nil, nil
	}
	values, ok := given.(map[string]any)
	if !ok {
		return nil, badMember("/options/policy", "must be an object")
	}
	if err := knownMembers(values, "/options/policy", "requireAccreditation", "acceptedCenters", "types", "maxDepth", "jurisdiction",
		"requireLinkedDomain", "linkedDomains", "forms", "algorithms", "issuers", "maxStatusAge", "requireStatus", "requireHolderBinding",
		"requireSchema", "schema"); err != nil {
		return nil, err
	}
	p, m := own, policyMembers{values: values}
	m.flag("requireAccreditation", &p.RequireAccreditation)
	m.dids("acceptedCenters", &p.Centers)
	m.texts("types", &p.Types)
	m.count("maxDepth", maxPolicyDepth, &p.MaxDepth)
	m.text("jurisdiction", &p.Jurisdiction)
	m.flag("requireLinkedDomain", &p.RequireLinkedDomain)
	m.texts("linkedDomains", &p.LinkedDomains)
	policyNames(&m, "forms", &p.Forms)
	policyNames(&m, "algorithms", &p.Algorithms)
	m.texts("issuers", &p.Issuers)
	m.seconds("maxStatusAge", &p.MaxStatusAge)
	m.flag("requireStatus", &p.RequireStatus)
	m.flag("requireHolderBinding", &p.RequireHolder)
	m.flag("requireSchema", &p.RequireSchema)
	m.object("schema", &p.Schema)
	if m.err != nil {
		return nil, m.err
	}
	if err := p.Check(); err != nil {
		return nil, badMember("/options/policy", err.Error())
	}
	if err := p.Within(own); err != nil {
		return nil, badMember("/options/policy", "this center's own policy is stricter: "+err.Error())
	}
	return &p, nil
}
