package client

import (
	"context"
	"net/url"

	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/did"
)

// Accreditation is an authority's statement that a subject may issue, verify or accredit something. Held, Why, Detail and Path
// are there if it was asked for alone. Times are RFC 3339, empty: no bound.
type Accreditation struct {
	ID            op.ID               `json:"id"`
	Authority     string              `json:"authority"` // a DID, or the league's URI
	AuthorityName string              `json:"authorityName,omitempty"`
	Subject       did.DID             `json:"subject"`
	Action        trust.Action        `json:"action"`
	Resource      governance.Resource `json:"resource"`
	Limits        trust.Limits        `json:"limits"`
	Parent        *op.ID              `json:"parent,omitempty"`
	Proposal      int64               `json:"proposal,omitempty"`
	State         trust.State         `json:"state"` // by itself
	ValidFrom     string              `json:"validFrom"`
	ValidUntil    string              `json:"validUntil,omitempty"`
	Evidence      string              `json:"evidence,omitempty"`
	Framework     string              `json:"framework,omitempty"`
	Granted       string              `json:"granted"`
	Height        int64               `json:"height"`
	Level         int64               `json:"level"`
	Given         int64               `json:"given"`
	Previous      *op.ID              `json:"previous,omitempty"`
	Changes       []Change            `json:"changes,omitempty"`

	Held   bool      `json:"held,omitempty"` // it and all above it are in force
	Why    trust.Why `json:"why,omitempty"`
	Detail string    `json:"detail,omitempty"`
	Path   []Hop     `json:"path,omitempty"` // from the parent to the league
}

// Change is what happened to an accreditation.
type Change struct {
	State     trust.State  `json:"state"`
	Time      string       `json:"time"`
	Height    int64        `json:"height"`
	Operation op.ID        `json:"operation"`
	By        string       `json:"by"`
	Reason    trust.Reason `json:"reason,omitempty"`
	Note      string       `json:"note,omitempty"`
	From      string       `json:"from,omitempty"`
}

// Path says whether a DID held a right at an instant, and by which hops, from it to the league.
type Path struct {
	Held   bool      `json:"held"`
	Why    trust.Why `json:"why,omitempty"`
	Detail string    `json:"detail,omitempty"`
	At     string    `json:"at"`
	Height int64     `json:"height"`
	Hops   []Hop     `json:"hops"`
}

// Hop is one link of a path: an accreditation or, without ID, a center's membership of the league.
type Hop struct {
	ID            *op.ID              `json:"id,omitempty"`
	Authority     string              `json:"authority"`
	AuthorityName string              `json:"authorityName,omitempty"`
	Subject       did.DID             `json:"subject"`
	SubjectName   string              `json:"subjectName,omitempty"`
	Action        trust.Action        `json:"action"`
	Resource      governance.Resource `json:"resource,omitempty"`
	Limits        trust.Limits        `json:"limits"`
	State         trust.State         `json:"state"`
	ValidFrom     string              `json:"validFrom,omitempty"`
	ValidUntil    string              `json:"validUntil,omitempty"`
	Height        int64               `json:"height,omitempty"`
	Reason        trust.Reason        `json:"reason,omitempty"`
	Proposal      int64               `json:"proposal,omitempty"`
	Framework     string              `json:"framework,omitempty"`
}

// AccreditationQuery selects accreditations; zero fields select all.
type AccreditationQuery struct {
	Subject   string
	Authority string // a DID, or the league's URI
	Parent    string // id of an accreditation
	Action    trust.Action
	Resource  string // "type:…", "prefix:…" or "schema:…"
	After     string // Next of the page before
	Limit     int    // 0: 100
}

// Accreditations lists accreditations. Next of the page is what to give as After for the following one.
func (c *Client) Accreditations(ctx context.Context, q AccreditationQuery) (*Page[Accreditation], error) {
	query := url.Values{}
	set(query, "subject", q.Subject)
	set(query, "authority", q.Authority)
	set(query, "parent", q.Parent)
	set(query, "action", string(q.Action))
	set(query, "resource", q.Resource)
	set(query, "after", q.After)
	setNumber(query, "limit", int64(q.Limit))
	return getPage[Accreditation](ctx, c, "/v1/accreditations", "after", query)
}

// Accreditation reads an accreditation with what stands above it.
func (c *Client) Accreditation(ctx context.Context, id op.ID) (*Accreditation, error) {
	out := &Accreditation{}
	return out, c.get(ctx, "/v1/accreditations/"+id.String(), nil, out)
}

// PathQuery asks whether a DID holds a right. One of Type, Schema and Resource is needed.
type PathQuery struct {
	Issuer       string       // a DID
	Type         string       // credential type
	Schema       string       // digest of a schema, "sha256-…"
	Resource     string       // "type:…", "prefix:…" or "schema:…"
	Action       trust.Action // "": issue
	At           string       // RFC 3339 UTC without sub-seconds; "": now
	Centers      []string     // accepted centers, by DID or name; empty: any
	Authority    string       // that must have a part in the path; "": any
	Jurisdiction string       // ISO 3166; "": not asked
	MaxDepth     int          // accreditations on the path; 0: any
}

// TrustPath asks whether a DID holds a right, and by which path. That it does not is no error: see Path.Held.
func (c *Client) TrustPath(ctx context.Context, q PathQuery) (*Path, error) {
	query := url.Values{}
	set(query, "issuer", q.Issuer)
	set(query, "type", q.Type)
	set(query, "schema", q.Schema)
	set(query, "resource", q.Resource)
	set(query, "action", string(q.Action))
	set(query, "at", q.At)
	set(query, "authority", q.Authority)
	set(query, "jurisdiction", q.Jurisdiction)
	setNumber(query, "maxDepth", int64(q.MaxDepth))
	for _, center := range q.Centers {
		query.Add("center", center)
	}
	out := &Path{}
	return out, c.get(ctx, "/v1/trust/path", query, out)
}

// Graph is a part of the forest of accreditations. Next is what to give as after for the following part, empty at the end.
type Graph struct {
	Nodes []GraphNode `json:"nodes"`
	Edges []GraphEdge `json:"edges"`
	Next  string      `json:"next,omitempty"`
}

// GraphNode is a party: a "league", a "center" or another "did".
type GraphNode struct {
	ID   string `json:"id"`
	Kind string `json:"kind"`
	Name string `json:"name,omitempty"`
}

// GraphEdge is an accreditation or, without ID and with the action "member", a center's membership.
type GraphEdge struct {
	From     string              `json:"from"`
	To       string              `json:"to"`
	ID       *op.ID              `json:"id,omitempty"`
	Action   string              `json:"action"`
	Resource governance.Resource `json:"resource,omitempty"`
	State    string              `json:"state"`
}

// TrustGraph reads the accreditations below root ("": the league; its URI, a DID, or a center's name), at most limit of them
// (0: 100); see TrustGraphAfter for more.
func (c *Client) TrustGraph(ctx context.Context, root string, limit int) (*Graph, error) {
	return c.TrustGraphAfter(ctx, root, "", limit)
}

// TrustGraphAfter is TrustGraph for the part that follows another, whose Next is after.
func (c *Client) TrustGraphAfter(ctx context.Context, root, after string, limit int) (*Graph, error) {
	query := url.Values{}
	set(query, "root", root)
	set(query, "after", after)
	setNumber(query, "limit", int64(limit))
	out := &Graph{}
	if err := c.get(ctx, "/v1/trust/graph", query, out); err != nil {
		return nil, err
	}
	out.Next = cursorOf(out.Next, "after")
	return out, nil
}

// Schema is a registered credential type: its schema by digest. Times are RFC 3339.
type Schema struct {
	Digest         string             `json:"digest"`
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
	Changes        []SchemaChange     `json:"changes,omitempty"`
}

// SchemaChange is a later status of a schema.
type SchemaChange struct {
	Status trust.SchemaStatus `json:"status"`
	Time   string             `json:"time"`
	Height int64              `json:"height"`
}

// SchemaQuery selects schemas; zero fields select all.
type SchemaQuery struct {
	Type  string // credential type
	After string // Next of the page before
	Limit int    // 0: 100
}

// Schemas lists registered schemas by digest.
func (c *Client) Schemas(ctx context.Context, q SchemaQuery) (*Page[Schema], error) {
	query := url.Values{}
	set(query, "type", q.Type)
	set(query, "after", q.After)
	setNumber(query, "limit", int64(q.Limit))
	return getPage[Schema](ctx, c, "/v1/schemas", "after", query)
}

// Schema reads a schema by its digest in SRI form, "sha256-…".
func (c *Client) Schema(ctx context.Context, digest string) (*Schema, error) {
	out := &Schema{}
	return out, c.get(ctx, "/v1/schemas/"+url.PathEscape(digest), nil, out)
}

// Recognition is what one center or league says of another's accreditations.
type Recognition struct {
	By        string                `json:"by"`
	ByName    string                `json:"byName,omitempty"`
	Of        string                `json:"of"`
	OfName    string                `json:"ofName,omitempty"`
	Accepted  bool                  `json:"accepted"`
	Resources []governance.Resource `json:"resources"`
	Since     string                `json:"since"`
	Height    int64                 `json:"height"`
	Operation op.ID                 `json:"operation"`
}

// RecognitionQuery selects statements; zero fields select all.
type RecognitionQuery struct {
	By    string // DID of a center, or the league's URI
	After string // Next of the page before
	Limit int    // 0: 100
}

// Recognitions lists the present statements.
func (c *Client) Recognitions(ctx context.Context, q RecognitionQuery) (*Page[Recognition], error) {
	query := url.Values{}
	set(query, "by", q.By)
	set(query, "after", q.After)
	setNumber(query, "limit", int64(q.Limit))
	return getPage[Recognition](ctx, c, "/v1/recognitions", "after", query)
}

// Recovery is a recovery under way. Times are RFC 3339.
type Recovery struct {
	DID       did.DID `json:"did"`
	Operation op.ID   `json:"operation"`
	By        string  `json:"by"`   // "set" or "league"
	Base      string  `json:"base"` // version id
	Started   string  `json:"started"`
	Height    int64   `json:"height"`
	Due       string  `json:"due"`
}

// Recovery reads the pending recovery of a DID; a *Problem with status 404 where there is none.
func (c *Client) Recovery(ctx context.Context, id did.DID) (*Recovery, error) {
	out := &Recovery{}
	return out, c.get(ctx, "/v1/dids/"+url.PathEscape(id.String())+"/recovery", nil, out)
}
