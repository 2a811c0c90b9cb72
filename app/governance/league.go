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

// ErrNoLeague means that the state has no genesis.
var ErrNoLeague = errors.New("state has no league")

// League reads the league id. ErrNoLeague before genesis.
func League(r exec.Reader) (string, error) {
	data := r.Get([]byte(leagueKey))
	if data == nil {
		return "", ErrNoLeague
	}
	m, err := object.Parse(data)
	if err != nil {
		return "", fmt.Errorf("league: %w", err)
	}
	league := m.String("league")
	return league, m.Done()
}

// PutLeague writes the league id.
func PutLeague(s exec.Store, league string) error {
	return putValue(s, leagueKey, map[string]any{"league": league})
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
