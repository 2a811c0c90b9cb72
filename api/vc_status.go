package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
)

// StatusView is a status that the ledger has.
type StatusView struct {
	CredentialID string          `json:"credentialId,omitempty"`
	Status       bool            `json:"status"`
	Entry        StatusEntryView `json:"credentialStatus"`
	Copies       int             `json:"copies,omitempty"`    // entries that were changed together, of a credential that was issued in copies
	Operation    string          `json:"operation,omitempty"` // absent if the status was so already
	Height       int64           `json:"height"`
}

// StatusEntryView is a status entry (Bitstring Status List 1.0, section 2.1).
type StatusEntryView struct {
	Type    string `json:"type"`
	Purpose string `json:"statusPurpose"`
	Index   string `json:"statusListIndex"`
	List    string `json:"statusListCredential"`
}

const bitstringEntry = "BitstringStatusListEntry"

// setStatus answers POST /credentials/status when the change is committed; 202 if that was not seen in time.
func (a credentialAPI) setStatus(c echo.Context) error {
	if a.opts.Issuance == nil {
		return noIssuance()
	}
	change, err := a.readChange(c)
	if err != nil {
		return err
	}
	if err := requireIssuerScope(c, "write", change.Issuer, "/credentials/status"); err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderCacheControl, cacheNever)
	changed, err := a.opts.Issuance.SetStatus(c.Request().Context(), change)
	if pending, ok := errors.AsType[*issuance.PendingError](err); ok {
		c.Response().Header().Set(echo.HeaderLocation, "/v1/operations/"+pending.Operation.String())
		return writeJSON(c, http.StatusAccepted, mediaJSON, map[string]any{
			"id": pending.Operation, "state": "accepted", "noQuorum": pending.NoQuorum,
		})
	}
	if err != nil {
		return statusError(err)
	}
	view := StatusView{
		CredentialID: change.CredentialID, Status: changed.Value != 0, Height: changed.Height,
		Entry: StatusEntryView{Type: bitstringEntry, Purpose: changed.Purpose, Index: strconv.FormatInt(changed.Index, 10), List: changed.List},
	}
	if changed.Copies > 1 {
		view.Copies = changed.Copies
	}
	if changed.Operation != (op.ID{}) {
		view.Operation = changed.Operation.String()
	}
	setHeight(c, changed.Height)
	return writeJSON(c, http.StatusOK, mediaJSON, view)
}

// readChange reads what is to be changed. VCALM has one credentialStatus object and a boolean status beside it; the
// older dialect also a list of one, with status "1" or "0" inside.
func (a credentialAPI) readChange(c echo.Context) (change issuance.Change, err error) {
	r, err := a.readRequest(c, "credentialId", "credentialStatus", "status", "issuer")
	if err != nil {
		return change, err
	}
	if change.CredentialID, err = memberText(r.body, "", "credentialId"); err != nil {
		return change, err
	}
	if change.Issuer, err = memberText(r.body, "", "issuer"); err != nil {
		return change, err
	}
	entry, ok := r.body["credentialStatus"].(map[string]any)
	if list := each(r.body["credentialStatus"]); !ok && a.older && len(list) == 1 {
		entry, ok = list[0].(map[string]any)
	}
	if !ok {
		return change, badMember("/credentialStatus", "credentialStatus must be an object")
	}
	status, given := r.body["status"]
	if !given && a.older {
		status, given = entry["status"]
	}
	switch status {
	case true, "1":
		change.Value = 1
	case false, "0":
	default:
		given = false
	}
	if _, text := status.(string); !given || (text && !a.older) {
		return change, badMember("/status", "status must be true or false")
	}
	if err := a.readEntry(r, entry, &change); err != nil {
		return change, err
	}
	return change, a.finish(c, r)
}

func (a credentialAPI) readEntry(r *vcRequest, entry map[string]any, change *issuance.Change) error {
	known := []string{"id", "type", "statusPurpose", "statusListIndex", "statusListCredential"}
	if err := knownMembers(entry, "/credentialStatus", known...); err != nil {
		if !a.older {
			return err
		}
		r.ignore(entry, "/credentialStatus", append(known, "status"))
	}
	switch entry["type"] {
	case bitstringEntry, "BitstringStatusList": // VCALM's own examples name the list's type
	default:
		if kind, _ := entry["type"].(string); !a.older || kind == "" {
			return badMember("/credentialStatus/type", "the type of our statuses is "+bitstringEntry)
		}
	}
	var err error
	if change.Purpose, err = memberText(entry, "/credentialStatus", "statusPurpose"); err != nil {
		return err
	}
	if change.List, err = memberText(entry, "/credentialStatus", "statusListCredential"); err != nil {
		return err
	}
	index, err := memberText(entry, "/credentialStatus", "statusListIndex")
	switch {
	case err != nil:
		return err
	case (index == "") != (change.List == ""):
		return badMember("/credentialStatus", "statusListCredential and statusListIndex belong together")
	case index == "":
		return nil
	}
	change.Index, err = strconv.ParseInt(index, 10, 64)
	if err != nil || strconv.FormatInt(change.Index, 10) != index || change.Index < 0 {
		return badMember("/credentialStatus/statusListIndex", "must be a decimal number as a string")
	}
	return nil
}

// memberText reads an optional member that is a non-empty string; at is the object's JSON pointer.
func memberText(object map[string]any, at, name string) (string, error) {
	value, given := object[name]
	if !given {
		return "", nil
	}
	text, ok := value.(string)
	if !ok || text == "" {
		if number, isNumber := value.(json.Number); isNumber && name == "statusListIndex" {
			return number.String(), nil // some clients send the index as a number
		}
		return "", badMember(at+"/"+name, "must be a non-empty string")
	}
	return text, nil
}

// statusError keeps the ledger's refusals that a client can act on.
func statusError(err error) error {
	if refusal, ok := errors.AsType[*exec.Error](err); ok && refusal.Code.Info().Retryable {
		return codeError(refusal)
	}
	return issuanceError(err, "")
}

// edgeOrInternal makes sure that a refusal of an operation that this center made by itself is not shown as the client's mistake.
func edgeOrInternal(err error) error {
	if refusal, ok := errors.AsType[*exec.Error](err); ok {
		if refusal.Code.Info().Retryable {
			return codeError(refusal)
		}
		return fmt.Errorf("operation of this center refused with code %d: %v", refusal.Code, err)
	}
	return err
}
