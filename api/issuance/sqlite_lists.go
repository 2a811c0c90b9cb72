package issuance

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/hanse-id/hanse/app/op"
)

// PutIssuer adds an issuer or replaces the one of that name.
func (s *SQLite) PutIssuer(ctx context.Context, i Issuer) error {
	if err := i.Validate(); err != nil {
		return err
	}
	config, err := json.Marshal(i)
	if err != nil {
		return fmt.Errorf("issuer %s: %w", i.Name, err)
	}
	return s.writer.do(ctx, func(w *writer) error {
		return w.exec(`INSERT INTO issuers (name, config) VALUES (?, ?)
			ON CONFLICT DO UPDATE SET config = excluded.config`, i.Name, string(config))
	})
}

// Issuers lists all issuers by name.
func (s *SQLite) Issuers(ctx context.Context) ([]Issuer, error) {
	return rows(ctx, s.read, func(scan func(...any) error) (i Issuer, err error) {
		var config string
		if err := scan(&config); err != nil {
			return i, err
		}
		return i, json.Unmarshal([]byte(config), &i)
	}, `SELECT config FROM issuers ORDER BY name`)
}

// AddList stores a list.
func (s *SQLite) AddList(ctx context.Context, l List) error {
	return s.writer.do(ctx, func(w *writer) error { return addList(w, l) })
}

func addList(w *writer, l List) error {
	n, err := w.changed(`INSERT INTO lists (id, issuer, purpose, seq, url, envelope, expires, ready)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		l.ID[:], l.Issuer, l.Purpose, l.Seq, l.URL, l.Envelope, l.Expires, l.Ready)
	if err == nil && n == 0 {
		return fmt.Errorf("list %d for %s of %s: %w", l.Seq, l.Purpose, l.Issuer, ErrExists)
	}
	return err
}

// ReplaceList puts l in the place of old.
func (s *SQLite) ReplaceList(ctx context.Context, old op.ID, l List) error {
	return s.writer.do(ctx, func(w *writer) error {
		if err := expectOne(w, `DELETE FROM lists WHERE id = ? AND ready = 0`, old[:]); err != nil {
			return err
		}
		return addList(w, l)
	})
}

// ListReady marks a list as seen on the ledger.
func (s *SQLite) ListReady(ctx context.Context, id op.ID) error {
	return s.writer.do(ctx, func(w *writer) error {
		return expectOne(w, `UPDATE lists SET ready = 1 WHERE id = ?`, id[:])
	})
}

// Lists lists an issuer's lists by purpose and seq; all issuers' if issuer is empty.
func (s *SQLite) Lists(ctx context.Context, issuer string) ([]List, error) {
	return rows(ctx, s.read, func(scan func(...any) error) (l List, err error) {
		var id []byte
		if err := scan(&id, &l.Issuer, &l.Purpose, &l.Seq, &l.URL, &l.Envelope, &l.Expires, &l.Ready); err != nil {
			return l, err
		}
		copy(l.ID[:], id)
		return l, nil
	}, `SELECT id, issuer, purpose, seq, url, envelope, expires, ready FROM lists
		WHERE ?1 = '' OR issuer = ?1 ORDER BY issuer, purpose, seq`, issuer)
}

// expectOne runs a statement that must change a row; ErrNotFound otherwise.
func expectOne(w *writer, query string, args ...any) error {
	n, err := w.changed(query, args...)
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return err
}

// rows reads all rows of a query.
func rows[T any](ctx context.Context, db *sql.DB, read func(scan func(...any) error) (T, error), query string, args ...any) (all []T, err error) {
	r, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("issuance store: %w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for r.Next() {
		one, err := read(r.Scan)
		if err != nil {
			return nil, fmt.Errorf("issuance store: %s: %w", strings.Fields(query)[0], err)
		}
		all = append(all, one)
	}
	return all, r.Err()
}
