package api

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// Media types of status lists.
const (
	mediaVC         = "application/vc"
	mediaVCJWT      = "application/vc+jwt"
	mediaJSONLD     = "application/ld+json"
	mediaStatusList = "application/statuslist+jwt"
)

// StatusListView is a list that was made.
type StatusListView struct {
	ID      string `json:"id"` // its URL: what credentials name as statusListCredential
	Issuer  string `json:"issuer"`
	Purpose string `json:"statusPurpose"`
}

// createStatusList answers POST /status-lists: 201 for a new list, 200 for the one that the issuer has for the purpose.
func (a credentialAPI) createStatusList(c echo.Context) error {
	if a.opts.Issuance == nil {
		return noIssuance()
	}
	body, err := a.readObject(c)
	if err != nil {
		return err
	}
	if err := knownMembers(body, "", "issuer", "statusPurpose"); err != nil && !a.older {
		return err
	}
	name, err := memberText(body, "", "issuer")
	if err != nil {
		return err
	}
	purpose, err := memberText(body, "", "statusPurpose")
	if err != nil {
		return err
	}
	if name == "" || purpose == "" {
		return badMember("", "issuer (its name or DID) and statusPurpose are needed")
	}
	if id, err := did.Parse(name); err == nil {
		issuer, err := a.opts.Issuance.IssuerFor(id, "")
		if err != nil {
			return issuanceError(err, "")
		}
		name = issuer.Name
	}
	list, created, err := a.opts.Issuance.EnsureList(c.Request().Context(), name, purpose)
	if err != nil {
		return issuanceError(err, "")
	}
	h := c.Response().Header()
	h.Set(echo.HeaderLocation, list.URL)
	h.Set(echo.HeaderCacheControl, cacheNever)
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	return writeJSON(c, status, mediaJSON, StatusListView{ID: list.URL, Issuer: name, Purpose: purpose})
}

// getStatusList answers GET /status-lists/{id}: the list as its issuer signed it, now or at ?timestamp=.
func (a credentialAPI) getStatusList(c echo.Context) error {
	id, err := op.ParseID(pathParam(c, "id"))
	if err != nil {
		return notFound("status list")
	}
	at, err := a.readTimestamp(c)
	if err != nil {
		return err
	}
	if a.opts.Issuance == nil {
		return noIssuance()
	}
	c.Response().Header().Add(echo.HeaderVary, echo.HeaderAccept)
	list, err := a.opts.Issuance.Publish(c.Request().Context(), id, at)
	if elsewhere, ok := errors.AsType[*issuance.ElsewhereError](err); ok {
		return redirectHome(c, elsewhere.URL)
	}
	if err != nil {
		return issuanceError(err, "")
	}
	return a.sendList(c, list)
}

func (a credentialAPI) readTimestamp(c echo.Context) (at time.Time, err error) {
	if err := knownQuery(c, "timestamp"); err != nil {
		return at, err
	}
	text := c.QueryParam("timestamp")
	if text == "" && !c.QueryParams().Has("timestamp") {
		return at, nil
	}
	if at, err = parseInstant(text); err != nil {
		return at, badParameter("timestamp", "must be a time like 2026-11-22T13:00:00Z")
	}
	return at, nil
}

// redirectHome sends the client to the center that signs the list.
func redirectHome(c echo.Context, url string) error {
	h := c.Response().Header()
	if query := c.Request().URL.RawQuery; query != "" {
		url += "?" + query
	}
	h.Set(echo.HeaderCacheControl, listCache)
	h.Set(echo.HeaderLocation, url)
	return c.NoContent(http.StatusTemporaryRedirect)
}

var listCache = "public, max-age=" + strconv.Itoa(int(issuance.ListTTL/time.Second))

// sendList picks the representation: the compact JWS where the client asks for it and there is one, else JSON (with the
// JWS enveloped in it).
func (a credentialAPI) sendList(c echo.Context, list *issuance.Publication) error {
	offers := []string{mediaVC, mediaJSONLD, mediaJSON}
	if list.Compact != "" {
		offers = append(offers, mediaVCJWT)
	}
	chosen := negotiate(parseAccept(c.Request().Header.Values(echo.HeaderAccept)), offers)
	if chosen < 0 {
		return &Error{Name: "not-acceptable", Status: http.StatusNotAcceptable, Parameter: echo.HeaderAccept,
			Detail: "this status list can be had as " + strings.Join(offers, ", ") + "; " + mediaStatusList + " is not offered yet"}
	}
	setHeight(c, list.Height)
	representation := answer{status: http.StatusOK, media: offers[chosen], cache: listCache, body: list.Body}
	if offers[chosen] == mediaVCJWT {
		representation.body = []byte(list.Compact)
	}
	if list.Past {
		representation.cache = cacheImmutable
	}
	return send(c, representation)
}
