package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/did"
)

// The facade of the EBSI Trusted Issuers Registry, version 5, for clients that read. Issuers are the DIDs that were ever
// accredited, in the order of their first accreditation, then the centers that never were. Each accreditation is an attribute
// of its subject (tir_attribute.go); its revisions are the grant and every change of its state.

// TirIssuerLinkView is an issuer in the list.
type TirIssuerLinkView struct {
	DID  did.DID `json:"did"`
	Href string  `json:"href"`
}

// TirIssuerView is an issuer.
type TirIssuerView struct {
	DID           did.DID `json:"did"`
	Attributes    string  `json:"attributes"` // URL of the list
	HasAttributes bool    `json:"hasAttributes"`
}

// TirOldIssuerView is an issuer as ?version=deprecated asks for it: with its attributes, the first ten at most, because each
// costs a signature.
type TirOldIssuerView struct {
	DID        did.DID            `json:"did"`
	Attributes []TirAttributeView `json:"attributes"`
}

// TirAttributeOfView is an attribute, or a revision of one, with whose it is.
type TirAttributeOfView struct {
	DID       did.DID          `json:"did"`
	Attribute TirAttributeView `json:"attribute"`
}

// tirIssuers answers GET /trusted-issuers-registry/v5/issuers.
func (s *Server) tirIssuers(c echo.Context) error {
	page, err := readTirPage(c)
	if err != nil {
		return err
	}
	items, total := []TirIssuerLinkView{}, int64(0)
	if err := s.read(c, func(v *app.View) error {
		list, n, err := issuersFrom(v.Reader(), page)
		for _, id := range list {
			items = append(items, TirIssuerLinkView{DID: id, Href: s.tirURL(id, "")})
		}
		total = n
		return err
	}); err != nil {
		return err
	}
	return sendJSON(c, http.StatusOK, cacheRevalidate, tirPageOf(s.link(tirBase+"/issuers"), "", page, total, items))
}

// issuersFrom reads a page of the issuers and how many there are.
func issuersFrom(r exec.Reader, page tirPage) ([]did.DID, int64, error) {
	subjects, err := trust.SubjectCount(r)
	if err != nil {
		return nil, 0, err
	}
	list, err := trust.Subjects(r, page.first(), page.size)
	if err != nil {
		return nil, 0, err
	}
	centers, err := governance.AllCenters(r)
	if err != nil {
		return nil, 0, err
	}
	var others []did.DID
	for _, center := range centers {
		if _, given, err := trust.OfSubject(r, center.DID, 0, 0); err != nil {
			return nil, 0, err
		} else if given == 0 {
			others = append(others, center.DID)
		}
	}
	list = append(list, window(others, page.first()-subjects, page.size-len(list))...)
	return list, subjects + int64(len(others)), nil
}

// window is what a page shows of a list that begins at its place from (it began before the list, if that is negative), at most n.
func window[T any](list []T, from int64, n int) []T {
	from = max(from, 0)
	if from >= int64(len(list)) || n <= 0 {
		return nil
	}
	return list[from:min(from+int64(n), int64(len(list)))]
}

// tirIssuer answers GET /trusted-issuers-registry/v5/issuers/{did}.
func (s *Server) tirIssuer(c echo.Context) error {
	if err := tirQuery(c, "version"); err != nil {
		return err
	}
	old, err := tirVersion(c)
	if err != nil {
		return err
	}
	id, err := tirIssuerParam(c)
	if err != nil {
		return err
	}
	var attributes []judged
	var total int64
	if err := s.read(c, func(v *app.View) error {
		entries, n, err := tirEntries(v.Reader(), id, tirPage{1, defaultTirPage})
		if err != nil {
			return err
		}
		if total = n; !old {
			return nil
		}
		attributes, err = s.judgeAll(v, entries)
		return err
	}); err != nil {
		return err
	}
	if !old {
		return sendJSON(c, http.StatusOK, cacheRevalidate, TirIssuerView{DID: id, Attributes: s.tirURL(id, "/attributes"), HasAttributes: total > 0})
	}
	views, err := s.tirViews(c, attributes)
	if err != nil {
		return err
	}
	return sendJSON(c, http.StatusOK, cacheRevalidate, TirOldIssuerView{DID: id, Attributes: views})
}

// tirAttributes answers GET /trusted-issuers-registry/v5/issuers/{did}/attributes.
func (s *Server) tirAttributes(c echo.Context) error {
	page, err := readTirPage(c)
	if err != nil {
		return err
	}
	id, err := tirIssuerParam(c)
	if err != nil {
		return err
	}
	base := s.tirURL(id, "/attributes")
	items, total := []TirIDView{}, int64(0)
	if err := s.read(c, func(v *app.View) error {
		entries, n, err := tirEntries(v.Reader(), id, page)
		for _, entry := range entries {
			items = append(items, TirIDView{ID: entry.id, Href: base + "/" + entry.id})
		}
		total = n
		return err
	}); err != nil {
		return err
	}
	return sendJSON(c, http.StatusOK, cacheRevalidate, tirPageOf(base, "", page, total, items))
}
