package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// The registrar speaks DIF Universal Registrar 1.0 for did:hanse (interfaces.md, section 2). Client-managed secrets are
// the default: the server drafts the operation, the client signs it, and no private key ever comes near.

// registrarRoutes are those of section 2.
func (s *Server) registrarRoutes() []route {
	return []route{
		{Method: http.MethodPost, Path: "/1.0/create", Handler: s.registrar(kindCreate), CORS: true},
		{Method: http.MethodPost, Path: "/1.0/update", Handler: s.registrar(kindUpdate), CORS: true},
		{Method: http.MethodPost, Path: "/1.0/deactivate", Handler: s.registrar(kindDeactivate), CORS: true},
		{Method: http.MethodGet, Path: "/:did/log", Handler: s.didLog},
	}
}

// kind is what a registrar call does; it is also the last segment of its path.
type kind string

const (
	kindCreate     kind = "create"
	kindUpdate     kind = "update"
	kindDeactivate kind = "deactivate"
)

// scopeRegistrar is what the internal-secret mode needs: write:/1.0/create, write:/1.0/update, write:/1.0/deactivate.
func (k kind) scope() string { return "write:/1.0/" + string(k) }

// registrarWait is how long a call waits for its operation without "Prefer: wait".
const registrarWait = 10 * time.Second

// RegistrationView is a registrar's answer.
type RegistrationView struct {
	JobID                *string        `json:"jobId"`
	DIDState             DIDState       `json:"didState"`
	RegistrationMetadata map[string]any `json:"didRegistrationMetadata"`
	DocumentMetadata     map[string]any `json:"didDocumentMetadata"`
}

// DIDState is the state of a registration: finished, failed, action or wait.
type DIDState struct {
	State          string                    `json:"state"`
	DID            string                    `json:"did,omitempty"`
	Secret         map[string]any            `json:"secret,omitempty"`
	Document       any                       `json:"didDocument,omitempty"`
	Action         string                    `json:"action,omitempty"`         // state action: "signPayload"
	SigningRequest map[string]SigningRequest `json:"signingRequest,omitempty"` // state action
	Wait           string                    `json:"wait,omitempty"`           // state wait: what for
	WaitTime       int64                     `json:"waittime,omitempty"`       // state wait: milliseconds
	Error          string                    `json:"error,omitempty"`          // state failed: a stable word
	Reason         string                    `json:"reason,omitempty"`         // state failed: for people
	Pointer        string                    `json:"pointer,omitempty"`        // state failed: JSON pointer to the bad member
}

// SigningRequest is one signature that the client may make. Any threshold of them suffices.
type SigningRequest struct {
	Payload           any    `json:"payload"`           // the operation, for people and for checking
	SerializedPayload string `json:"serializedPayload"` // base64 of the bytes to sign: the JWS signing input
	KID               string `json:"kid"`
	Alg               string `json:"alg"`
	Purpose           string `json:"purpose"` // "capabilityInvocation"
}

// registrar answers one of the three calls.
func (s *Server) registrar(k kind) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderCacheControl, cacheNever)
		view, err := s.register(c, k)
		if err != nil {
			return s.sendFailed(c, edgeError(err))
		}
		status := http.StatusOK
		if k == kindCreate && view.DIDState.State == "finished" {
			status = http.StatusCreated
		}
		return writeJSON(c, status, mediaJSON, view)
	}
}

// sendFailed answers in the registrar's own shape: 400 for what the client can mend, 5xx otherwise. What concerns the
// transport (who may ask, how much) stays a problem document.
func (s *Server) sendFailed(c echo.Context, e *Error) error {
	switch e.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestEntityTooLarge, http.StatusTooManyRequests:
		if e.Err == nil { // not a ledger's refusal
			return e
		}
	}
	s.logError(c, e)
	status := e.Status
	if status < http.StatusInternalServerError {
		status = http.StatusBadRequest
	}
	problem := problemOf(e, requestID(c))
	return writeJSON(c, status, mediaJSON, RegistrationView{
		DIDState:             DIDState{State: "failed", Error: e.Name, Reason: or(problem.Detail, problem.Title), Pointer: e.Pointer},
		RegistrationMetadata: map[string]any{"requestId": problem.RequestID, "retryable": e.Retryable},
		DocumentMetadata:     map[string]any{},
	})
}

// register does what a call asks: begins a job, or goes on with one.
func (s *Server) register(c echo.Context, k kind) (*RegistrationView, error) {
	if err := knownQuery(c, "method"); err != nil {
		return nil, err
	}
	if method := c.QueryParam("method"); method != "hanse" && (k == kindCreate || method != "") {
		return nil, badParameter("method", "this registrar registers did:hanse: method=hanse")
	}
	body, err := s.readObject(c)
	if err != nil {
		return nil, err
	}
	request, err := parseRegistration(body, k)
	if err != nil {
		return nil, err
	}
	if !request.clientSecrets {
		if err := requireScope(c, k.scope()); err != nil {
			return nil, err
		}
	}
	wait, err := s.preferredWait(c)
	if err != nil {
		return nil, err
	}
	ctx := c.Request().Context()
	if request.jobID != "" {
		return s.resume(ctx, request, k, or(wait, registrarWait))
	}
	job, err := s.draft(ctx, request, k)
	if err != nil {
		return nil, err
	}
	job.client = principalOf(c).counted(c)
	if request.clientSecrets {
		return s.askForSignatures(job)
	}
	signatures, err := s.signInternally(ctx, job)
	if err != nil {
		return nil, err
	}
	return s.finish(ctx, job, signatures, or(wait, registrarWait))
}

// resume goes on with a job: signatures arrived, or somebody asks how it stands. A call that is repeated, because its answer
// was lost or did not come in time, is answered like the first: the job's one operation can take effect only once.
func (s *Server) resume(ctx context.Context, request *registration, k kind, wait time.Duration) (*RegistrationView, error) {
	job, found := s.jobs.get(request.jobID, k)
	if !found {
		return nil, badMember("/jobId", "no such job: it has failed or expired, or was never begun here by this call")
	}
	if submitted, _ := job.state(); submitted {
		return s.await(ctx, job, wait)
	}
	if len(request.signatures) == 0 {
		return job.actionView(), nil
	}
	signatures, err := job.accept(ctx, request.signatures)
	if err != nil {
		s.jobs.drop(job)
		return nil, err
	}
	return s.finish(ctx, job, signatures, wait)
}

func (s *Server) askForSignatures(job *job) (*RegistrationView, error) {
	if err := s.jobs.add(job); err != nil {
		return nil, err
	}
	return job.actionView(), nil
}

// finish submits the signed operation and waits for its receipt.
func (s *Server) finish(ctx context.Context, job *job, signatures []op.Signature, wait time.Duration) (*RegistrationView, error) {
	envelope, err := op.Assemble(job.payload, signatures)
	if err != nil {
		return nil, err
	}
	submissions, err := s.opts.Ledger.Submit(ctx, [][]byte{envelope})
	if err != nil {
		return nil, ledgerError(err)
	}
	if len(submissions) != 1 {
		return nil, fmt.Errorf("ledger answered %d submissions for one envelope", len(submissions))
	}
	refusal := submissions[0].Error
	if refusal != nil && refusal.Code != exec.CodeDuplicate { // a duplicate is this very operation, sent by a repeated call
		if !refusal.Code.Info().Retryable {
			s.jobs.drop(job)
		}
		return nil, refusal
	}
	job.sent(submissions[0].NoQuorum)
	return s.await(ctx, job, wait)
}

// await turns the receipt of a submitted job into an answer; without one in time the job stays and the state is wait.
func (s *Server) await(ctx context.Context, job *job, wait time.Duration) (*RegistrationView, error) {
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	receipt, err := s.opts.Ledger.Wait(waiting, job.id)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		s.log.Warn("waiting for an operation was interrupted", "error", err) // it is journaled: the job goes on
	}
	switch receipt.State {
	case app.Committed:
		s.jobs.end(job)
		return job.finishedView(receipt), nil
	case app.Rejected:
		s.jobs.end(job)
		return nil, refusalOf(receipt)
	}
	if job.jobID == "" { // signed internally: nobody had to be asked before
		if err := s.jobs.add(job); err != nil {
			return nil, err
		}
	}
	return job.waitView(), nil
}

// nextVersionID is the version id that operation id makes as version n (ledger.md, section 4).
func nextVersionID(n int64, id op.ID) string { return fmt.Sprintf("%d-%s", n, id) }

// ledgerDID parses a did:hanse of this league.
func (s *Server) ledgerDID(text string) (did.DID, error) {
	id, err := did.Parse(text)
	if err != nil {
		return "", badMember("/did", "not a DID")
	}
	league, _, err := did.SplitHanse(id)
	if err != nil || league != s.opts.League {
		return "", badMember("/did", "not a did:hanse of this league")
	}
	return id, nil
}
