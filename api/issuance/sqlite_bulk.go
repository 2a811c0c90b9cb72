package issuance

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/hanse-id/hanse/app/op"
)

// jobProgress is what a job's row has beside its columns.
type jobProgress struct {
	Issuer     string       `json:"issuer,omitempty"`
	Total      int          `json:"total"`
	Done       int          `json:"done"`
	Failed     int          `json:"failed"`
	Failures   []JobFailure `json:"failures,omitempty"`
	Operations []op.ID      `json:"operations,omitempty"`
	Height     int64        `json:"height,omitempty"`
	Revision   int64        `json:"revision,omitempty"`
}

func (j Job) progress() (string, error) {
	text, err := json.Marshal(jobProgress{j.Issuer, j.Total, j.Done, j.Failed, j.Failures, j.Operations, j.Height, j.Revision})
	return string(text), err
}

// AddJob stores a job with its parts, unless there is one of its id, or an unfinished one of its principal and request.
func (s *SQLite) AddJob(ctx context.Context, j Job, parts []JobPart) (held *Job, err error) {
	progress, err := j.progress()
	if err != nil {
		return nil, err
	}
	err = s.writer.do(ctx, func(w *writer) error {
		var other string
		found, err := w.row([]any{&other}, `SELECT id FROM jobs WHERE id = ?1
			OR (?4 = 0 AND keyed = 0 AND finished IS NULL AND principal = ?2 AND request = ?3) ORDER BY id = ?1 DESC LIMIT 1`,
			j.ID, j.Principal, j.Request[:], j.Keyed)
		if err != nil {
			return err
		}
		if found {
			held = &Job{}
			*held, err = readJob(func(query string, dest []any, args ...any) (bool, error) { return w.row(dest, query, args...) }, other)
			return err
		}
		if err := w.exec(`INSERT INTO jobs (id, principal, request, keyed, created, finished, progress) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			j.ID, j.Principal, j.Request[:], j.Keyed, j.Created.Unix(), finishedAt(j), progress); err != nil {
			return err
		}
		for _, p := range parts {
			if err := putPart(w, p); err != nil {
				return err
			}
		}
		return nil
	})
	return held, err
}

func finishedAt(j Job) sql.NullInt64 {
	return sql.NullInt64{Int64: j.Finished.Unix(), Valid: !j.Finished.IsZero()}
}

func putPart(w *writer, p JobPart) error {
	changes, err := json.Marshal(p.Changes)
	if err != nil {
		return err
	}
	return w.exec(`INSERT OR REPLACE INTO job_parts (job, part, list, changes, operation, envelope, expires, attempts, done, height)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		p.Job, p.Part, p.List[:], string(changes), operationColumn(p.Operation), p.Envelope, p.Expires, p.Attempts, p.Done, p.Height)
}

func operationColumn(id op.ID) []byte {
	if id == (op.ID{}) {
		return nil
	}
	return id[:]
}

// readJob reads a job with a function that reads one row.
func readJob(row func(query string, dest []any, args ...any) (bool, error), id string) (Job, error) {
	j := Job{ID: id, State: JobRunning}
	var request []byte
	var created int64
	var finished sql.NullInt64
	var text string
	found, err := row(`SELECT principal, request, keyed, created, finished, progress FROM jobs WHERE id = ?`,
		[]any{&j.Principal, &request, &j.Keyed, &created, &finished, &text}, id)
	if err == nil && !found {
		err = ErrNotFound
	}
	if err != nil {
		return Job{}, err
	}
	var p jobProgress
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return Job{}, fmt.Errorf("issuance store: job %s: %w", id, err)
	}
	copy(j.Request[:], request)
	j.Created = time.Unix(created, 0).UTC()
	if finished.Valid {
		j.State, j.Finished = JobDone, time.Unix(finished.Int64, 0).UTC()
	}
	j.Issuer, j.Total, j.Done, j.Failed, j.Failures = p.Issuer, p.Total, p.Done, p.Failed, p.Failures
	j.Operations, j.Height, j.Revision = p.Operations, p.Height, p.Revision
	return j, nil
}

// Job reads a job; ErrNotFound.
func (s *SQLite) Job(ctx context.Context, id string) (Job, error) {
	return readJob(func(query string, dest []any, args ...any) (bool, error) {
		err := s.read.QueryRowContext(ctx, query, args...).Scan(dest...)
		if err == sql.ErrNoRows { //nolint:errorlint // Scan returns it as it is
			return false, nil
		}
		return err == nil, err
	}, id)
}

// OpenJobs lists the ids of unfinished jobs, oldest first.
func (s *SQLite) OpenJobs(ctx context.Context) ([]string, error) {
	return rows(ctx, s.read, func(scan func(...any) error) (id string, err error) { err = scan(&id); return id, err },
		`SELECT id FROM jobs WHERE finished IS NULL ORDER BY created, id`)
}

// JobParts lists the parts of a job that are not done.
func (s *SQLite) JobParts(ctx context.Context, job string) ([]JobPart, error) {
	return rows(ctx, s.read, func(scan func(...any) error) (JobPart, error) {
		p := JobPart{Job: job}
		var list, operation []byte
		var changes string
		if err := scan(&p.Part, &list, &changes, &operation, &p.Envelope, &p.Expires, &p.Attempts, &p.Height); err != nil {
			return p, err
		}
		copy(p.List[:], list)
		copy(p.Operation[:], operation)
		return p, json.Unmarshal([]byte(changes), &p.Changes)
	}, `SELECT part, list, changes, operation, envelope, expires, attempts, height FROM job_parts WHERE job = ? AND done = 0 ORDER BY part`, job)
}

// PutPart replaces a part whose operation is still old, and what changes of its job, if that was not written since.
func (s *SQLite) PutPart(ctx context.Context, old op.ID, p JobPart, j Job) error {
	seen := j.Revision
	j.Revision++
	progress, err := j.progress()
	if err != nil {
		return err
	}
	return s.writer.do(ctx, func(w *writer) error {
		var n int64
		found, err := w.row([]any{&n}, `SELECT part FROM job_parts JOIN jobs ON id = job WHERE job = ? AND part = ? AND done = 0
			AND operation IS ? AND coalesce(progress ->> '$.revision', 0) = ?`, p.Job, p.Part, operationColumn(old), seen)
		if err == nil && !found {
			err = ErrExists
		}
		if err != nil {
			return err
		}
		if err := putPart(w, p); err != nil {
			return err
		}
		return expectOne(w, `UPDATE jobs SET finished = ?, progress = ? WHERE id = ?`, finishedAt(j), progress, j.ID)
	})
}

// ExpireJobs deletes jobs that were finished before a time.
func (s *SQLite) ExpireJobs(ctx context.Context, before time.Time) error {
	return s.writer.do(ctx, func(w *writer) error {
		return w.exec(`DELETE FROM jobs WHERE finished < ?`, before.Unix())
	})
}

// idsAQuery bounds the ids that one query asks for.
const idsAQuery = 500

// EntriesOf reads the entries of the records of many credential ids: issuer's name → entries, by id.
func (s *SQLite) EntriesOf(ctx context.Context, ids []string) (map[string]map[string][]Entry, error) {
	type row struct {
		id, issuer string
		entry      Entry
		has        bool
	}
	out := make(map[string]map[string][]Entry, len(ids))
	for len(ids) > 0 {
		n := min(idsAQuery, len(ids))
		args := make([]any, n)
		for i, id := range ids[:n] {
			args[i] = id
		}
		ids = ids[n:]
		found, err := rows(ctx, s.read, func(scan func(...any) error) (r row, err error) {
			var list []byte
			var index sql.NullInt64
			var purpose sql.NullString
			err = scan(&r.id, &r.issuer, &list, &index, &purpose)
			copy(r.entry.List[:], list)
			r.entry.Index, r.entry.Purpose, r.has = index.Int64, purpose.String, index.Valid
			return r, err
		}, `SELECT r.id, r.issuer, e.list, e.idx, e.purpose FROM records r LEFT JOIN entries e ON e.record = r.n
			WHERE r.id IN (?`+strings.Repeat(`, ?`, n-1)+`) ORDER BY r.id, r.issuer, e.purpose, e.idx`, args...)
		if err != nil {
			return nil, err
		}
		seen := map[[2]string]bool{}
		for _, r := range found {
			byIssuer := out[r.id]
			if byIssuer == nil {
				byIssuer = map[string][]Entry{}
				out[r.id] = byIssuer
			}
			if key := [2]string{r.id, r.issuer}; !seen[key] { // the same id may be asked for in another query too
				seen[key], byIssuer[r.issuer] = true, []Entry{}
			}
			if r.has {
				byIssuer[r.issuer] = append(byIssuer[r.issuer], r.entry)
			}
		}
	}
	return out, nil
}
