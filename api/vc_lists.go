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
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
)

// Media types of status lists.
const (
	mediaVC         = "application/vc"
	mediaVCJWT      = "application/vc+jwt"
	mediaJSONLD     = "application/ld+json"
	mediaVCSDJWT    = "application/vc+sd-jwt"
	mediaVCCOSE     = "application/vc+cose"
	mediaStatusList = "application/statuslist+jwt" // Token Status List (draft-ietf-oauth-status-list, section 8.1)
	mediaStatusCWT  = "application/statuslist+cwt"
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

// getStatusList answers GET /status-lists/{id}: the list as its issuer signed it, in the encoding that the client takes, now or as it
// was at ?timestamp= (RFC 3339; Bitstring Status List section 3.3) or ?time= (seconds since 1970; Token Status List section 8.4).
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
	as, err := listEncoding(c)
	if err != nil {
		return err
	}
	list, err := a.opts.Issuance.Publish(c.Request().Context(), id, at, as)
	if err == nil {
		if other := tokenInstead(c, list); other != "" {
			list, err = a.opts.Issuance.Publish(c.Request().Context(), id, at, other)
		}
	}
	if elsewhere, ok := errors.AsType[*issuance.ElsewhereError](err); ok {
		return redirectHome(c, elsewhere.URL)
	}
	if err != nil {
		return issuanceError(err, "")
	}
	return a.sendList(c, list)
}

// listOffers are the representations of a list, the default first.
var listOffers = []string{mediaVC, mediaJSONLD, mediaJSON, mediaVCJWT, mediaVCSDJWT, mediaVCCOSE, mediaStatusList, mediaStatusCWT}

// listEncoding is the encoding that a client takes.
func listEncoding(c echo.Context) (issuance.Encoding, error) {
	chosen := negotiate(parseAccept(c.Request().Header.Values(echo.HeaderAccept)), listOffers)
	switch {
	case chosen < 0:
		return "", notAcceptable(listOffers)
	case listOffers[chosen] == mediaStatusList:
		return issuance.AsToken, nil
	case listOffers[chosen] == mediaStatusCWT:
		return issuance.AsCWT, nil
	}
	return issuance.AsCredential, nil
}

// tokenInstead is the encoding of the token that a client takes too which asked for a credential that is secured in another way than
// this one; empty: none.
func tokenInstead(c echo.Context, list *issuance.Publication) issuance.Encoding {
	accepted := parseAccept(c.Request().Header.Values(echo.HeaderAccept))
	if list.As != issuance.AsCredential || negotiate(accepted, credentialOffers(list.Form)) >= 0 {
		return ""
	}
	switch negotiate(accepted, []string{mediaStatusList, mediaStatusCWT}) {
	case 0:
		return issuance.AsToken
	case 1:
		return issuance.AsCWT
	}
	return ""
}

// nativeMedia are the media types of what enveloping forms make.
var nativeMedia = map[credentials.Form]string{credentials.FormJWT: mediaVCJWT, credentials.FormSDJWT: mediaVCSDJWT, credentials.FormCOSE: mediaVCCOSE}

// credentialOffers are the representations of a list's credential, the default first.
func credentialOffers(form credentials.Form) []string {
	offers := []string{mediaVC, mediaJSONLD, mediaJSON}
	if native := nativeMedia[form]; native != "" {
		offers = append(offers, native)
	}
	return offers
}

func notAcceptable(offers []string) error {
	return &Error{Name: "not-acceptable", Status: http.StatusNotAcceptable, Parameter: echo.HeaderAccept,
		Detail: "this status list can be had as " + strings.Join(offers, ", ")}
}

// readTimestamp reads the time that a list is asked for; zero: now.
func (a credentialAPI) readTimestamp(c echo.Context) (at time.Time, err error) {
	if err := knownQuery(c, "timestamp", "time"); err != nil {
		return at, err
	}
	query := c.QueryParams()
	if query.Has("timestamp") && query.Has("time") {
		return at, badParameter("time", "is given beside timestamp: one time is enough")
	}
	if query.Has("time") {
		seconds, err := strconv.ParseInt(query.Get("time"), 10, 64)
		if err != nil || seconds < 1 || seconds > maxListSeconds || strconv.FormatInt(seconds, 10) != query.Get("time") {
			return at, badParameter("time", "must be whole seconds since 1970 like 1795352400")
		}
		return time.Unix(seconds, 0).UTC(), nil
	}
	if !query.Has("timestamp") {
		return at, nil
	}
	if at, err = parseInstant(query.Get("timestamp")); err != nil {
		return at, badParameter("timestamp", "must be a time like 2026-11-22T13:00:00Z")
	}
	return at, nil
}

// maxListSeconds is the end of the year 9999.
const maxListSeconds = 253402300799

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

// sendList sends a token as it is; of a credential, the representation that the client takes: what an enveloping form is made of where
// it asks for that, else JSON (with the same enveloped in it).
func (a credentialAPI) sendList(c echo.Context, list *issuance.Publication) error {
	setHeight(c, list.Height)
	representation := answer{status: http.StatusOK, cache: listCache}
	if list.Past {
		representation.cache = cacheImmutable
	}
	switch list.As {
	case issuance.AsToken:
		representation.media, representation.body = mediaStatusList, list.Token
		return send(c, representation)
	case issuance.AsCWT:
		representation.media, representation.body = mediaStatusCWT, list.Token
		return send(c, representation)
	}
	offers, native := credentialOffers(list.Form), nativeMedia[list.Form]
	chosen := negotiate(parseAccept(c.Request().Header.Values(echo.HeaderAccept)), offers)
	if chosen < 0 {
		return notAcceptable(append(offers, mediaStatusList, mediaStatusCWT))
	}
	representation.media, representation.body = offers[chosen], list.Body
	if offers[chosen] == native {
		if representation.body = []byte(list.Compact); native == mediaVCCOSE {
			representation.body = list.COSE
		}
	}
	return send(c, representation)
}
