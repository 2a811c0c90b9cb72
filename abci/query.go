package abci

import (
	"context"
	"errors"
	"fmt"
	"strings"

	abcitypes "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/proto/tendermint/crypto"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/state"
)

// Query reads one state key: the only path is PathKey, Data is the key, Height 0 the last committed block. With
// Prove, ProofOps carries an ICS 23 proof (ProofType). There are no scans.
const (
	PathKey   = "/key"
	ProofType = "ics23:smt"

	// QueryCodespace names the codes below in a response.
	QueryCodespace = "hanse/query"

	maxQueryKey = 1024
	pathFilter  = "/p2p/filter/" // CometBFT asks this about every peer before it is connected
)

// Codes of a query that gives no value.
const (
	QueryOK         uint32 = 0
	QueryPath       uint32 = 1 // no such path
	QueryKey        uint32 = 2 // no key, or one above 1,024 bytes
	QueryHeight     uint32 = 3 // negative height
	QueryFuture     uint32 = 4 // height is not committed yet
	QueryPruned     uint32 = 5 // height is no longer readable
	QueryNotReady   uint32 = 6 // no block is committed
	QueryUnprovable uint32 = 7 // height cannot be proved
	QueryStopping   uint32 = 8 // the node is stopping
	QueryInternal   uint32 = 99
)

// Query answers; it never returns an error, because RPC would turn one into a text.
func (a *Application) Query(_ context.Context, req *abcitypes.RequestQuery) (res *abcitypes.ResponseQuery, err error) {
	defer func() {
		if p := recover(); p != nil {
			a.log.Error("query", "err", p)
			res, err = refuse(QueryInternal, "state cannot be read"), nil
		}
	}()
	switch {
	case strings.HasPrefix(req.Path, pathFilter):
		return a.filter(), nil
	case !a.queries.TryRLock():
		return refuse(QueryStopping, "the node is stopping"), nil
	}
	defer a.queries.RUnlock()
	switch {
	case req.Path != PathKey:
		return refuse(QueryPath, "the only path is "+PathKey), nil
	case len(req.Data) == 0 || len(req.Data) > maxQueryKey:
		return refuse(QueryKey, fmt.Sprintf("key of %d bytes, 1 to %d expected", len(req.Data), maxQueryKey)), nil
	case req.Height < 0:
		return refuse(QueryHeight, "height is negative"), nil
	case req.Height > a.app.Head().Height:
		return refuse(QueryFuture, "height is not committed yet"), nil
	}
	view, err := a.app.View(req.Height)
	if err != nil {
		return a.unreadable(err), nil
	}
	defer view.Close()
	return a.read(view, req), nil
}

// filter lets peers connect until the node stops.
func (a *Application) filter() *abcitypes.ResponseQuery {
	if a.closing.Load() {
		return refuse(QueryStopping, "the node is stopping")
	}
	return &abcitypes.ResponseQuery{}
}

func (a *Application) read(view *app.View, req *abcitypes.RequestQuery) *abcitypes.ResponseQuery {
	res := &abcitypes.ResponseQuery{Key: req.Data, Height: view.Head().Height}
	if !req.Prove {
		res.Value = view.Reader().Get(req.Data)
		return res
	}
	proof, err := view.Prove(req.Data)
	if err != nil {
		a.log.Debug("query cannot be proved", "err", err)
		return refuse(QueryUnprovable, "height cannot be proved")
	}
	data, err := proof.ICS23.Marshal()
	if err != nil {
		return refuse(QueryInternal, "proof cannot be encoded")
	}
	res.Value = proof.Value
	res.ProofOps = &crypto.ProofOps{Ops: []crypto.ProofOp{{Type: ProofType, Key: req.Data, Data: data}}}
	return res
}

func (a *Application) unreadable(err error) *abcitypes.ResponseQuery {
	switch {
	case errors.Is(err, state.ErrVersion):
		return refuse(QueryPruned, "height is no longer readable")
	case errors.Is(err, app.ErrNoGenesis):
		return refuse(QueryNotReady, "no block is committed")
	}
	if fault, ok := errors.AsType[*exec.StorageError](err); ok {
		a.log.Error("query", "err", fault)
	}
	return refuse(QueryInternal, "state cannot be read")
}

func refuse(code uint32, reason string) *abcitypes.ResponseQuery {
	return &abcitypes.ResponseQuery{Code: code, Codespace: QueryCodespace, Log: reason}
}
