package issuance

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

const (
	answerLife = 24 * time.Hour
	claimLife  = 2 * time.Minute // longer than any request lives
	maxKey     = 255             // bytes of an Idempotency-Key
)

// claim takes the key for a request, or returns the answer of the request that had it before. A process that dies in
// between leaves a claim without an answer: nothing was issued, and the claim is released when the replica starts
// again or claimLife is over.
func (s *Service) claim(ctx context.Context, i *issuing, id Idempotency) (*Claim, *Issued, error) {
	if id.Key == "" || len(id.Key) > maxKey {
		return nil, nil, refuse(ErrRequest, "", fmt.Sprintf("an Idempotency-Key has 1 to %d bytes", maxKey))
	}
	now := s.opts.Now()
	c := Claim{
		Key:         sha256.Sum256([]byte(id.Principal + "\x00" + id.Key)),
		Fingerprint: s.seal.Fingerprint([]byte(i.Name), id.Request),
		Replica:     s.opts.Replica,
		Token:       rand.Text(),
		Expires:     now.Add(claimLife),
	}
	held, err := s.store.ClaimKey(ctx, c, now)
	switch {
	case err != nil:
		return nil, nil, unavailable("the issuance store cannot be written", err)
	case held == nil:
		return &c, nil, nil
	case held.Fingerprint != c.Fingerprint:
		return nil, nil, refuse(ErrKeyReused, "", "this Idempotency-Key was used for another request")
	case held.Answer == nil:
		return nil, nil, refuse(ErrInFlight, "", "a request with this Idempotency-Key has not ended; ask again")
	}
	body, err := s.seal.Open(held.Answer, answerLabel(*held))
	if err != nil {
		return nil, nil, fmt.Errorf("issuance: answer of an earlier request: %w", err)
	}
	return nil, &Issued{Body: body, Replayed: true}, nil
}

func answerLabel(c Claim) string { return "answer " + hex.EncodeToString(c.Key[:]) }
