package api

import (
	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/did"
)

// SchemaView is a registered credential type: its schema by digest.
type SchemaView struct {
	Digest         string             `json:"digest"` // SRI form: "sha256-…"
	ID             string             `json:"id"`
	Version        string             `json:"version"`
	Type           string             `json:"type"`
	Metadata       string             `json:"metadata,omitempty"`
	MetadataDigest string             `json:"metadataDigest,omitempty"`
	Owner          did.DID            `json:"owner"`
	Status         trust.SchemaStatus `json:"status"`
	Time           string             `json:"time"`
	Height         int64              `json:"height"`
	Operation      op.ID              `json:"operation"`
	Changes        []SchemaChangeView `json:"changes,omitempty"`
	Proof          *ProofView         `json:"proof,omitempty"`
}

// SchemaChangeView is a later status of a schema.
type SchemaChangeView struct {
	Status trust.SchemaStatus `json:"status"`
	Time   string             `json:"time"`
	Height int64              `json:"height"`
}

// listSchemas answers GET /v1/schemas.
func (s *Server) listSchemas(c echo.Context) error {
	if err := knownQuery(c, "type", "after", "limit"); err != nil {
		return err
	}
	credentialType, err := textParam(c, "type")
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
	return sendPage(s, c, "after", func(v *app.View) ([]SchemaView, string, error) {
		page, next, err := trust.Schemas(v.Reader(), credentialType, after, limit)
		views := make([]SchemaView, len(page))
		for i := range page {
			views[i] = schemaView(&page[i])
		}
		return views, next, err
	})
}

// getSchema answers GET /v1/schemas/{digest}.
func (s *Server) getSchema(c echo.Context) error {
	digest := pathParam(c, "digest")
	return s.sendRecord(c, func(v *app.View, p prover) (any, error) {
		schema, err := trust.GetSchema(v.Reader(), digest)
		if err != nil {
			return nil, err
		}
		if schema == nil {
			return nil, &exec.Error{Code: exec.CodeUnknownSchema, Detail: "no schema of this digest is registered"}
		}
		view := schemaView(schema)
		view.Proof, err = p.of(trust.SchemaKey(digest))
		return view, err
	})
}

func schemaView(s *trust.Schema) SchemaView {
	view := SchemaView{
		Digest: s.Digest, ID: s.ID, Version: s.Version, Type: s.Type, Metadata: s.Metadata, MetadataDigest: s.MetadataDigest,
		Owner: s.Owner, Status: s.Status, Time: timeText(s.Time), Height: s.Height, Operation: s.Operation,
	}
	for _, change := range s.Changes {
		view.Changes = append(view.Changes, SchemaChangeView{Status: change.Status, Time: timeText(change.Time), Height: change.Height})
	}
	return view
}
