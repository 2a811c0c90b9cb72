package issuance

import (
	"context"
	"time"
)

// ClaimKey stores c if its key is free or held by an expired claim; otherwise it returns the claim that holds it.
func (s *SQLite) ClaimKey(ctx context.Context, c Claim, now time.Time) (held *Claim, err error) {
	err = s.writer.do(ctx, func(w *writer) error {
		h := Claim{Key: c.Key}
		var fingerprint []byte
		var expires int64
		found, err := w.row([]any{&fingerprint, &h.Replica, &h.Token, &h.Answer, &expires},
			`SELECT fingerprint, replica, token, answer, expires FROM answers WHERE key = ?`, c.Key[:])
		if err != nil {
			return err
		}
		if found && expires > now.Unix() {
			copy(h.Fingerprint[:], fingerprint)
			h.Expires = time.Unix(expires, 0).UTC()
			held = &h
			return nil
		}
		return w.exec(`INSERT OR REPLACE INTO answers (key, fingerprint, replica, token, expires) VALUES (?, ?, ?, ?, ?)`,
			c.Key[:], c.Fingerprint[:], c.Replica, c.Token, c.Expires.Unix())
	})
	return held, err
}

// ReleaseClaim forgets a claim that has no answer.
func (s *SQLite) ReleaseClaim(ctx context.Context, c Claim) error {
	return s.writer.do(ctx, func(w *writer) error {
		return w.exec(`DELETE FROM answers WHERE key = ? AND token = ? AND answer IS NULL`, c.Key[:], c.Token)
	})
}

// ReleaseReplica forgets all claims without answer of a replica.
func (s *SQLite) ReleaseReplica(ctx context.Context, replica string) error {
	return s.writer.do(ctx, func(w *writer) error {
		return w.exec(`DELETE FROM answers WHERE replica = ? AND answer IS NULL`, replica)
	})
}

// ExpireClaims deletes what had expired at now.
func (s *SQLite) ExpireClaims(ctx context.Context, now time.Time) error {
	return s.writer.do(ctx, func(w *writer) error {
		return w.exec(`DELETE FROM answers WHERE expires <= ?`, now.Unix())
	})
}
