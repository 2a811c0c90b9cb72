package issuance

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/hanse-id/hanse/app/op"
)

// AddLease stores a lease.
func (s *SQLite) AddLease(ctx context.Context, l Lease) error {
	return s.writer.do(ctx, func(w *writer) error {
		n, err := w.changed(`INSERT INTO leases (list, start, count, abandoned) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			l.List[:], l.Start, l.Count, l.Abandoned)
		if err == nil && n == 0 {
			return fmt.Errorf("lease at %d: %w", l.Start, ErrExists)
		}
		return err
	})
}

// Leases lists a list's leases by start.
func (s *SQLite) Leases(ctx context.Context, list op.ID) ([]Lease, error) {
	return rows(ctx, s.read, func(scan func(...any) error) (Lease, error) {
		l := Lease{List: list}
		return l, scan(&l.Start, &l.Count, &l.Abandoned)
	}, `SELECT start, count, abandoned FROM leases WHERE list = ? ORDER BY start`, list[:])
}

// AbandonLeases abandons all leases of a list.
func (s *SQLite) AbandonLeases(ctx context.Context, list op.ID) error {
	return s.writer.do(ctx, func(w *writer) error {
		return w.exec(`UPDATE leases SET abandoned = 1 WHERE list = ?`, list[:])
	})
}

// Draw marks indices as drawn and returns those that had not been, in order.
func (s *SQLite) Draw(ctx context.Context, list op.ID, indices []int64) ([]int64, error) {
	wanted, err := json.Marshal(indices)
	if err != nil {
		return nil, err
	}
	var fresh []int64
	err = s.writer.do(ctx, func(w *writer) error {
		statement, err := w.statement(`INSERT INTO draws (list, idx) SELECT ?1, value FROM json_each(?2) WHERE true
			ON CONFLICT DO NOTHING RETURNING idx`)
		if err != nil {
			return err
		}
		r, err := statement.Query(list[:], string(wanted))
		if err != nil {
			return err
		}
		defer r.Close()
		for r.Next() {
			var index int64
			if err := r.Scan(&index); err != nil {
				return err
			}
			fresh = append(fresh, index)
		}
		return r.Err()
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(fresh)
	return fresh, nil
}

// Drawn lists the drawn indices of a range in order.
func (s *SQLite) Drawn(ctx context.Context, list op.ID, start, count int64) ([]int64, error) {
	return rows(ctx, s.read, func(scan func(...any) error) (index int64, err error) {
		return index, scan(&index)
	}, `SELECT idx FROM draws WHERE list = ? AND idx >= ? AND idx < ? ORDER BY idx`, list[:], start, start+count)
}
