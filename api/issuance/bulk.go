package issuance

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/hanse-id/hanse/app/op"
)

// The bounds of bulk changes.
const (
	MaxBulk        = 100_000            // changes of one job
	maxBulkEntries = 1_000_000          // entries of lists that they mean: every copy of a credential has its own
	maxJobs        = 32                 // unfinished jobs
	shownFailed    = 100                // failures that a job names
	jobLife        = 7 * 24 * time.Hour // how long a finished job can be looked at
	jobPatience    = 24 * time.Hour     // after that, what is not committed has failed
	maxAttempts    = 5                  // operations for one part that the ledger refused for good
	bulkInFlight   = 32                 // operations of a job that wait for their block at a time
)

// JobState says how far a job is.
type JobState string

// The states.
const (
	JobRunning JobState = "running"
	JobDone    JobState = "done" // every change is committed or has failed
)

// BulkRequest asks for many changes under one name.
type BulkRequest struct {
	Principal string // who asks: jobs of different principals are different jobs
	Key       string // Idempotency-Key; empty: the same request is one job while that is not finished
	Issuer    string // issuer's name: only its credentials and lists are meant; empty: all
	Request   []byte // the exact bytes that must be the same
	Changes   []Change
}

// Job is a bulk change. Total is Done + Failed when it is finished.
type Job struct {
	ID         string
	Principal  string
	Issuer     string // the issuer's name; empty: all
	Request    [32]byte
	Keyed      bool // named by an Idempotency-Key
	State      JobState
	Created    time.Time
	Finished   time.Time // zero: not yet
	Total      int       // changes asked for
	Done       int       // whose status the ledger has
	Failed     int
	Failures   []JobFailure // the first of them
	Operations []op.ID      // committed
	Height     int64        // of the last of them
	Revision   int64        // counts the writes: who writes must have seen the last one
}

// JobFailure is a change that could not be made.
type JobFailure struct {
	Change       int    `json:"change"` // its place in the request, from 0
	CredentialID string `json:"credentialId,omitempty"`
	Reason       string `json:"reason"`
}

// JobPart is what one operation changes. It is stored before the operation is sent, and the operation with it before that.
type JobPart struct {
	Job       string
	Part      int
	List      op.ID
	Changes   []JobChange // none when Done
	Operation op.ID       // zero: none was made
	Envelope  []byte
	Expires   int64 // exp of the operation, unix seconds
	Attempts  int   // operations that the ledger refused
	Done      bool
	Height    int64 // of the block that has the operation
}

// JobChange is one entry of a list that a job changes.
type JobChange struct {
	Change  int    `json:"c"` // its place in the request
	Index   int64  `json:"i"`
	Value   uint64 `json:"v"`
	Purpose string `json:"p,omitempty"`
}

// JobStore keeps bulk changes.
type JobStore interface {
	// AddJob stores a job with its parts, unless there is one of its id, or an unfinished one of its principal and request: then that
	// one is returned and nothing is stored.
	AddJob(ctx context.Context, j Job, parts []JobPart) (held *Job, err error)
	// Job reads a job; ErrNotFound.
	Job(ctx context.Context, id string) (Job, error)
	// OpenJobs lists the ids of unfinished jobs, oldest first.
	OpenJobs(ctx context.Context) ([]string, error)
	// JobParts lists the parts of a job that are not done.
	JobParts(ctx context.Context, job string) ([]JobPart, error)
	// PutPart replaces a part whose operation is still old, and with it what changes of the job: state, counts, failures and
	// operations. The stored job must have j's Revision, and gets the next. ErrExists if another process was faster, with this part or
	// with another of the job; then nothing was stored.
	PutPart(ctx context.Context, old op.ID, p JobPart, j Job) error
	// ExpireJobs deletes jobs that were finished before a time.
	ExpireJobs(ctx context.Context, before time.Time) error
	// EntriesOf reads the entries of the records of many credential ids: issuer's name → entries, by id.
	EntriesOf(ctx context.Context, ids []string) (map[string]map[string][]Entry, error)
}

// SetStatusBulk takes many changes over: they are stored when it returns, and are made in the background, also after a restart, in as
// few operations as fit. What cannot be made is named by the job and stops nothing else. The same request again is the same job: by
// its Idempotency-Key as long as the job is kept, without one until it is finished. Errors: ErrRequest, ErrKeyReused, ErrUnavailable.
func (s *Service) SetStatusBulk(ctx context.Context, r BulkRequest) (j Job, created bool, err error) {
	if len(r.Changes) == 0 || len(r.Changes) > MaxBulk {
		return Job{}, false, refuse(ErrRequest, "", fmt.Sprintf("1 to %d changes are needed", MaxBulk))
	}
	if len(r.Key) > maxKey {
		return Job{}, false, refuse(ErrRequest, "", fmt.Sprintf("an Idempotency-Key has 1 to %d bytes", maxKey))
	}
	j = Job{
		ID: rand.Text(), Principal: r.Principal, Issuer: r.Issuer, Request: s.seal.Fingerprint([]byte("bulk"), []byte(r.Issuer), r.Request),
		State: JobRunning, Created: s.opts.Now().UTC().Truncate(time.Second), Total: len(r.Changes),
	}
	if r.Key != "" {
		sum := sha256.Sum256([]byte("bulk\x00" + r.Principal + "\x00" + r.Key))
		j.ID, j.Keyed = base64.RawURLEncoding.EncodeToString(sum[:]), true
	}
	if held, err := s.store.Job(ctx, j.ID); err == nil {
		return held, false, sameRequest(held, j)
	}
	open, err := s.store.OpenJobs(ctx)
	if err != nil {
		return Job{}, false, unavailable("the issuance store cannot be read", err)
	}
	if len(open) >= maxJobs {
		return Job{}, false, unavailable("too many bulk changes are under way", nil)
	}
	parts, err := s.planJob(ctx, &j, r.Changes)
	if err != nil {
		return Job{}, false, err
	}
	held, err := s.store.AddJob(ctx, j, parts)
	switch {
	case err != nil:
		return Job{}, false, unavailable("the issuance store cannot be written", err)
	case held != nil:
		return *held, false, sameRequest(*held, j)
	}
	s.wakeBulk()
	return j, true, nil
}

// sameRequest refuses another request under a key that was used.
func sameRequest(held, j Job) error {
	if held.Request != j.Request {
		return refuse(ErrKeyReused, "", "this Idempotency-Key was used for another request")
	}
	return nil
}

// BulkJob reads a job. ErrNotFound.
func (s *Service) BulkJob(ctx context.Context, id string) (Job, error) {
	j, err := s.store.Job(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound):
		return Job{}, refuse(ErrNotFound, "", "no such job")
	case err != nil:
		return Job{}, unavailable("the issuance store cannot be read", err)
	}
	return j, nil
}
