package api

import (
	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/trust"
)

// RecognitionView is what one center (or the league, of other leagues) says of another's accreditations.
type RecognitionView struct {
	By        string                `json:"by"` // DID of a center, or the league's URI
	ByName    string                `json:"byName,omitempty"`
	Of        string                `json:"of"` // DID of a center, or the URI of another league
	OfName    string                `json:"ofName,omitempty"`
	Accepted  bool                  `json:"accepted"`
	Resources []governance.Resource `json:"resources"`
	Since     string                `json:"since"`
	Height    int64                 `json:"height"`
	Operation op.ID                 `json:"operation"`
}

// listRecognitions answers GET /v1/recognitions.
func (s *Server) listRecognitions(c echo.Context) error {
	if err := knownQuery(c, "by", "after", "limit"); err != nil {
		return err
	}
	by, err := authorityParam(c, "by")
	if err != nil {
		return err
	}
	after, err := textParam(c, "after")
	if err != nil {
		return err
	}
	limit, err := limitParam(c)
	if err != nil {
		return err
	}
	return sendPage(s, c, "after", func(v *app.View) ([]RecognitionView, string, error) {
		page, next, err := trust.Recognitions(v.Reader(), by, after, limit)
		if err != nil {
			return nil, "", err
		}
		names, views := newNaming(v.Reader()), make([]RecognitionView, len(page))
		for i, r := range page {
			if views[i], err = recognitionView(r, names); err != nil {
				return nil, "", err
			}
		}
		return views, next, nil
	})
}

func recognitionView(r trust.Recognition, names *naming) (view RecognitionView, err error) {
	view = RecognitionView{
		By: r.By, Of: r.Of, Accepted: r.Accepted, Resources: append([]governance.Resource{}, r.Resources...), Since: timeText(r.Since),
		Height: r.Height, Operation: r.ID,
	}
	if view.ByName, err = names.of(r.By); err != nil {
		return view, err
	}
	view.OfName, err = names.of(r.Of)
	return view, err
}
