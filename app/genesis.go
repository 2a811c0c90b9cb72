package app

import (
	"bytes"
	"fmt"
	"iter"
	"slices"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/state"
	"github.com/hanse-id/hanse/did"
)

// Genesis is the app state of a league's genesis file (JSON, JCS when assembled). The file names every member. A Genesis
// made in Go may leave out Profile and Rules: see WithDefaults, which everything that reads them applies.
type Genesis struct {
	League  string             `json:"league"`
	Profile governance.Profile `json:"profile"` // "": consortium, or private where there is one center
	Params  exec.Params        `json:"params"`
	Rules   []governance.Rule  `json:"rules"` // in any order; nil: governance.DefaultRules()
	Centers []GenesisCenter    `json:"centers"`
}

// WithDefaults returns g with a profile and a rule table, where it names none.
func (g *Genesis) WithDefaults() *Genesis {
	full := *g
	if full.Profile == "" {
		full.Profile = governance.Consortium
		if len(g.Centers) == 1 {
			full.Profile = governance.Private
		}
	}
	if full.Rules == nil {
		full.Rules = governance.DefaultRules()
	}
	return &full
}

// GenesisCenter is a center's descriptor: `hanse init` writes it, `hanse genesis assemble` collects it.
type GenesisCenter struct {
	Name      string         `json:"name"`      // lower-case letters, digits and inner '-', at most 32
	Create    map[string]any `json:"create"`    // did.create body: the center's DID follows from league and this
	Validator string         `json:"validator"` // Ed25519 multikey
	Power     int64          `json:"power"`
	Sponsors  []string       `json:"sponsors"` // 1 to 8 Ed25519 multikeys, none of them used elsewhere
	API       string         `json:"api"`      // public URL
}

// CenterDID is the DID a descriptor gives in a league.
func CenterDID(league string, c GenesisCenter) (did.DID, error) {
	return op.CreatedDID(league, c.Create)
}

// Validate checks a genesis completely (names, keys unique, DIDs valid, parameters in bounds).
func (g *Genesis) Validate() error {
	if err := did.CheckLeague(g.League); err != nil {
		return err
	}
	if err := g.Params.Validate(); err != nil {
		return err
	}
	full := g.WithDefaults()
	if err := full.Profile.Check(); err != nil {
		return fmt.Errorf("genesis: %w", err)
	}
	if err := governance.CheckRules(full.Rules); err != nil {
		return fmt.Errorf("genesis: %w", err)
	}
	if n := int64(len(g.Centers)); n == 0 || n > g.Params.MaxCenters || n < g.Params.MinCenters {
		return fmt.Errorf("genesis: %d centers, %d to %d expected", n, max(1, g.Params.MinCenters), g.Params.MaxCenters)
	}
	used := uses{} // every name, DID and key, and who has it
	for _, c := range g.Centers {
		if err := c.validate(g, used); err != nil {
			return fmt.Errorf("genesis: center %q: %w", c.Name, err)
		}
	}
	return nil
}

// uses says who has a name, DID or key: none may be used twice, neither by two centers nor for two purposes.
type uses map[string]string

func (u uses) claim(what, center string) error {
	if other, taken := u[what]; taken {
		return fmt.Errorf("%s is used twice, first by %q", what, other)
	}
	u[what] = center
	return nil
}

func (c *GenesisCenter) validate(g *Genesis, used uses) error {
	for _, err := range [...]error{
		governance.CheckName(c.Name), governance.CheckAPI(c.API), governance.CheckPower(c.Power),
		governance.CheckKey(c.Validator), governance.CheckSponsors(c.Sponsors),
	} {
		if err != nil {
			return err
		}
	}
	create, err := identity.ValidateGenesis(g.League, c.Create, g.Params)
	if err != nil {
		return fmt.Errorf("create: %w", err)
	}
	for _, what := range [...]string{"name " + c.Name, string(create.DID())} {
		if err := used.claim(what, c.Name); err != nil {
			return err
		}
	}
	return c.claimKeys(create.Document(), used)
}

// claimKeys keeps the validator key, sponsor keys and the keys of all centers' documents apart (`ledger.md` 5, 11). Within
// one document a key may stand in several forms.
func (c *GenesisCenter) claimKeys(doc *did.Document, used uses) error {
	var own []string
	for _, m := range doc.VerificationMethod {
		key, err := m.Key()
		if err != nil {
			return fmt.Errorf("create: %s: %w", m.ID, err)
		}
		if text := key.Multikey(); !slices.Contains(own, text) {
			own = append(own, text)
		}
	}
	for _, text := range slices.Concat([]string{c.Validator}, c.Sponsors, own) {
		if err := used.claim(text, c.Name); err != nil {
			return err
		}
	}
	return nil
}

// apply writes the genesis state. The order of centers does not matter.
func (g *Genesis) apply(s exec.Store) error {
	full := g.WithDefaults()
	if err := governance.PutLeague(s, g.League, full.Profile); err != nil {
		return err
	}
	if err := governance.PutParams(s, g.Params); err != nil {
		return err
	}
	if err := governance.PutRules(s, full.Rules); err != nil {
		return err
	}
	centers := make([]governance.Center, len(g.Centers))
	for i, c := range g.Centers {
		create, err := identity.ValidateGenesis(g.League, c.Create, g.Params)
		if err != nil {
			return err
		}
		if err := create.ApplyGenesis(s, c.Create); err != nil {
			return err
		}
		centers[i] = governance.Center{
			Name: c.Name, DID: create.DID(), Validator: c.Validator, Power: c.Power, Sponsors: c.Sponsors, API: c.API,
		}
	}
	return governance.Found(s, centers)
}

// genesisReader is the state before the first Commit, in key order. It never changes, so any number of readers may use it,
// also after the first Commit: a view keeps what it was opened over.
type genesisReader []state.KV

func readGenesis(block *state.Block) genesisReader {
	var r genesisReader
	for key, value := range block.Range(nil, nil) {
		r = append(r, state.KV{Key: slices.Clone(key), Value: slices.Clone(value)})
	}
	return r
}

func (r genesisReader) find(key []byte) (int, bool) {
	return slices.BinarySearchFunc(r, key, func(kv state.KV, key []byte) int { return bytes.Compare(kv.Key, key) })
}

// Get returns the value of key, nil if absent.
func (r genesisReader) Get(key []byte) []byte {
	if i, found := r.find(key); found {
		return r[i].Value
	}
	return nil
}

// Range iterates start ≤ key < end in byte order; a nil end is unbounded.
func (r genesisReader) Range(start, end []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func([]byte, []byte) bool) {
		for i, _ := r.find(start); i < len(r); i++ {
			if end != nil && bytes.Compare(r[i].Key, end) >= 0 || !yield(r[i].Key, r[i].Value) {
				return
			}
		}
	}
}
