package issuance

import (
	"context"
	"database/sql"
	"errors"
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

	`CREATE TABLE templates (
		issuer TEXT NOT NULL, name TEXT NOT NULL, config TEXT NOT NULL, PRIMARY KEY (issuer, name)
	) STRICT, WITHOUT ROWID;`,

	`CREATE TABLE jobs (
		id TEXT PRIMARY KEY, principal TEXT NOT NULL, request BLOB NOT NULL, keyed INTEGER NOT NULL, created INTEGER NOT NULL,
		finished INTEGER, progress TEXT NOT NULL
	) STRICT, WITHOUT ROWID;
	CREATE INDEX jobs_open ON jobs (created) WHERE finished IS NULL;
	CREATE TABLE job_parts (
		job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE, part INTEGER NOT NULL, list BLOB NOT NULL, changes TEXT NOT NULL,
		operation BLOB, envelope BLOB, expires INTEGER NOT NULL, attempts INTEGER NOT NULL, done INTEGER NOT NULL, height INTEGER NOT NULL,
		PRIMARY KEY (job, part)
	) STRICT, WITHOUT ROWID;`,
}

// migrate brings the file to the present version, one transaction a step. Others may do the same at the same time: what the version is,
// is read inside of the transaction.
func migrate(ctx context.Context, conn *sql.Conn) error {
	for {
		done, err := migrateOnce(ctx, conn)
		if done || err != nil {
			return err
		}
	}
}

// migrateOnce makes one step; done says that none was left to make.
func migrateOnce(ctx context.Context, conn *sql.Conn) (done bool, err error) {
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return false, err
	}
	defer func() {
		if done || err != nil { // nothing to keep
			_, undo := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
			err = errors.Join(err, undo)
		}
	}()
	var version int
	if err := conn.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
		return false, err
	}
	switch {
	case version > len(migrations):
		return false, fmt.Errorf("schema version %d is newer than %d", version, len(migrations))
	case version == len(migrations):
		return true, nil
	}
	step := fmt.Sprintf("%s; PRAGMA user_version = %d; COMMIT", migrations[version], version+1)
	if _, err := conn.ExecContext(ctx, step); err != nil {
		return false, fmt.Errorf("to version %d: %w", version+1, err)
	}
	return false, nil
}
