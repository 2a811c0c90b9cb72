package api

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/credentials"
)

// judged is a revision of an attribute with what the ledger says of it; the body is made without the ledger.
type judged struct {
	entry *tirEntry
	view  TirAttributeView
}

func (s *Server) judgeAll(v *app.View, entries []tirEntry) ([]judged, error) {
	list := make([]judged, len(entries))
	for i := range entries {
		var err error
		if list[i], err = s.judge(v, &entries[i], entries[i].last()); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// judge says what an attribute was at a revision, or is: the path of the right, as the ledger knows it today.
func (s *Server) judge(v *app.View, e *tirEntry, revision tirRevision) (judged, error) {
	r, now := v.Reader(), instantOf(v.Head(), 0, s.opts.Now())
	at := revision.at
	if revision.last {
		at = now
	}
	if e.accreditation == nil {
		return judgeCenter(r, e, at)
	}
	path, err := trust.PathOf(r, now, e.accreditation.ID, at)
	if err != nil {
		return judged{}, err
	}
	above, err := trust.Above(r, e.accreditation)
	if err != nil {
		return judged{}, err
	}
	root := e.accreditation
	if len(above) > 0 {
		root = above[len(above)-1]
	}
	kind := tirRevoked
	switch {
	case path == nil || !path.Held:
	case e.accreditation.Action == trust.Accredit:
		kind = tirTAO
	default:
		kind = tirTI
	}
	return judged{e, TirAttributeView{IssuerType: kind, Tao: e.accreditation.Authority, RootTao: root.Authority}}, nil
}

// judgeCenter says whether a center is a root by its own right: an active member.
func judgeCenter(r exec.Reader, e *tirEntry, at int64) (judged, error) {
	center, err := governance.At(r, e.subject, at)
	if err != nil {
		return judged{}, err
	}
	kind := tirRevoked
	if center != nil && center.Status == governance.Active {
		kind = tirRoot
	}
	return judged{e, TirAttributeView{IssuerType: kind, Tao: string(e.subject), RootTao: string(e.subject)}}, nil
}

// tirViews adds the bodies, signed by the center that serves, and their hashes.
func (s *Server) tirViews(c echo.Context, list []judged) ([]TirAttributeView, error) {
	views := make([]TirAttributeView, len(list))
	for i, one := range list {
		views[i] = one.view
		if i > 0 && one.entry == list[i-1].entry {
			views[i].Body, views[i].Hash = views[i-1].Body, views[i-1].Hash
			continue
		}
		copied, err := s.accreditationCopy(c.Request().Context(), one.entry.copied(s.opts.League))
		if err != nil {
			return nil, err
		}
		hash := sha256.Sum256([]byte(copied.Compact))
		views[i].Body, views[i].Hash = copied.Compact, hex.EncodeToString(hash[:])
	}
	return views, nil
}

// copied is what the body says: the accreditation, or the row of the rule table.
func (e *tirEntry) copied(league string) credentials.Accreditation {
	if e.accreditation != nil {
		return copyOf(e.accreditation)
	}
	own := credentials.Accreditation{
		Authority: governance.LeagueURI(league), Subject: e.subject, Action: string(trust.Accredit), Resource: string(e.resource),
	}
	if e.since != 0 {
		own.ValidFrom = time.Unix(e.since, 0).UTC()
	}
	return own
}
