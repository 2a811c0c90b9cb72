package node

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	abcitypes "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/crypto/ed25519"
	cmtjson "github.com/cometbft/cometbft/libs/json"
	"github.com/cometbft/cometbft/proto/tendermint/crypto"
	"github.com/cometbft/cometbft/types"

	"github.com/hanse-id/hanse/abci"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/did/keys"
)

// DefaultGenesisTime is the genesis time of leagues that name none: assembling must not depend on when it is done.
// It is the block time of the first block only; operations wait for the second.
var DefaultGenesisTime = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// evidenceBytes is the room for evidence of misbehaviour in a block.
const evidenceBytes = 256 << 10

// AssembleGenesis makes the genesis file of a league: the same bytes wherever and whenever it runs, and in whatever
// order the centers come. A zero time means DefaultGenesisTime.
func AssembleGenesis(g *app.Genesis, at time.Time) ([]byte, error) {
	if err := g.Validate(); err != nil {
		return nil, err
	}
	if at.IsZero() {
		at = DefaultGenesisTime
	}
	sorted := *g
	sorted.Centers = slices.Clone(g.Centers)
	slices.SortFunc(sorted.Centers, func(a, b app.GenesisCenter) int { return strings.Compare(a.Name, b.Name) })
	state, err := sorted.Canonical()
	if err != nil {
		return nil, err
	}
	doc := &types.GenesisDoc{
		GenesisTime: at.UTC().Truncate(time.Second), ChainID: g.League, InitialHeight: 1,
		ConsensusParams: consensusParams(&sorted), AppState: state,
	}
	for _, c := range sorted.Centers {
		key, err := keys.ParseMultikey(c.Validator)
		if err != nil {
			return nil, fmt.Errorf("center %s: %w", c.Name, err)
		}
		public := ed25519.PubKey(key.Bytes())
		doc.Validators = append(doc.Validators, types.GenesisValidator{
			Address: public.Address(), PubKey: public, Power: c.Power, Name: c.Name,
		})
	}
	data, err := cmtjson.MarshalIndent(doc, "", "  ")
	if err != nil {
		return nil, err
	}
	return append(data, '\n'), nil
}

// consensusParams leaves room in a block for the batches that the ledger parameters allow, the commit of the
// largest league and evidence, and no more.
func consensusParams(g *app.Genesis) *types.ConsensusParams {
	p := types.DefaultConsensusParams()
	const overhead = 64 << 10 // header, and protobuf's tags and lengths
	p.Block.MaxBytes = g.Params.MaxBlockBytes + types.MaxCommitBytes(128) + evidenceBytes + overhead
	p.Block.MaxGas = -1
	p.Evidence.MaxBytes = evidenceBytes
	p.Version.App = abci.Version
	return p
}

// ParseGenesis reads a genesis file and checks it completely: its validators are its centers.
func ParseGenesis(data []byte) (*app.Genesis, error) {
	doc, err := types.GenesisDocFromJSON(data)
	if err != nil {
		return nil, fmt.Errorf("genesis file: %w", err)
	}
	g, err := app.ParseGenesis(doc.AppState)
	if err != nil {
		return nil, fmt.Errorf("genesis file: %w", err)
	}
	if doc.ChainID != g.League {
		return nil, &abci.GenesisError{Reason: fmt.Sprintf("chain id %q is not the league %q", doc.ChainID, g.League)}
	}
	var validators []abcitypes.ValidatorUpdate
	for _, v := range doc.Validators {
		validators = append(validators, abcitypes.ValidatorUpdate{
			PubKey: crypto.PublicKey{Sum: &crypto.PublicKey_Ed25519{Ed25519: v.PubKey.Bytes()}}, Power: v.Power,
		})
	}
	return g, abci.CheckValidators(g, validators)
}

// GenesisExistsError says that a home belongs to a league with another genesis already.
type GenesisExistsError struct{ Path string }

func (e *GenesisExistsError) Error() string {
	return e.Path + " exists and is different: a home belongs to one league for ever"
}

// WriteGenesis puts a genesis file into a home. *GenesisExistsError if another one is there.
func WriteGenesis(dir string, data []byte) error {
	if _, err := ParseGenesis(data); err != nil {
		return err
	}
	h := home(dir)
	if err := h.prepare(); err != nil {
		return err
	}
	present, err := os.ReadFile(h.genesis())
	switch {
	case err == nil && bytes.Equal(present, data):
		return nil
	case err == nil:
		return &GenesisExistsError{Path: h.genesis()}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return writeFile(h.genesis(), data, 0o644)
}

// ReadGenesis reads a home's genesis file. *NotInitialisedError if there is none.
func ReadGenesis(dir string) (*app.Genesis, error) {
	data, err := os.ReadFile(home(dir).genesis())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &NotInitialisedError{Home: dir, Err: err}
	}
	if err != nil {
		return nil, err
	}
	return ParseGenesis(data)
}
