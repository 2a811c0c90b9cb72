package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"sync"
	"time"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

// job is a registration between two calls.
type job struct {
	kind     kind
	client   string // who began it, as the rate limiter counts; "": not counted
	did      did.DID
	document *did.Document // as it will be; nil for a deactivation
	n        int64         // number of the version it makes
	id       op.ID
	payload  []byte
	requests []wanted

	jobID   string // of the store, like what follows
	expires time.Time
	ended   bool

	mu        sync.Mutex
	submitted bool
	noQuorum  bool
}

// sent notes that the operation is journaled.
func (j *job) sent(noQuorum bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.submitted, j.noQuorum = true, noQuorum
}

// state says whether the operation is journaled, and whether there was a quorum then.
func (j *job) state() (submitted, noQuorum bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.submitted, j.noQuorum
}

// wanted is a key that may sign.
type wanted struct {
	kid did.URL
	key keys.Public
}

// requestName is how signing requests and responses are matched.
func requestName(i int) string { return "signingRequest" + strconv.Itoa(i+1) }

func (j *job) signingInput(w wanted) []byte {
	return op.SigningInput(w.key.Algorithm(), w.kid, j.payload)
}

// accept checks the signatures that a client made; any it made must be good.
func (j *job) accept(ctx context.Context, responses map[string]string) ([]op.Signature, error) {
	var signatures []op.Signature
	for i, w := range j.requests {
		name := requestName(i)
		encoded, found := responses[name]
		if !found {
			continue
		}
		delete(responses, name)
		at := "/secret/signingResponse/" + name + "/signature"
		value, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
		if err != nil {
			return nil, badMember(at, "not base64url without padding")
		}
		if !w.key.Verify(j.signingInput(w), value) {
			return nil, badMember(at, "the signature is not one of "+w.kid.String()+" over serializedPayload")
		}
		signature, err := op.Sign(ctx, j.payload, w.kid, made{w.key, value}) // low S, which consensus asks for
		if err != nil {
			return nil, err
		}
		signatures = append(signatures, signature)
	}
	for name := range responses {
		return nil, badMember("/secret/signingResponse/"+escapePointer(name), "no such signing request")
	}
	return signatures, nil
}

// made is a signer whose one signature was made elsewhere.
type made struct {
	key   keys.Public
	value []byte
}

func (m made) Public() keys.Public                          { return m.key }
func (m made) Sign(context.Context, []byte) ([]byte, error) { return m.value, nil }

// signInternally signs with the keys of the center's keystore that may sign the job.
func (s *Server) signInternally(ctx context.Context, j *job) ([]op.Signature, error) {
	if s.opts.Keystore == nil {
		return nil, badMember("/options/clientSecretMode", "this center keeps no keys for the registrar; sign yourself")
	}
	names, err := s.opts.Keystore.Names(ctx)
	if err != nil {
		return nil, unavailable("the keystore does not answer", err)
	}
	var signatures []op.Signature
	for _, name := range names {
		signer, err := s.opts.Keystore.Signer(ctx, name)
		if err != nil {
			return nil, unavailable("the keystore does not answer", err)
		}
		for _, w := range j.requests {
			if w.key != signer.Public() {
				continue
			}
			signature, err := op.Sign(ctx, j.payload, w.kid, signer)
			if err != nil {
				return nil, unavailable("the keystore does not sign", err)
			}
			signatures = append(signatures, signature)
		}
	}
	if len(signatures) == 0 {
		return nil, badMember("/options/clientSecretMode", "no key of this center controls the DID; sign yourself")
	}
	return signatures, nil
}

func (j *job) view(state DIDState) *RegistrationView {
	state.DID = string(j.did)
	v := &RegistrationView{
		DIDState:             state,
		RegistrationMetadata: map[string]any{"operation": j.id.String()},
		DocumentMetadata:     map[string]any{},
	}
	if _, noQuorum := j.state(); noQuorum {
		v.RegistrationMetadata["noQuorum"] = true
	}
	return v
}

func (j *job) actionView() *RegistrationView {
	requests := make(map[string]SigningRequest, len(j.requests))
	for i, w := range j.requests {
		requests[requestName(i)] = SigningRequest{
			Payload: json.RawMessage(j.payload), SerializedPayload: base64.StdEncoding.EncodeToString(j.signingInput(w)),
			KID: w.kid.String(), Alg: string(w.key.Algorithm()), Purpose: string(did.CapabilityInvocation),
		}
	}
	v := j.view(DIDState{State: "action", Action: "signPayload", SigningRequest: requests})
	v.JobID = &j.jobID
	return v
}

func (j *job) waitView() *RegistrationView {
	v := j.view(DIDState{State: "wait", Wait: "the operation is accepted and waits for a block", WaitTime: 1000})
	v.JobID = &j.jobID
	return v
}

func (j *job) finishedView(receipt app.Receipt) *RegistrationView {
	v := j.view(DIDState{State: "finished", Secret: map[string]any{}})
	v.RegistrationMetadata["height"] = receipt.Height
	v.DocumentMetadata["versionId"] = nextVersionID(j.n, j.id)
	v.DocumentMetadata["updated"] = timeText(receipt.Time)
	switch {
	case j.document == nil:
		v.DocumentMetadata["deactivated"] = true
	default:
		v.DIDState.Document = j.document.Value()
	}
	if j.kind == kindCreate {
		v.DocumentMetadata["created"] = timeText(receipt.Time)
	}
	return v
}

// refusalOf is the error of a receipt that says no.
func refusalOf(receipt app.Receipt) error {
	return &exec.Error{Code: receipt.Code, Detail: "the ledger refused the operation: " + receipt.Code.Info().Name}
}
