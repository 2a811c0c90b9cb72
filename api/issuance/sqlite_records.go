package issuance

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/hanse-id/hanse/credentials"
)

// Complete stores a record, and with a claim its answer, in one step.
func (s *SQLite) Complete(ctx context.Context, r Record, c *Claim) error {
	return s.writer.do(ctx, func(w *writer) error {
		var n int64
		found, err := w.row([]any{&n}, `INSERT INTO records (issuer, id, form, digest, issued, credential)
			VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING n`,
			r.Issuer, sql.NullString{String: r.ID, Valid: r.ID != ""}, string(r.Form), r.Digest, r.Issued.Unix(), r.Credential)
		if err != nil {
			return err
		}
		if !found {
			return ErrDuplicate
		}
		if err := addEntries(w, n, r.Entries); err != nil {
			return err
		}
		if c == nil {
			return nil
		}
		changed, err := w.changed(`UPDATE answers SET answer = ?, record = ?, expires = ? WHERE key = ? AND token = ? AND answer IS NULL`,
			c.Answer, n, c.Expires.Unix(), c.Key[:], c.Token)
		if err == nil && changed == 0 {
			return ErrInFlight
		}
		return err
	})
}

// addEntries stores the status entries of record n; ErrExists if an index is on another record.
func addEntries(w *writer, n int64, entries []Entry) error {
	if len(entries) == 0 {
		return nil
	}
	query := `INSERT INTO entries (list, idx, purpose, record) VALUES (?, ?, ?, ?)` + strings.Repeat(`, (?, ?, ?, ?)`, len(entries)-1)
	var args []any
	for _, e := range entries {
		args = append(args, e.List[:], e.Index, e.Purpose, n)
	}
	changed, err := w.changed(query+` ON CONFLICT DO NOTHING`, args...)
	if err == nil && changed != int64(len(entries)) {
		return fmt.Errorf("a status index is on another credential: %w", ErrExists)
	}
	return err
}

// Records lists the records of a credential id, by issuer's name.
func (s *SQLite) Records(ctx context.Context, id string) ([]Record, error) {
	type row struct {
		record Record
		n      int64
	}
	found, err := rows(ctx, s.read, func(scan func(...any) error) (f row, err error) {
		var form string
		var issued int64
		err = scan(&f.n, &f.record.Issuer, &f.record.ID, &form, &f.record.Digest, &issued, &f.record.Credential, &f.record.Erased)
		f.record.Form, f.record.Issued = credentials.Form(form), time.Unix(issued, 0).UTC()
		return f, err
	}, `SELECT n, issuer, id, form, digest, issued, credential, erased FROM records WHERE id = ? ORDER BY issuer`, id)
	if err != nil {
		return nil, err
	}
	all := make([]Record, len(found))
	for i, f := range found {
		all[i] = f.record
		if all[i].Entries, err = s.entries(ctx, f.n); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (s *SQLite) entries(ctx context.Context, record int64) ([]Entry, error) {
	return rows(ctx, s.read, func(scan func(...any) error) (e Entry, err error) {
		var list []byte
		err = scan(&list, &e.Index, &e.Purpose)
		copy(e.List[:], list)
		return e, err
	}, `SELECT list, idx, purpose FROM entries WHERE record = ? ORDER BY purpose`, record)
}

// Erase removes what a record retains, and the answers that hold it. Freed pages are overwritten (secure_delete), and
// the log that might still show them is truncated.
func (s *SQLite) Erase(ctx context.Context, issuer, id string) error {
	err := s.writer.do(ctx, func(w *writer) error {
		var n int64
		var erased bool
		found, err := w.row([]any{&n, &erased}, `SELECT n, erased FROM records WHERE issuer = ? AND id = ?`, issuer, id)
		switch {
		case err != nil:
			return err
		case !found:
			return ErrNotFound
		case erased:
			return ErrGone
		}
		if err := w.exec(`DELETE FROM answers WHERE record = ?`, n); err != nil {
			return err
		}
		return w.exec(`UPDATE records SET credential = NULL, erased = 1 WHERE n = ?`, n)
	})
	if err != nil {
		return err
	}
	// A reader may hold the log back; then the next checkpoint does it.
	_, err = s.read.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	return err
}
