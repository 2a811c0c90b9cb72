package op

import (
	"crypto/sha256"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
)

// HashLeague returns SHA-256 of a league id: how batches name it.
func HashLeague(league string) [32]byte { return sha256.Sum256([]byte(league)) }

// CreatedDID returns the DID that a did.create body makes in a league (`ledger.md` 4, see did.NewHanse).
func CreatedDID(league string, body map[string]any) (did.DID, error) {
	canonical, err := jcs.Encode(body)
	if err != nil {
		return "", refuse("/body", "creation body: %v", err)
	}
	id, err := did.NewHanse(league, canonical)
	if err != nil {
		return "", refuse("/league", "created DID: %v", err)
	}
	return id, nil
}
