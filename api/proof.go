package api

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"

	"github.com/hanse-id/hanse/app"
)

// ProofView is a Merkle proof of a state key as the API shows it: enough, with header Height+1, to check the record (or its
// absence) with any ICS 23 library and trust in nobody.
type ProofView struct {
	Type    string `json:"type"`            // "Ics23CommitmentProof"
	Spec    string `json:"spec"`            // "smt": the predefined SmtSpec
	Height  int64  `json:"height"`          // state version
	Header  int64  `json:"headerHeight"`    // the block header that carries AppHash: Height + 1
	AppHash string `json:"appHash"`         // hexadecimal
	Key     string `json:"key"`             // base64url
	Value   string `json:"value,omitempty"` // base64url; absent: the proof is one of absence
	Proof   string `json:"proof"`           // ics23.CommitmentProof in protobuf, base64url
}

func proofView(p *app.Proof) (*ProofView, error) {
	if p == nil || p.ICS23 == nil {
		return nil, fmt.Errorf("ledger returned no proof")
	}
	data, err := p.ICS23.Marshal()
	if err != nil {
		return nil, fmt.Errorf("encode proof: %w", err)
	}
	enc := base64.RawURLEncoding
	return &ProofView{
		Type: "Ics23CommitmentProof", Spec: "smt", Height: p.Height, Header: p.Height + 1, AppHash: hex.EncodeToString(p.AppHash),
		Key: enc.EncodeToString(p.Key), Value: enc.EncodeToString(p.Value), Proof: enc.EncodeToString(data),
	}, nil
}
