package governance

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/internal/object"
)

const planKey = "g/u"

// Bounds of an upgrade plan.
const (
	maxPlanName  = 64
	maxPlatforms = 16
	maxPlatform  = 32
)

// Plan is an upgrade the league decided on: from Height on, only binaries of MinVersion or later take part.
type Plan struct {
	Name       string            `json:"name"`
	Height     int64             `json:"height"`
	MinVersion string            `json:"minVersion"` // "1.2.3"
	Digests    map[string]string `json:"digests"`    // platform ("linux/amd64") → SHA-256 of the binary, hexadecimal
	Proposal   int64             `json:"proposal"`
}

// PlanKey is the state key of the upgrade plan.
func PlanKey() []byte { return []byte(planKey) }

// PresentPlan reads the upgrade plan, which stays after its height has passed; nil if there is none.
func PresentPlan(r exec.Reader) (*Plan, error) {
	data := r.Get([]byte(planKey))
	if data == nil {
		return nil, nil
	}
	p, _, err := decodePlan(data)
	return p, err
}

// PlanAt reads the plan in force at a height: the present one from its height on, until then the one before; nil if there is
// none.
func PlanAt(r exec.Reader, height int64) (*Plan, error) {
	data := r.Get([]byte(planKey))
	if data == nil {
		return nil, nil
	}
	p, former, err := decodePlan(data)
	if err != nil {
		return nil, err
	}
	if height < p.Height {
		return former, nil // its height had passed when p was made
	}
	return p, nil
}

// decodePlan reads the record, and in it the plan before, whose height had passed: it holds again if the new one is cancelled.
func decodePlan(data []byte) (p, former *Plan, err error) {
	m, err := object.Parse(data)
	if err != nil {
		return nil, nil, fmt.Errorf("upgrade plan: %w", err)
	}
	before := m.OptObject("former")
	p = readPlanMembers(m)
	p.Proposal = m.Int("proposal")
	if err := m.Done(); err != nil {
		return nil, nil, fmt.Errorf("upgrade plan: %w", err)
	}
	if before == nil {
		return p, nil, nil
	}
	m = object.New(before, "/former")
	former = readPlanMembers(m)
	former.Proposal = m.Int("proposal")
	if err := m.Done(); err != nil {
		return nil, nil, fmt.Errorf("upgrade plan: %w", err)
	}
	return p, former, nil
}

func (p *Plan) value() map[string]any {
	digests := map[string]any{}
	for _, platform := range slices.Sorted(maps.Keys(p.Digests)) {
		digests[platform] = p.Digests[platform]
	}
	return map[string]any{
		"name": p.Name, "height": p.Height, "minVersion": p.MinVersion, "digests": digests, "proposal": p.Proposal,
	}
}

func putPlan(s exec.Store, p, former *Plan) error {
	value := p.value()
	if former != nil {
		value["former"] = former.value()
	}
	return putValue(s, planKey, value)
}

// plan is the act upgrade.plan: content {name, height, minVersion, digests}.
type plan struct{ plan Plan }

func readPlan(m *object.Reader) (Act, error) {
	p := readPlanMembers(m)
	if err := m.Done(); err != nil {
		return nil, object.Malformed(err)
	}
	return &plan{*p}, nil
}

// readPlanMembers reads the members that content and record share.
func readPlanMembers(m *object.Reader) *Plan {
	p := &Plan{Name: m.String("name"), Height: m.Int("height"), MinVersion: m.String("minVersion"), Digests: map[string]string{}}
	digests := m.Object("digests")
	if p.Name == "" || len(p.Name) > maxPlanName || strings.Trim(p.Name, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" {
		m.Fail("name", fmt.Sprintf("not 1 to %d lower-case letters, digits, '-' and '.'", maxPlanName))
	}
	if p.Height < 1 {
		m.Fail("height", "below 1")
	}
	if v, err := ParseVersion(p.MinVersion); err != nil || v.text() != p.MinVersion {
		m.Fail("minVersion", "not a version such as 1.2.3")
	}
	if len(digests) > maxPlatforms {
		m.Fail("digests", fmt.Sprintf("more than %d platforms", maxPlatforms))
	}
	for _, platform := range object.Names(digests) {
		digest, _ := digests[platform].(string)
		raw, err := hex.DecodeString(digest)
		if err != nil || len(raw) != 32 || hex.EncodeToString(raw) != digest || len(platform) > maxPlatform ||
			strings.Trim(platform, "abcdefghijklmnopqrstuvwxyz0123456789-_/") != "" || platform == "" {
			m.Fail("digests", "not platforms with SHA-256 digests in lower-case hexadecimal")
		}
		p.Digests[platform] = digest
	}
	return p
}

// Check asks for a height to come, and for no other plan to be waiting.
func (a *plan) Check(env *exec.Env) error {
	if a.plan.Height <= env.Block.Height {
		return exec.Errorf(exec.CodeWrongState, "height %d: this is block %d", a.plan.Height, env.Block.Height).At(contentPointer + "/height")
	}
	waiting, err := PresentPlan(env.Store)
	if err != nil {
		return err
	}
	if waiting != nil && waiting.Height > env.Block.Height {
		return exec.Errorf(exec.CodeExists, "upgrade %s is planned for height %d: cancel it first", waiting.Name, waiting.Height)
	}
	return nil
}

// Execute writes the plan.
func (a *plan) Execute(env *exec.Env, m exec.Mandate) error {
	former, err := PresentPlan(env.Store)
	if err != nil {
		return err
	}
	next := a.plan
	next.Proposal = m.Proposal
	emitUpgrade(env, "upgrade.planned", &next)
	return putPlan(env.Store, &next, former)
}

// cancel is the act upgrade.cancel: content {name}.
type cancel struct{ name string }

func readCancel(m *object.Reader) (Act, error) {
	a := &cancel{name: m.String("name")}
	if err := m.Done(); err != nil {
		return nil, object.Malformed(err)
	}
	return a, nil
}

// Check asks for a plan of this name whose height is to come.
func (a *cancel) Check(env *exec.Env) error {
	_, _, err := a.waiting(env)
	return err
}

// Execute removes the plan; the one before holds again.
func (a *cancel) Execute(env *exec.Env, _ exec.Mandate) error {
	p, former, err := a.waiting(env)
	if err != nil {
		return err
	}
	emitUpgrade(env, "upgrade.cancelled", p)
	if former != nil {
		return putPlan(env.Store, former, nil)
	}
	env.Store.Delete([]byte(planKey))
	return nil
}

func (a *cancel) waiting(env *exec.Env) (p, former *Plan, err error) {
	if data := env.Store.Get([]byte(planKey)); data != nil {
		if p, former, err = decodePlan(data); err != nil {
			return nil, nil, err
		}
	}
	if p == nil || p.Name != a.name || p.Height <= env.Block.Height {
		return nil, nil, exec.Errorf(exec.CodeWrongState, "upgrade %.64q: no such plan is waiting", a.name).At(contentPointer + "/name")
	}
	return p, former, nil
}

func emitUpgrade(env *exec.Env, event string, p *Plan) {
	env.Emit(exec.Event{
		Type: event, Subjects: []string{exec.SubjectUpgrade},
		Attributes: []exec.Attribute{
			{Name: "name", Value: p.Name}, {Name: "height", Value: strconv.FormatInt(p.Height, 10)},
			{Name: "minVersion", Value: p.MinVersion},
		},
	})
}
