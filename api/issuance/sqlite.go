package issuance

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// SQLite is a Store in one file: what a center with one API process uses. Reads go to a small pool of connections,
// writes through one connection that commits what is waiting together, so that a sync to disk is shared.
type SQLite struct {
	read     *sql.DB
	write    *sql.DB
	writer   *writer
	identity string
}

var _ Store = (*SQLite)(nil)

// OpenSQLite opens or makes the store in file path (mode 0600; a file that others may read is refused) and migrates it
// to the present schema. A file written by a newer version is refused.
func OpenSQLite(ctx context.Context, path string) (_ *SQLite, err error) {
	if err := privateFile(path); err != nil {
		return nil, err
	}
	s := &SQLite{}
	defer func() {
		if err != nil {
			_ = s.Close()
		}
	}()
	if s.write, err = sql.Open("sqlite", dsn(path, "synchronous(FULL)", "secure_delete(ON)", "foreign_keys(ON)")); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	s.write.SetMaxOpenConns(1)
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if err := migrate(ctx, conn); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("migrate %s: %w", path, err)
	}
	if s.identity, err = identify(ctx, conn); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("identity of %s: %w", path, err)
	}
	s.writer = startWriter(conn)
	if s.read, err = sql.Open("sqlite", dsn(path, "query_only(ON)")); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	s.read.SetMaxOpenConns(4)
	return s, nil
}

// dsn names path with the pragmas that every connection sets.
func dsn(path string, pragmas ...string) string {
	q := url.Values{"_txlock": {"immediate"}}
	for _, p := range append([]string{"busy_timeout(5000)", "journal_mode(WAL)"}, pragmas...) {
		q.Add("_pragma", p)
	}
	return (&url.URL{Scheme: "file", Opaque: url.PathEscape(path), RawQuery: q.Encode()}).String()
}

// privateFile makes path, or checks that only its owner can read it. SQLite gives its side files the same mode.
func privateFile(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_EXCL, 0o600)
		if err != nil {
			return fmt.Errorf("create issuance store: %w", err)
		}
		return f.Close()
	}
	if err != nil {
		return fmt.Errorf("issuance store: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("issuance store %s: mode %04o is too wide, want 0600", path, mode)
	}
	return nil
}

// identify returns the store's random id, making it once.
func identify(ctx context.Context, conn *sql.Conn) (string, error) {
	_, err := conn.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES ('identity', ?) ON CONFLICT DO NOTHING`, rand.Text())
	if err != nil {
		return "", err
	}
	var id string
	err = conn.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'identity'`).Scan(&id)
	return id, err
}

// Identity returns the random id made with the file.
func (s *SQLite) Identity() string { return s.identity }

// Close ends pending writes and closes the file.
func (s *SQLite) Close() error {
	if s.writer != nil {
		s.writer.close()
	}
	var errs []error
	for _, db := range []*sql.DB{s.read, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}
