package governance

import (
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/internal/object"
)

// paramsChange is the act params.change: content {params: {name: value}}, some of the ledger parameters. What the others are
// is not touched, so two changes of different parameters do not undo each other. It takes effect in the next block.
type paramsChange struct {
	values map[string]any
}

func readParamsChange(m *object.Reader) (Act, error) {
	a := &paramsChange{values: m.Object("params")}
	if err := m.Done(); err != nil {
		return nil, object.Malformed(err)
	}
	m = object.New(a.values, contentPointer+"/params")
	specs := exec.ParamSpecs()
	for _, s := range specs {
		if !m.Has(s.Name) {
			continue
		}
		if v := m.Int(s.Name); v < s.Min || v > s.Max {
			m.Fail(s.Name, "out of bounds")
		}
	}
	if err := m.Done(); err != nil {
		return nil, object.Malformed(err)
	}
	if len(a.values) == 0 {
		return nil, exec.Errorf(exec.CodeMalformed, "params: names none").At(contentPointer + "/params")
	}
	return a, nil
}

// Check asks for a set of parameters that is valid as a whole.
func (a *paramsChange) Check(env *exec.Env) error {
	_, err := a.changed(env)
	return err
}

// Before is what the parameters are now that the act would change.
func (a *paramsChange) Before(env *exec.Env) (map[string]any, error) {
	present, err := Params(env.Store)
	if err != nil {
		return nil, err
	}
	now, before := present.Value(), map[string]any{}
	for _, name := range object.Names(a.values) {
		before[name] = now[name]
	}
	return map[string]any{"params": before}, nil
}

// Execute writes the parameters.
func (a *paramsChange) Execute(env *exec.Env, m exec.Mandate) error {
	changed, err := a.changed(env)
	if err != nil {
		return err
	}
	if err := PutParams(env.Store, changed); err != nil {
		return err
	}
	env.Emit(exec.Event{
		Type: "params.changed", Subjects: []string{exec.SubjectParams},
		Attributes: []exec.Attribute{{Name: "cause", Value: causeProposal(m.Proposal)}},
	})
	return nil
}

// changed merges the act into the present parameters, which are not those of env if this block changed them already.
func (a *paramsChange) changed(env *exec.Env) (exec.Params, error) {
	present, err := Params(env.Store)
	if err != nil {
		return exec.Params{}, err
	}
	merged := present.Value()
	for _, name := range object.Names(a.values) {
		merged[name] = a.values[name]
	}
	changed, err := exec.ParseParams(merged)
	if err != nil {
		return exec.Params{}, exec.Errorf(exec.CodeWrongState, "%v", err).At(contentPointer + "/params")
	}
	return changed, nil
}
