package localnet

import (
	"fmt"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/parsers/toml/v2"
)

// Manifest describes a league on one machine and what happens to it. In TOML:
//
//	league = "test"
//	centers = 4
//	newcomers = 1          # homes of centers that are to be admitted later
//	idle = "500ms"
//
//	[load]
//	clients = 4            # each submits one operation after another
//	duration = "10s"
//
//	[[perturb]]
//	center = 2             # from 0
//	after = "3s"           # from the start of the load
//	action = "kill"        # kill (SIGKILL), stop (SIGTERM), pause (SIGSTOP)
//	down = "2s"            # then it is started again, or goes on
type Manifest struct {
	League    string        `mapstructure:"league"`
	Centers   int           `mapstructure:"centers"`
	Newcomers int           `mapstructure:"newcomers"`
	Idle      time.Duration `mapstructure:"idle"` // between blocks of an idle league; 0: the node's default
	Load      Load          `mapstructure:"load"`
	Perturb   []Perturb     `mapstructure:"perturb"`
}

// Load is what clients do.
type Load struct {
	Clients  int           `mapstructure:"clients"`
	Duration time.Duration `mapstructure:"duration"`
}

// Perturb is one thing that happens to one center.
type Perturb struct {
	Center int           `mapstructure:"center"`
	After  time.Duration `mapstructure:"after"`
	Action Action        `mapstructure:"action"`
	Down   time.Duration `mapstructure:"down"`
}

// Action is a kind of perturbation.
type Action string

// The actions. In one process, kill is as gentle as stop, and pause is not possible.
const (
	Kill  Action = "kill"
	Stop  Action = "stop"
	Pause Action = "pause"
)

const maxCenters = 32

// ParseManifest reads a manifest from TOML; unknown members are errors.
func ParseManifest(data []byte) (Manifest, error) {
	tree, err := toml.Parser().Unmarshal(data)
	if err != nil {
		return Manifest{}, fmt.Errorf("manifest: %w", err)
	}
	var m Manifest
	decoder, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
		Result: &m, ErrorUnused: true, DecodeHook: mapstructure.StringToTimeDurationHookFunc(),
	})
	if err != nil {
		return Manifest{}, fmt.Errorf("manifest: %w", err)
	}
	if err := decoder.Decode(tree); err != nil {
		return Manifest{}, fmt.Errorf("manifest: %w", err)
	}
	return m, m.Validate()
}

// Validate checks a manifest.
func (m Manifest) Validate() error {
	if m.Centers < 1 || m.Centers > maxCenters {
		return fmt.Errorf("manifest: %d centers, 1 to %d expected", m.Centers, maxCenters)
	}
	if m.Newcomers < 0 || m.Centers+m.Newcomers > maxCenters {
		return fmt.Errorf("manifest: %d centers and %d newcomers, at most %d expected", m.Centers, m.Newcomers, maxCenters)
	}
	for i, p := range m.Perturb {
		if p.Center < 0 || p.Center >= m.Centers+m.Newcomers {
			return fmt.Errorf("manifest: perturbation %d: there is no center %d", i, p.Center)
		}
		switch p.Action {
		case Kill, Stop, Pause:
		default:
			return fmt.Errorf("manifest: perturbation %d: unknown action %q", i, p.Action)
		}
	}
	return nil
}
