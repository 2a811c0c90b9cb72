package trust

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// maxRecognised bounds the resources of a statement.
const maxRecognised = 32

// Recognise is a validated trust.recognise: body {of, accepted, resources}, by a center about another center; as a proposal:
// by the league about another league.
type Recognise struct {
	by        did.DID // empty: the league
	of        string
	accepted  bool
	resources []governance.Resource
	pointer   string
}

// ValidateRecognise checks the bytes of a trust.recognise. Errors are *exec.Error.
func ValidateRecognise(o *op.Operation) (*Recognise, error) {
	x := &Recognise{by: o.By}
	m := object.New(o.Body, "/body")
	of := readDID(m, "of")
	if of == o.By {
		m.Fail("of", "nobody needs to recognise itself")
	}
	x.of = string(of)
	if err := x.read(m, "/body"); err != nil {
		return nil, err
	}
	return x, nil
}

// read reads the members that operation and proposal share, and finishes m.
func (x *Recognise) read(m *object.Reader, pointer string) error {
	x.pointer = pointer
	accepted, ok := m.Any("accepted").(bool)
	if !ok {
		m.Fail("accepted", "not a boolean")
	}
	x.accepted = accepted
	for _, text := range m.Strings("resources") {
		resource := readResource(m, "resources", text)
		if slices.Contains(x.resources, resource) {
			m.Fail("resources", "not distinct")
		}
		x.resources = append(x.resources, resource)
	}
	if len(x.resources) > maxRecognised {
		m.Fail("resources", "more than "+strconv.Itoa(maxRecognised))
	}
	if accepted && len(x.resources) == 0 {
		m.Fail("resources", "empty: recognises nothing")
	}
	if err := m.Done(); err != nil {
		return object.Malformed(err)
	}
	return nil
}

// readLeague reads the name of another league as an authority.
func readLeague(m *object.Reader, own, name string) string {
	uri := m.String(name)
	other, ok := strings.CutPrefix(uri, governance.LeagueURI(""))
	if !ok || did.CheckLeague(other) != nil || other == own {
		m.Fail(name, "not the URI of another league")
	}
	return uri
}

// Authorize asks for control of an active center to which the rule table gives it. CodeNotCenter, CodeNotPermitted.
func (x *Recognise) Authorize(env *exec.Env) error {
	return authorizeCenter(env, x.by, "trust.recognise")
}

// authorizeCenter asks for control of an active center that the rule table permits an action.
func authorizeCenter(env *exec.Env, by did.DID, action string) error {
	if _, err := governance.RequireCenter(env.Store, by); err != nil {
		return err
	}
	rules, err := governance.PresentRules(env.Store)
	if err != nil {
		return err
	}
	if rules.Rule(action, governance.RoleCenter) == nil {
		return exec.Errorf(exec.CodeNotPermitted, "the rule table permits no center alone to do %s", action).At("/type")
	}
	return identity.Authorize(env, by)
}

// Apply writes the statement. CodeUnknownCenter if `of` never was a center.
func (x *Recognise) Apply(env *exec.Env) error {
	if err := x.Check(env); err != nil {
		return err
	}
	return x.state(env, string(x.by), env.Op.ID)
}

// Check and Execute make a Recognise what a proposal does.
func (x *Recognise) Check(env *exec.Env) error {
	if x.by == "" {
		return nil
	}
	c, err := governance.Get(env.Store, did.DID(x.of))
	if err == nil && c == nil {
		err = exec.Errorf(exec.CodeUnknownCenter, "%s: no center", x.of).At(x.pointer + "/of")
	}
	return err
}

// Execute writes the statement as the league's.
func (x *Recognise) Execute(env *exec.Env, m exec.Mandate) error {
	return x.state(env, governance.LeagueURI(env.League), m.ID)
}

// state writes the statement, and keeps the one before it.
func (x *Recognise) state(env *exec.Env, by string, id op.ID) error {
	next := &Recognition{
		By: by, Of: x.of, Accepted: x.accepted, Resources: x.resources, Since: env.Block.Time, Height: env.Block.Height, ID: id, N: 1,
	}
	present, err := GetRecognition(env.Store, by, x.of)
	if err != nil {
		return err
	}
	if present != nil {
		next.N = present.N + 1
		present.Until = next.Since
		if err := present.put(env.Store, present.supersededKey()); err != nil {
			return err
		}
	}
	env.Emit(exec.Event{
		Type:     "trust.recognised",
		Subjects: []string{exec.SubjectTrust(did.DID(by)), exec.SubjectTrust(did.DID(x.of))},
		Attributes: []exec.Attribute{
			{Name: "by", Value: by}, {Name: "of", Value: x.of}, {Name: "accepted", Value: strconv.FormatBool(x.accepted)},
		},
	})
	return next.put(env.Store, RecognitionKey(by, x.of))
}

func (x *Recognition) put(s exec.Store, key []byte) error {
	data, err := x.encode()
	if err != nil {
		return err
	}
	s.Set(key, data)
	return nil
}
