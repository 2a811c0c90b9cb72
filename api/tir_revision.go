package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/app"
)

// tirAttribute answers GET …/attributes/{attributeId}: the attribute as it is now.
func (s *Server) tirAttribute(c echo.Context) error {
	if err := tirQuery(c); err != nil {
		return err
	}
	return s.sendTirAttribute(c, func(entry *tirEntry) (tirRevision, error) { return entry.last(), nil })
}

// tirRevision answers GET …/revisions/{revisionId}: the attribute as it was from a change on.
func (s *Server) tirRevision(c echo.Context) error {
	if err := tirQuery(c); err != nil {
		return err
	}
	wanted := pathParam(c, "revisionId")
	return s.sendTirAttribute(c, func(entry *tirEntry) (tirRevision, error) {
		for _, revision := range entry.revisions() {
			if revision.id == hexID(wanted) {
				return revision, nil
			}
		}
		return tirRevision{}, tirRevisionNotFound(wanted)
	})
}

// sendTirAttribute answers with one revision of the attribute that the path names.
func (s *Server) sendTirAttribute(c echo.Context, choose func(*tirEntry) (tirRevision, error)) error {
	id, err := tirIssuerParam(c)
	if err != nil {
		return err
	}
	var one judged
	if err := s.read(c, func(v *app.View) error {
		entry, err := findTirEntry(v.Reader(), id, pathParam(c, "attributeId"))
		if err != nil {
			return err
		}
		revision, err := choose(entry)
		if err != nil {
			return err
		}
		one, err = s.judge(v, entry, revision)
		return err
	}); err != nil {
		return err
	}
	views, err := s.tirViews(c, []judged{one})
	if err != nil {
		return err
	}
	return sendJSON(c, http.StatusOK, cacheRevalidate, TirAttributeOfView{DID: id, Attribute: views[0]})
}

// tirRevisions answers GET …/attributes/{attributeId}/revisions, oldest first: links, or with ?version=deprecated the
// attributes as they were.
func (s *Server) tirRevisions(c echo.Context) error {
	page, err := readTirPage(c, "version")
	if err != nil {
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
	var entry *tirEntry
	var shown []tirRevision
	var attributes []judged
	if err := s.read(c, func(v *app.View) error {
		if entry, err = findTirEntry(v.Reader(), id, pathParam(c, "attributeId")); err != nil {
			return err
		}
		shown = window(entry.revisions(), page.first(), page.size)
		for i := 0; old && i < len(shown); i++ {
			one, err := s.judge(v, entry, shown[i])
			if err != nil {
				return err
			}
			attributes = append(attributes, one)
		}
		return nil
	}); err != nil {
		return err
	}
	base, total := s.tirURL(id, "/attributes/"+entry.id+"/revisions"), int64(len(entry.revisions()))
	if old {
		views, err := s.tirViews(c, attributes)
		if err != nil {
			return err
		}
		return sendJSON(c, http.StatusOK, cacheRevalidate, tirPageOf(base, "&version=deprecated", page, total, views))
	}
	items := []TirIDView{}
	for _, revision := range shown {
		items = append(items, TirIDView{ID: revision.id, Href: base + "/" + revision.id})
	}
	return sendJSON(c, http.StatusOK, cacheRevalidate, tirPageOf(base, "", page, total, items))
}
