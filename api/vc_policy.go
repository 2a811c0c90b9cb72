package api

import (
	"encoding/json"
	"strconv"

	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
)

// Bounds of a policy.
const (
	maxPolicyValues = 128 // of one member
	maxPolicyDepth  = 1000
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
		"requireLinkedDomain", "linkedDomains"); err != nil {
		return nil, err
	}
	p, m := own, policyMembers{values: values}
	m.flag("requireAccreditation", &p.RequireAccreditation)
	m.dids("acceptedCenters", &p.Centers)
	m.texts("types", &p.Types)
	m.count("maxDepth", &p.MaxDepth)
	m.text("jurisdiction", &p.Jurisdiction)
	m.flag("requireLinkedDomain", &p.RequireLinkedDomain)
	m.texts("linkedDomains", &p.LinkedDomains)
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

// policyMembers reads the members of a policy and keeps the first mistake.
type policyMembers struct {
	values map[string]any
	err    error
}

// take returns a member that is given, unless there was a mistake before.
func (m *policyMembers) take(name string) (any, bool) {
	value, given := m.values[name]
	return value, given && m.err == nil
}

func (m *policyMembers) refuse(name, detail string) {
	m.err = badMember("/options/policy/"+name, detail)
}

func (m *policyMembers) flag(name string, to *bool) {
	value, given := m.take(name)
	if !given {
		return
	}
	var ok bool
	if *to, ok = value.(bool); !ok {
		m.refuse(name, "must be a boolean")
	}
}

func (m *policyMembers) text(name string, to *string) {
	value, given := m.take(name)
	if !given {
		return
	}
	if *to, _ = value.(string); *to == "" {
		m.refuse(name, "must be a non-empty string")
	}
}

func (m *policyMembers) texts(name string, to *[]string) {
	value, given := m.take(name)
	if !given {
		return
	}
	list, ok := value.([]any)
	if !ok || len(list) > maxPolicyValues {
		m.refuse(name, "must be a list of at most "+strconv.Itoa(maxPolicyValues)+" strings")
		return
	}
	*to = make([]string, len(list))
	for i, item := range list {
		if (*to)[i], _ = item.(string); (*to)[i] == "" {
			m.refuse(name+"/"+strconv.Itoa(i), "must be a non-empty string")
			return
		}
	}
}

func (m *policyMembers) dids(name string, to *[]did.DID) {
	var list []string
	if _, given := m.take(name); !given {
		return
	}
	m.texts(name, &list)
	*to = make([]did.DID, len(list))
	for i, text := range list {
		var err error
		if (*to)[i], err = did.Parse(text); err != nil && m.err == nil {
			m.refuse(name+"/"+strconv.Itoa(i), "not a DID")
		}
	}
}

func (m *policyMembers) count(name string, to *int) {
	value, given := m.take(name)
	if !given {
		return
	}
	text, _ := value.(json.Number)
	n, err := strconv.Atoi(text.String())
	if *to = n; err != nil || n < 1 || n > maxPolicyDepth {
		m.refuse(name, "must be an integer from 1 to "+strconv.Itoa(maxPolicyDepth))
	}
}
