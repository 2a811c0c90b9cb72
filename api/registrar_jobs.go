package api

import (
	"container/list"
	"crypto/rand"
	"net/http"
	"sync"
	"time"
)

// What registrations may keep in memory.
const (
	jobShare    = 10        // one client may have this part of the open jobs
	endedShare  = 4         // ended jobs are at most this part of the open ones allowed
	maxJobBytes = 128 << 20 // of all jobs, about
	jobOverhead = 1024      // of a job beside its payload, about
	jobFactor   = 4         // a payload and the document made of it
)

// jobStore keeps jobs between calls: a bounded number, for a bounded time. A job that has ended is kept a while too, as
// long as there is room: a client whose connection broke while its operation was committed asks again and gets the same
// answer, instead of signing, and registering, a second time.
type jobStore struct {
	max int
	ttl time.Duration
	now func() time.Time

	mu      sync.Mutex
	jobs    map[string]*list.Element
	open    *list.List     // by expiry: every job lives equally long after it was last asked for
	ended   *list.List     // by the time they ended
	clients map[string]int // open jobs by client
	bytes   int
}

func newJobStore(limit int, ttl time.Duration, now func() time.Time) *jobStore {
	return &jobStore{
		max: limit, ttl: ttl, now: now,
		jobs: make(map[string]*list.Element), open: list.New(), ended: list.New(), clients: make(map[string]int),
	}
}

func (j *job) weight() int { return jobOverhead + jobFactor*len(j.payload) }

// add gives j an id that nobody can guess and keeps it.
func (s *jobStore) add(j *job) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire()
	if j.client != "" && s.clients[j.client] >= max(1, s.max/jobShare) {
		return &Error{Name: "too-many-jobs", Status: http.StatusTooManyRequests, Detail: "too many of your registrations wait for signatures", Retryable: true, After: 10 * time.Second}
	}
	for s.bytes+j.weight() > maxJobBytes && s.ended.Len() > 0 {
		s.remove(s.ended.Front().Value.(*job))
	}
	if s.open.Len() >= s.max || s.bytes+j.weight() > maxJobBytes {
		return &Error{Name: "too-many-jobs", Status: http.StatusServiceUnavailable, Detail: "too many registrations wait for signatures", Retryable: true, After: 10 * time.Second}
	}
	j.jobID, j.expires = rand.Text(), s.now().Add(s.ttl)
	s.jobs[j.jobID] = s.open.PushBack(j)
	s.clients[j.client]++
	s.bytes += j.weight()
	return nil
}

// get returns a job of a kind; the time of an open one starts again. A call of another kind leaves the job alone.
func (s *jobStore) get(id string, k kind) (*job, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire()
	e, found := s.jobs[id]
	if !found || e.Value.(*job).kind != k {
		return nil, false
	}
	j := e.Value.(*job)
	if !j.ended {
		j.expires = s.now().Add(s.ttl)
		s.open.MoveToBack(e)
	}
	return j, true
}

// end keeps a job for those who ask again, and makes room for other open ones.
func (s *jobStore) end(j *job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.jobs[j.jobID]; e == nil || j.ended {
		return
	}
	s.remove(j)
	j.ended, j.expires = true, s.now().Add(s.ttl)
	s.jobs[j.jobID] = s.ended.PushBack(j)
	s.bytes += j.weight()
	for s.ended.Len() > max(1, s.max/endedShare) {
		s.remove(s.ended.Front().Value.(*job))
	}
}

// drop forgets a job.
func (s *jobStore) drop(j *job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(j)
}

// remove takes a job out of everything; s.mu is held.
func (s *jobStore) remove(j *job) {
	e := s.jobs[j.jobID]
	if e == nil {
		return
	}
	delete(s.jobs, j.jobID)
	s.bytes -= j.weight()
	if j.ended {
		s.ended.Remove(e)
		return
	}
	s.open.Remove(e)
	if s.clients[j.client]--; s.clients[j.client] <= 0 {
		delete(s.clients, j.client)
	}
}

// expire forgets jobs whose time is up; s.mu is held.
func (s *jobStore) expire() {
	now := s.now()
	for _, jobs := range []*list.List{s.open, s.ended} {
		for e := jobs.Front(); e != nil && !now.Before(e.Value.(*job).expires); e = jobs.Front() {
			s.remove(e.Value.(*job))
		}
	}
}
