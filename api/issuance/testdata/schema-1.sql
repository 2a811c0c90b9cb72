-- A store of the first schema, with an issuer, a list, a record and an answer.
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

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
CREATE INDEX answers_expires ON answers (expires);

INSERT INTO meta (name, value) VALUES ('identity', 'FIRST');
INSERT INTO issuers (name, config) VALUES ('demo', '{"name":"demo","did":"did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK","method":"did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK#z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK","key":"demo","form":"vc+jwt","retain":true}');
INSERT INTO lists (id, issuer, purpose, seq, url, envelope, expires, ready)
	VALUES (x'0100000000000000000000000000000000000000000000000000000000000000', 'demo', 'revocation', 1, 'https://center.example/status-lists/1', x'00', 1, 1);
INSERT INTO leases (list, start, count, abandoned) VALUES (x'0100000000000000000000000000000000000000000000000000000000000000', 0, 8192, 0);
INSERT INTO draws (list, idx) VALUES (x'0100000000000000000000000000000000000000000000000000000000000000', 7);
INSERT INTO records (n, issuer, id, form, digest, issued, credential) VALUES (1, 'demo', 'urn:uuid:1', 'vc+jwt', 'x', 1700000000, x'01');
INSERT INTO entries (list, idx, purpose, record) VALUES (x'0100000000000000000000000000000000000000000000000000000000000000', 7, 'revocation', 1);
INSERT INTO answers (key, fingerprint, replica, token, answer, record, expires) VALUES (zeroblob(32), zeroblob(32), 'api', 't', x'02', 1, 4000000000);
PRAGMA user_version = 1;
