package app

import (
	"fmt"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/did/jcs"
)

// A genesis is read as strictly as an operation: centers must agree on its every byte. These methods stand in for
// encoding/json's reflection, which folds case, keeps the last of two members and makes floats of numbers.

var genesisLimits = jcs.Limits{MaxBytes: 8 << 20, MaxDepth: 20}

// ParseGenesis reads the JSON form of a genesis, without Validate. Unknown and duplicate members are refused.
func ParseGenesis(data []byte) (*Genesis, error) {
	members, err := parseObject(data)
	if err != nil {
		return nil, fmt.Errorf("genesis: %w", err)
	}
	m := object.New(members, "")
	g := &Genesis{League: m.String("league"), Profile: governance.Profile(m.String("profile"))}
	params, rules, centers := m.Object("params"), m.List("rules"), m.List("centers")
	if err := m.Done(); err != nil {
		return nil, fmt.Errorf("genesis: %w", err)
	}
	if g.Params, err = exec.ParseParams(params); err != nil {
		return nil, fmt.Errorf("genesis: %w", err)
	}
	if g.Rules, err = governance.ReadRules(rules, "/rules"); err != nil {
		return nil, fmt.Errorf("genesis: %w", err)
	}
	for i, item := range centers {
		members, _ := item.(map[string]any)
		c, err := readCenter(members)
		if err != nil {
			return nil, fmt.Errorf("genesis: center %d: %w", i, err)
		}
		g.Centers = append(g.Centers, *c)
	}
	return g, nil
}

func parseObject(data []byte) (map[string]any, error) {
	value, err := jcs.ParseIntegers(data, genesisLimits)
	if err != nil {
		return nil, err
	}
	members, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("not an object")
	}
	return members, nil
}

func readCenter(members map[string]any) (*GenesisCenter, error) {
	m := object.New(members, "")
	c := &GenesisCenter{
		Name:      m.String("name"),
		Create:    m.Object("create"),
		Validator: m.String("validator"),
		Power:     m.Int("power"),
		Sponsors:  m.Strings("sponsors"),
		API:       m.String("api"),
	}
	return c, m.Done()
}

// Canonical returns the JCS form of g, with defaults spelled out and the rules in their order.
func (g *Genesis) Canonical() ([]byte, error) {
	g = g.WithDefaults()
	centers := make([]any, len(g.Centers))
	for i := range g.Centers {
		centers[i] = g.Centers[i].value()
	}
	return jcs.Encode(map[string]any{
		"league": g.League, "profile": string(g.Profile), "params": g.Params.Value(),
		"rules": governance.RulesValue(governance.SortedRules(g.Rules)), "centers": centers,
	})
}

func (c *GenesisCenter) value() map[string]any {
	create := c.Create
	if create == nil {
		create = map[string]any{}
	}
	return map[string]any{
		"name": c.Name, "create": create, "validator": c.Validator, "power": c.Power, "sponsors": object.Texts(c.Sponsors), "api": c.API,
	}
}

// UnmarshalJSON reads a genesis as ParseGenesis does, MarshalJSON writes its JCS form.
func (g *Genesis) UnmarshalJSON(data []byte) error {
	read, err := ParseGenesis(data)
	if err == nil {
		*g = *read
	}
	return err
}

// MarshalJSON writes the JCS form.
func (g Genesis) MarshalJSON() ([]byte, error) { return g.Canonical() }

// UnmarshalJSON reads a center descriptor as strictly as a genesis.
func (c *GenesisCenter) UnmarshalJSON(data []byte) error {
	members, err := parseObject(data)
	if err != nil {
		return fmt.Errorf("center: %w", err)
	}
	read, err := readCenter(members)
	if err != nil {
		return fmt.Errorf("center: %w", err)
	}
	*c = *read
	return nil
}

// MarshalJSON writes the JCS form.
func (c GenesisCenter) MarshalJSON() ([]byte, error) { return jcs.Encode(c.value()) }
