package api

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/resolve"
)

// How long a proof of a version that was committed a moment ago is waited for: it needs the next header.
const (
	proofWait = 3 * time.Second
	proofPoll = 50 * time.Millisecond
)

// proveVersion proves a version of a did:hanse: what didDocumentMetadata.proof holds.
func (s *Server) proveVersion(ctx context.Context, v did.Version) ([]map[string]any, error) {
	if v.DID.Method() != "hanse" {
		return nil, resolve.ErrNoProof
	}
	ctx, cancel := context.WithTimeout(ctx, proofWait)
	defer cancel()
	for {
		proof, err := s.proofOf(ctx, v)
		if err == nil {
			return []map[string]any{proof}, nil
		}
		if !errors.Is(err, errNotProvable) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(proofPoll):
		}
	}
}

// errNotProvable says that the header which proves a version is not there yet.
var errNotProvable = errors.New("version not provable yet")

func (s *Server) proofOf(ctx context.Context, v did.Version) (map[string]any, error) {
	var keys [][]byte
	if v.NextVersionID == "" {
		keys = [][]byte{identity.Key(v.DID)}
	} else { // superseded: a record of its own, once the block that superseded it can be proved
		keys = [][]byte{identity.VersionKey(v.DID, v.N), identity.Key(v.DID)}
	}
	for _, key := range keys {
		proof, err := s.opts.Ledger.Prove(ctx, key)
		if err != nil {
			return nil, fmt.Errorf("prove: %w", err)
		}
		if ok, err := proves(proof, v); ok || err != nil {
			if err != nil {
				return nil, err
			}
			return proofMembers(proof)
		}
	}
	return nil, errNotProvable
}

// proves reports whether a proof shows this very version.
func proves(p *app.Proof, v did.Version) (bool, error) {
	if p == nil || len(p.Value) == 0 {
		return false, nil
	}
	record, err := identity.Get(oneRecord{key: identity.Key(v.DID), value: p.Value}, v.DID)
	if err != nil {
		return false, fmt.Errorf("proved record: %w", err)
	}
	return record != nil && record.VersionID == v.VersionID, nil
}

func proofMembers(p *app.Proof) (map[string]any, error) {
	view, err := proofView(p)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"type": view.Type, "spec": view.Spec, "height": view.Height, "headerHeight": view.Header, "appHash": view.AppHash,
		"key": view.Key, "value": view.Value, "proof": view.Proof,
	}, nil
}
