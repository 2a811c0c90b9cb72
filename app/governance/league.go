package governance

import (
	"errors"
	"fmt"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/did/jcs"
)

const (
	leagueKey = "g/league"
	paramsKey = "g/params"
)

// Profile is what a league promises to its members and to others (DESIGN.md); chosen at genesis, the same code.
type Profile string

// The profiles: several operators; one; several whose ledger anyone may read and mirror.
const (
	Consortium Profile = "consortium"
	Private    Profile = "private"
	Hybrid     Profile = "hybrid"
)

// Check says whether p is one of the profiles.
func (p Profile) Check() error {
	if p != Consortium && p != Private && p != Hybrid {
		return fmt.Errorf("profile %.32q is none of %s, %s, %s", p, Consortium, Private, Hybrid)
	}
	return nil
}

// LeagueURI is the league as an authority: "urn:hanse:league:<id>".
func LeagueURI(league string) string { return "urn:hanse:league:" + league }

// ErrNoLeague means that the state has no genesis.
var ErrNoLeague = errors.New("state has no league")

// League reads the league id. ErrNoLeague before genesis.
func League(r exec.Reader) (string, error) {
	league, _, err := readLeague(r)
	return league, err
}

// ProfileOf reads the league's profile. ErrNoLeague before genesis.
func ProfileOf(r exec.Reader) (Profile, error) {
	_, profile, err := readLeague(r)
	return profile, err
}

func readLeague(r exec.Reader) (string, Profile, error) {
	data := r.Get([]byte(leagueKey))
	if data == nil {
		return "", "", ErrNoLeague
	}
	m, err := object.Parse(data)
	if err != nil {
		return "", "", fmt.Errorf("league: %w", err)
	}
	league, profile := m.String("league"), Profile(m.String("profile"))
	if err := m.Done(); err != nil {
		return "", "", fmt.Errorf("league: %w", err)
	}
	return league, profile, profile.Check()
}

// PutLeague writes the league id and profile.
func PutLeague(s exec.Store, league string, profile Profile) error {
	if err := profile.Check(); err != nil {
		return err
	}
	return putValue(s, leagueKey, map[string]any{"league": league, "profile": string(profile)})
}

// Params reads the ledger parameters. ErrNoLeague before genesis.
func Params(r exec.Reader) (exec.Params, error) {
	data := r.Get([]byte(paramsKey))
	if data == nil {
		return exec.Params{}, ErrNoLeague
	}
	value, err := jcs.ParseIntegers(data, jcs.Limits{})
	if err != nil {
		return exec.Params{}, fmt.Errorf("params: %w", err)
	}
	members, _ := value.(map[string]any)
	p, err := exec.ParseParams(members)
	if err != nil {
		return exec.Params{}, fmt.Errorf("params: %w", err)
	}
	return p, nil
}

// PutParams writes the ledger parameters.
func PutParams(s exec.Store, p exec.Params) error { return putValue(s, paramsKey, p.Value()) }

func putValue(s exec.Store, key string, value map[string]any) error {
	data, err := jcs.Encode(value)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	s.Set([]byte(key), data)
	return nil
}
