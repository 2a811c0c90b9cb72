package auth

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	_ "modernc.org/sqlite" // the "sqlite" driver
)

// SQLite is a Store in one SQLite file (WAL), which several processes may use at a time: a key that the command line
// revokes is refused by a running server at its next request. Make one with OpenSQLite.
type SQLite struct {
	db     *sql.DB
	lookup *sql.Stmt
	now    func() time.Time
}

var _ Store = (*SQLite)(nil)

const schema = `
CREATE TABLE IF NOT EXISTS api_keys (
	id      TEXT PRIMARY KEY,
	hash    BLOB NOT NULL UNIQUE, -- SHA-256 of the token
	name    TEXT NOT NULL,
	scopes  TEXT NOT NULL,        -- JSON array
	created INTEGER NOT NULL,     -- unix seconds, as the others; 0: not
	expires INTEGER NOT NULL,
	revoked INTEGER NOT NULL
) WITHOUT ROWID;`

const columns = `id, name, scopes, created, expires, revoked`

// OpenSQLite opens the keys in the file at path, making it (mode 0600) if it is missing. A file that others may read or
// write is refused: who writes to it makes keys. The file may hold other tables.
func OpenSQLite(ctx context.Context, path string) (*SQLite, error) {
	return openSQLite(ctx, path, time.Now)
}

func openSQLite(ctx context.Context, path string, now func() time.Time) (*SQLite, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) // SQLite itself would make it readable for others
	if err != nil {
		return nil, fmt.Errorf("api keys: %w", err)
	}
	info, err := f.Stat()
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("api keys: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("api keys in %s: mode %04o is too wide, want 0600", path, mode)
	}
	source := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: url.Values{
		"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)"}, "_txlock": {"immediate"},
	}.Encode()}
	db, err := sql.Open("sqlite", source.String())
	if err != nil {
		return nil, fmt.Errorf("api keys in %s: %w", path, err)
	}
	db.SetMaxOpenConns(4)
	s := &SQLite{db: db, now: now}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("api keys in %s: %w", path, err), db.Close())
	}
	return s, nil
}

func (s *SQLite) prepare(ctx context.Context) (err error) {
	if _, err := s.db.ExecContext(ctx, schema); err != nil {
		return err
	}
	s.lookup, err = s.db.PrepareContext(ctx, `SELECT `+columns+` FROM api_keys WHERE hash = ?`)
	return err
}

// Create implements Store.
func (s *SQLite) Create(ctx context.Context, request NewKey) (Key, string, error) {
	key, token, err := issue(request, s.now())
	if err != nil {
		return Key{}, "", err
	}
	hash, err := hashToken(token)
	if err != nil {
		return Key{}, "", err
	}
	scopes, err := json.Marshal(key.Scopes)
	if err != nil {
		return Key{}, "", err
	}
	_, err = s.db.ExecContext(ctx, `INSERT INTO api_keys (hash, `+columns+`) VALUES (?, ?, ?, ?, ?, ?, 0)`,
		hash[:], key.ID, key.Name, string(scopes), unix(key.Created), unix(key.Expires))
	if err != nil {
		return Key{}, "", fmt.Errorf("store API key: %w", err)
	}
	return key, token, nil
}

// List implements Store.
func (s *SQLite) List(ctx context.Context) ([]Key, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT `+columns+` FROM api_keys ORDER BY created, id`)
	if err != nil {
		return nil, fmt.Errorf("list API keys: %w", err)
	}
	defer rows.Close()
	keys := []Key{}
	for rows.Next() {
		key, err := scan(rows)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, rows.Err()
}

// Revoke implements Store.
func (s *SQLite) Revoke(ctx context.Context, id string) error {
	result, err := s.db.ExecContext(ctx, `UPDATE api_keys SET revoked = iif(revoked = 0, ?, revoked) WHERE id = ?`, s.now().Unix(), id)
	if err != nil {
		return fmt.Errorf("revoke API key: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrUnknown, err)
	}
	return nil
}

// Lookup implements Store. It reads the file every time: nothing is cached that another process may have revoked.
func (s *SQLite) Lookup(ctx context.Context, token string) (Key, error) {
	hash, err := hashToken(token)
	if err != nil {
		return Key{}, err
	}
	key, err := scan(s.lookup.QueryRowContext(ctx, hash[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return Key{}, ErrUnknown
	}
	if err != nil {
		return Key{}, fmt.Errorf("look up API key: %w", err)
	}
	return key, key.usable(s.now())
}

// Close implements Store.
func (s *SQLite) Close() error { return errors.Join(s.lookup.Close(), s.db.Close()) }

func scan(row interface{ Scan(...any) error }) (Key, error) {
	var key Key
	var scopes string
	var created, expires, revoked int64
	if err := row.Scan(&key.ID, &key.Name, &scopes, &created, &expires, &revoked); err != nil {
		return Key{}, err
	}
	if err := json.Unmarshal([]byte(scopes), &key.Scopes); err != nil {
		return Key{}, fmt.Errorf("scopes of API key %s: %w", key.ID, err)
	}
	key.Created, key.Expires, key.Revoked = moment(created), moment(expires), moment(revoked)
	return key, nil
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func moment(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
