package api

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/api/issuance"
)

// CredentialView is what the center keeps of a credential that it issued.
type CredentialView struct {
	ID         string            `json:"id"`
	Issuer     string            `json:"issuer"` // the issuer's name
	Form       string            `json:"form"`
	Digest     string            `json:"digest"` // base64url SHA-256 of the secured credential
	Issued     string            `json:"issued"`
	Status     []StatusEntryView `json:"credentialStatus,omitempty"`
	Credential json.RawMessage   `json:"verifiableCredential,omitempty"`  // where the issuer retains what it issues
	Copies     json.RawMessage   `json:"verifiableCredentials,omitempty"` // instead: a list, where it was issued in copies
}

// getCredential answers GET /credentials/{id}; ?issuer= names the issuer where several used the same id.
func (a credentialAPI) getCredential(c echo.Context) error {
	id, issuer, err := a.readCredentialID(c, "read")
	if err != nil {
		return err
	}
	kept, err := a.opts.Issuance.Credential(c.Request().Context(), issuer, id)
	if err != nil {
		return issuanceError(err, "")
	}
	c.Response().Header().Set(echo.HeaderCacheControl, cacheNever)
	return writeJSON(c, http.StatusOK, mediaJSON, credentialView(kept))
}

func credentialView(kept issuance.Kept) CredentialView {
	v := CredentialView{
		ID: kept.ID, Issuer: kept.Issuer, Form: string(kept.Form), Digest: kept.Digest,
		Issued: kept.Issued.UTC().Format(time.RFC3339), Credential: kept.Body,
	}
	if len(kept.Body) > 0 && kept.Body[0] == '[' {
		v.Credential, v.Copies = nil, kept.Body
	}
	for n, e := range kept.Entries {
		v.Status = append(v.Status, StatusEntryView{
			Type: bitstringEntry, Purpose: e.Purpose, Index: strconv.FormatInt(e.Index, 10), List: kept.Lists[n],
		})
	}
	return v
}

// deleteCredential answers DELETE /credentials/{id}: what was retained is erased for good. Its status stays and can be changed.
func (a credentialAPI) deleteCredential(c echo.Context) error {
	id, issuer, err := a.readCredentialID(c, "write")
	if err != nil {
		return err
	}
	if err := a.opts.Issuance.Erase(c.Request().Context(), issuer, id); err != nil {
		return issuanceError(err, "")
	}
	c.Response().Header().Set(echo.HeaderCacheControl, cacheNever)
	return c.NoContent(http.StatusAccepted)
}

// readCredentialID reads which credential is meant, and checks that the principal may do that to it.
func (a credentialAPI) readCredentialID(c echo.Context, verb string) (id, issuer string, err error) {
	if a.opts.Issuance == nil {
		return "", "", noIssuance()
	}
	if err := knownQuery(c, "issuer"); err != nil {
		return "", "", err
	}
	if id = pathParam(c, "id"); id == "" {
		return "", "", notFound("credential")
	}
	issuer = c.QueryParam("issuer")
	return id, issuer, requireIssuerScope(c, verb, issuer, "/credentials")
}
