package api

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/credentials"
)

// batchesAtOnce is how many batches are verified at the same time, of all clients and of one: each may keep every core busy.
const (
	batchesAtOnce    = 4
	batchesPerClient = 2
)

// batchSlots counts the batches that are verified. The zero value is ready.
type batchSlots struct {
	mu    sync.Mutex
	held  map[string]int // by principal
	total int
}

// take takes a slot, if there is one for this principal; "" is counted for nobody.
func (s *batchSlots) take(principal string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.total >= batchesAtOnce || principal != "" && s.held[principal] >= batchesPerClient {
		return false
	}
	if s.held == nil {
		s.held = map[string]int{}
	}
	s.held[principal]++
	s.total++
	return true
}

// leave gives a slot back.
func (s *batchSlots) leave(principal string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total--
	if s.held[principal]--; s.held[principal] <= 0 {
		delete(s.held, principal)
	}
}

// BatchView is the answer to a batch of credentials.
type BatchView struct {
	Verified bool              `json:"verified"` // all of them are
	Results  []BatchResultView `json:"results"`  // in the order of the request
	Bad      []int             `json:"bad"`      // indexes of those that are not verified
}

// BatchResultView is the verdict on one credential of a batch.
type BatchResultView struct {
	Index    int                   `json:"index"`
	Verified bool                  `json:"verified"`
	Problems []credentials.Problem `json:"problemDetails,omitempty"`
	Report   *credentials.Report   `json:"report,omitempty"`
}

// verifyBatch answers POST /credentials/verify/batch: 200 whenever all verifications were completed.
func (a credentialAPI) verifyBatch(c echo.Context) error {
	if a.opts.Verifier == nil {
		return unavailable("this center verifies nothing", nil)
	}
	r, inputs, err := a.readBatch(c)
	if err != nil {
		return err
	}
	results, err := a.judgeBatch(c, r, inputs)
	if err != nil {
		return err
	}
	view := BatchView{Verified: true, Results: make([]BatchResultView, len(inputs)), Bad: []int{}}
	for i, result := range results {
		if result.Err != nil {
			return unavailable("the verification was not completed", result.Err)
		}
		view.Results[i] = r.batchResult(i, result.Report)
		if !view.Results[i].Verified {
			view.Verified, view.Bad = false, append(view.Bad, i)
		}
	}
	c.Response().Header().Set(echo.HeaderCacheControl, cacheNever)
	return writeJSON(c, http.StatusOK, mediaJSON, view)
}

// judgeBatch verifies a batch in a slot, which it gives back before the answer is written: who reads slowly holds up nobody.
func (a credentialAPI) judgeBatch(c echo.Context, r *verifyRequest, inputs [][]byte) ([]credentials.BatchResult, error) {
	principal := principalOf(c).counted(c)
	if !a.batches.take(principal) {
		return nil, &Error{Name: "too-many-batches", Status: http.StatusServiceUnavailable, Retryable: true, After: time.Second,
			Detail: "as many batches as this center verifies at a time are under way"}
	}
	defer a.batches.leave(principal)
	return a.opts.Verifier.VerifyBatch(c.Request().Context(), inputs, r.options), nil
}

func (r *verifyRequest) batchResult(i int, report *credentials.Report) BatchResultView {
	v := BatchResultView{Index: i, Verified: report.Verified()}
	if r.returned.problems {
		v.Problems = problemsOf(report)
	}
	if r.returned.report {
		v.Report = report
	}
	return v
}

// readBatch reads the credentials, as they were written, and the options, which are the same for all.
func (a credentialAPI) readBatch(c echo.Context) (*verifyRequest, [][]byte, error) {
	body, err := a.readRequest(c, "verifiableCredentials", "options")
	if err != nil {
		return nil, nil, err
	}
	list, ok := body.body["verifiableCredentials"].([]any)
	if !ok || len(list) == 0 || len(list) > credentials.MaxBatch {
		return nil, nil, badMember("/verifiableCredentials", "must be a list of 1 to "+strconv.Itoa(credentials.MaxBatch)+" verifiable credentials")
	}
	for i, item := range list {
		switch item.(type) {
		case string, map[string]any:
		default:
			return nil, nil, badMember("/verifiableCredentials/"+strconv.Itoa(i), "a verifiable credential is an object, or a compact form as a string")
		}
	}
	r := &verifyRequest{}
	if r.returned.problems, err = body.options.flag("returnProblemDetails"); err != nil {
		return nil, nil, err
	}
	report, err := body.options.one("report", "full")
	if err != nil {
		return nil, nil, err
	}
	r.returned.report = report == "full"
	if err := a.readChecks(r, &body.options); err != nil {
		return nil, nil, err
	}
	if err := a.finish(c, body); err != nil {
		return nil, nil, err
	}
	text, err := body.text("verifiableCredentials")
	if err != nil {
		return nil, nil, err
	}
	return r, jsonItems(text), nil
}
