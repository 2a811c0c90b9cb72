package issuance

import (
	"context"
	"database/sql"
	"fmt"
)

// migrations take a file from version n to n+1 (PRAGMA user_version). They are never edited, only appended to.
var migrations = []string{
	`CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

	CREATE TABLE issuers (name TEXT PRIMARY KEY, config TEXT NOT NULL) STRICT, WITHOUT ROWID;

	CREATE TABLE lists (
		id BLOB PRIMARY KEY, issuer TEXT NOT NULL, purpose TEXT NOT NULL, seq INTEGER NOT NULL,
		url TEXT NOT NULL, envelope BLOB NOT NULL, expires INTEGER NOT NULL, ready INTEGER NOT NULL,
		UNIQUE (issuer, purpose, seq)
	) STRICT, WITHOUT ROWID;

	CREATE TABLE leases (
		list BLOB NOT NULL, start INTEGER NOT NULL, count INTEGER NOT NULL, abandoned INTEGER NOT NULL,
		PRIMARY KEY (list, start)
	) STRICT, WITHOUT ROWID;

	CREATE TABLE draws (list BLOB NOT NULL, idx INTEGER NOT NULL, PRIMARY KEY (list, idx)) STRICT, WITHOUT ROWID;

	CREATE TABLE records (
		n INTEGER PRIMARY KEY, issuer TEXT NOT NULL, id TEXT, form TEXT NOT NULL, digest TEXT NOT NULL,
		issued INTEGER NOT NULL, credential BLOB, erased INTEGER NOT NULL DEFAULT 0,
		UNIQUE (issuer, id)
	) STRICT;
	CREATE INDEX records_id ON records (id);

	CREATE TABLE entries (
		list BLOB NOT NULL, idx INTEGER NOT NULL, purpose TEXT NOT NULL, record INTEGER NOT NULL REFERENCES records (n),
		PRIMARY KEY (list, idx)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX entries_record ON entries (record);

	CREATE TABLE answers (
		key BLOB PRIMARY KEY, fingerprint BLOB NOT NULL, replica TEXT NOT NULL, token TEXT NOT NULL,
		answer BLOB, record INTEGER, expires INTEGER NOT NULL
	) STRICT, WITHOUT ROWID;
	CREATE INDEX answers_expires ON answers (expires);`,
}

// migrate brings the file to the present version, one transaction a step.
func migrate(ctx context.Context, conn *sql.Conn) error {
	var version int
	if err := conn.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
		return err
	}
	if version > len(migrations) {
		return fmt.Errorf("schema version %d is newer than %d", version, len(migrations))
	}
	for ; version < len(migrations); version++ {
		step := fmt.Sprintf("BEGIN IMMEDIATE; %s; PRAGMA user_version = %d; COMMIT", migrations[version], version+1)
		if _, err := conn.ExecContext(ctx, step); err != nil {
			return fmt.Errorf("to version %d: %w", version+1, err)
		}
	}
	return nil
}
