package api

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did/jcs"
)

// The bounds of a request for bulk changes, which is larger than others.
const (
	bulkBody   = 32 << 20
	bulkValues = 1_000_000
	bulkDepth  = 6
)

// bulkPath is where jobs are found.
const bulkPath = "/credentials/status/bulk"

// JobView is a bulk change of statuses.
type JobView struct {
	ID          string                `json:"id"`
	State       issuance.JobState     `json:"state"`
	Issuer      string                `json:"issuer,omitempty"`
	Total       int                   `json:"total"`
	Done        int                   `json:"done"`
	FailedTotal int                   `json:"failedTotal"`
	Failed      []issuance.JobFailure `json:"failed"`     // the first 100
	Operations  []op.ID               `json:"operations"` // committed
	Height      int64                 `json:"height,omitempty"`
	Created     string                `json:"created"`
	Finished    string                `json:"finished,omitempty"`
}

func jobView(j issuance.Job) JobView {
	v := JobView{
		ID: j.ID, State: j.State, Issuer: j.Issuer, Total: j.Total, Done: j.Done, FailedTotal: j.Failed, Failed: j.Failures,
		Operations: j.Operations, Height: j.Height, Created: j.Created.UTC().Format(time.RFC3339),
	}
	if v.Failed == nil {
		v.Failed = []issuance.JobFailure{}
	}
	if v.Operations == nil {
		v.Operations = []op.ID{}
	}
	if !j.Finished.IsZero() {
		v.Finished = j.Finished.UTC().Format(time.RFC3339)
	}
	return v
}

// setStatusBulk answers POST /credentials/status/bulk: 202 when the job is stored, 200 for one that was stored before.
func (a credentialAPI) setStatusBulk(c echo.Context) error {
	if a.opts.Issuance == nil {
		return noIssuance()
	}
	if principalOf(c).Anonymous && !principalOf(c).Unlimited { // before a large body is read
		return unauthorised("this needs an API key", "")
	}
	request, err := a.readBulk(c)
	if err != nil {
		return err
	}
	if err := requireIssuerScope(c, "write", request.Issuer, "/credentials/status"); err != nil {
		return err
	}
	switch keys := c.Request().Header.Values(headerIdempotency); {
	case len(keys) > 1, len(keys) == 1 && keys[0] == "":
		return badParameter(headerIdempotency, "give one key")
	case len(keys) == 1:
		request.Key = keys[0]
	}
	request.Principal = principalOf(c).Key.ID
	job, created, err := a.opts.Issuance.SetStatusBulk(c.Request().Context(), request)
	if err != nil {
		return issuanceError(err, "")
	}
	h := c.Response().Header()
	h.Set(echo.HeaderLocation, bulkPath+"/"+job.ID)
	h.Set(echo.HeaderCacheControl, cacheNever)
	if created {
		return writeJSON(c, http.StatusAccepted, mediaJSON, jobView(job))
	}
	h.Set("Idempotent-Replayed", "true")
	return writeJSON(c, http.StatusOK, mediaJSON, jobView(job))
}

// getStatusJob answers GET /credentials/status/bulk/{id}.
func (a credentialAPI) getStatusJob(c echo.Context) error {
	if a.opts.Issuance == nil {
		return noIssuance()
	}
	job, err := a.opts.Issuance.BulkJob(c.Request().Context(), pathParam(c, "id"))
	if errors.Is(err, issuance.ErrNotFound) {
		return notFound("job")
	}
	if err != nil {
		return issuanceError(err, "")
	}
	if err := requireIssuerScope(c, "write", job.Issuer, "/credentials/status"); err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderCacheControl, cacheNever)
	return writeJSON(c, http.StatusOK, mediaJSON, jobView(job))
}

// readBulk reads {changes: […]} or {credentialIds: […], statusPurpose, status}, and the issuer's name.
func (a credentialAPI) readBulk(c echo.Context) (r issuance.BulkRequest, err error) {
	if err := requireMedia(c, mediaJSON, "+json"); err != nil {
		return r, err
	}
	if r.Request, err = readLimited(c, bulkBody); err != nil {
		return r, err
	}
	body, err := parseBulk(r.Request)
	if err != nil {
		return r, err
	}
	if err := knownMembers(body, "", "changes", "credentialIds", "statusPurpose", "status", "issuer"); err != nil {
		return r, err
	}
	if r.Issuer, err = memberText(body, "", "issuer"); err != nil {
		return r, err
	}
	changes, listed := body["changes"].([]any)
	ids, named := body["credentialIds"].([]any)
	switch {
	case listed == named:
		return r, badMember("", "one of the lists changes and credentialIds is needed")
	case max(len(changes), len(ids)) > issuance.MaxBulk:
		return r, badMember("", "at most "+strconv.Itoa(issuance.MaxBulk)+" changes are taken at a time")
	case listed && len(changes) == 0:
		return r, badMember("/changes", "is empty: nothing would change")
	case named && len(ids) == 0:
		return r, badMember("/credentialIds", "is empty: nothing would change")
	case listed:
		r.Changes, err = a.readChanges(body, changes)
	default:
		r.Changes, err = readIDs(body, ids)
	}
	return r, err
}

// parseBulk reads the body of a bulk request strictly, as parseJSON does with its own bounds.
func parseBulk(data []byte) (map[string]any, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, badRequest("the body is empty; a JSON text is expected")
	}
	if err := checkShape(data, bulkDepth, bulkValues); err != nil {
		return nil, err
	}
	value, err := jcs.Parse(data, jcs.Limits{MaxBytes: bulkBody, MaxDepth: bulkDepth})
	if err != nil {
		return nil, &Error{Name: "malformed-json", Status: http.StatusBadRequest, Detail: err.Error(), Err: err}
	}
	body, ok := value.(map[string]any)
	if !ok {
		return nil, badMember("", "the body must be a JSON object")
	}
	return body, nil
}

// readIDs reads one change for all of many credentials.
func readIDs(body map[string]any, ids []any) ([]issuance.Change, error) {
	purpose, err := memberText(body, "", "statusPurpose")
	if err != nil {
		return nil, err
	}
	if err := knownPurpose("/statusPurpose", purpose); err != nil {
		return nil, err
	}
	value, err := statusValue(body, "")
	if err != nil {
		return nil, err
	}
	out := make([]issuance.Change, len(ids))
	for n, id := range ids {
		text, ok := id.(string)
		if !ok || text == "" {
			return nil, badMember("/credentialIds/"+strconv.Itoa(n), "must be a non-empty string")
		}
		out[n] = issuance.Change{CredentialID: text, Purpose: purpose, Value: value}
	}
	return out, nil
}

// readChanges reads changes that are like the bodies of POST /credentials/status.
func (a credentialAPI) readChanges(body map[string]any, changes []any) ([]issuance.Change, error) {
	for _, name := range []string{"statusPurpose", "status"} {
		if _, given := body[name]; given {
			return nil, badMember("/"+name, "belongs to credentialIds; each of changes has its own")
		}
	}
	out := make([]issuance.Change, len(changes))
	for n, item := range changes {
		at := "/changes/" + strconv.Itoa(n)
		object, ok := item.(map[string]any)
		if !ok {
			return nil, badMember(at, "must be an object")
		}
		var err error
		if out[n], err = a.readBulkChange(object, at); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (a credentialAPI) readBulkChange(object map[string]any, at string) (change issuance.Change, err error) {
	if err := knownMembers(object, at, "credentialId", "credentialStatus", "status"); err != nil {
		return change, err
	}
	if change.CredentialID, err = memberText(object, at, "credentialId"); err != nil {
		return change, err
	}
	if change.Value, err = statusValue(object, at); err != nil {
		return change, err
	}
	entry, ok := object["credentialStatus"].(map[string]any)
	if !ok {
		return change, badMember(at+"/credentialStatus", "credentialStatus must be an object")
	}
	if err = a.readEntry(&vcRequest{}, entry, &change); err == nil {
		err = knownPurpose("/credentialStatus/statusPurpose", change.Purpose)
	}
	if e, is := errors.AsType[*Error](err); is && e.Pointer != "" {
		e.Pointer = at + e.Pointer
	}
	return change, err
}

// knownPurpose refuses a status purpose that no issuer can have: every change of the job would fail for it.
func knownPurpose(at, purpose string) error {
	switch purpose {
	case "", issuance.Revocation, issuance.Suspension, issuance.StatusPurpose:
		return nil
	}
	return badMember(at, "must be "+issuance.Revocation+" or "+issuance.Suspension)
}

// statusValue reads what a status shall be.
func statusValue(object map[string]any, at string) (uint64, error) {
	switch object["status"] {
	case true:
		return 1, nil
	case false:
		return 0, nil
	}
	return 0, badMember(at+"/status", "status must be true or false")
}
