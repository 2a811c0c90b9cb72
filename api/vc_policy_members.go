package api

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
)

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
	if len(list) == 0 { // names nothing that would be taken, or asks for nothing: nobody can tell
		m.refuse(name, "must not be empty")
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

func (m *policyMembers) count(name string, most int, to *int) {
	value, given := m.take(name)
	if !given {
		return
	}
	text, _ := value.(json.Number)
	n, err := strconv.Atoi(text.String())
	if *to = n; err != nil || n < 1 || n > most {
		m.refuse(name, "must be an integer from 1 to "+strconv.Itoa(most))
	}
}

// seconds reads a duration of whole seconds.
func (m *policyMembers) seconds(name string, to *time.Duration) {
	if _, given := m.take(name); !given {
		return
	}
	n := 0
	m.count(name, maxPolicyAge, &n)
	*to = time.Duration(n) * time.Second
}

// object reads a member that is an object, as the text that says it.
func (m *policyMembers) object(name string, to *json.RawMessage) {
	value, given := m.take(name)
	if !given {
		return
	}
	object, ok := value.(map[string]any)
	if !ok {
		m.refuse(name, "must be an object")
		return
	}
	text, err := jcs.Marshal(object)
	if err != nil {
		m.refuse(name, err.Error())
	}
	*to = text
}

// policyNames reads a list of names of a kind. Whether each is known is checked with the whole policy.
func policyNames[T ~string](m *policyMembers, name string, to *[]T) {
	var list []string
	if _, given := m.take(name); !given {
		return
	}
	m.texts(name, &list)
	*to = make([]T, len(list))
	for i, text := range list {
		(*to)[i] = T(text)
	}
}
