package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// League is what a center says of its league.
type League struct {
	League  string             `json:"league"`
	Profile governance.Profile `json:"profile"`
	Height  int64              `json:"height"`
	Time    string             `json:"time"`    // of the last committed block, RFC 3339
	AppHash string             `json:"appHash"` // hexadecimal
	Centers int                `json:"centers"` // members, suspended ones included
	Active  int                `json:"active"`  // those that validate, sponsor and vote
	Version string             `json:"version,omitempty"`
	Rules   Rules              `json:"rules"`
	Upgrade *governance.Plan   `json:"upgrade,omitempty"`
}

// Rules is the rule table.
type Rules struct {
	N     int64             `json:"n"`               // version
	Since string            `json:"since,omitempty"` // empty: genesis
	Rules []governance.Rule `json:"rules"`
}

// Center is a center as it is, or was in one version of its record. Times are RFC 3339, empty: genesis, or no end.
type Center struct {
	Name      string                  `json:"name"`
	DID       did.DID                 `json:"did"`
	API       string                  `json:"api,omitempty"`
	Validator string                  `json:"validator"` // Ed25519 multikey
	Power     int64                   `json:"power"`
	Sponsors  []string                `json:"sponsors"` // Ed25519 multikeys
	Halted    bool                    `json:"halted"`
	Status    governance.CenterStatus `json:"status"`
	Standing  string                  `json:"standing,omitempty"` // since when it has this status
	Since     string                  `json:"since,omitempty"`    // of this version
	Until     string                  `json:"until,omitempty"`
	Height    int64                   `json:"height,omitempty"`
	Cause     string                  `json:"cause"`    // "genesis", "proposal/7", "evidence", "center"
	Evidence  int64                   `json:"evidence"` // how often consensus evidence named one of its validator keys
	Version   int64                   `json:"version"`
	History   []Center                `json:"history,omitempty"` // of one that was asked for alone: the latest 100 versions, oldest first
}

// Proposal is a decision in the making; Votes are there if it was asked for alone. Times are RFC 3339.
type Proposal struct {
	Number    int64                    `json:"number"`
	Operation op.ID                    `json:"operation"` // that proposed it
	Proposer  did.DID                  `json:"proposer"`
	Kind      string                   `json:"kind"`
	Content   json.RawMessage          `json:"content"`
	Before    json.RawMessage          `json:"before,omitempty"` // what the content would replace, as it was when proposed
	Reason    string                   `json:"reason,omitempty"`
	Threshold Threshold                `json:"threshold"`
	Delay     int64                    `json:"delay"` // seconds
	Opened    string                   `json:"opened"`
	Height    int64                    `json:"height"`
	Closes    string                   `json:"closes"`
	State     governance.ProposalState `json:"state"`
	Passed    string                   `json:"passed,omitempty"`
	Ended     string                   `json:"ended,omitempty"`
	EndHeight int64                    `json:"endHeight,omitempty"`
	Failure   string                   `json:"failure,omitempty"` // name of a code
	Tally     Tally                    `json:"tally"`
	Votes     []Vote                   `json:"votes,omitempty"`
}

// Threshold is the fraction of active centers that more than which must say yes.
type Threshold struct {
	Numerator   int64 `json:"numerator"`
	Denominator int64 `json:"denominator"`
}

// Tally is a count of votes.
type Tally struct {
	Yes     int64 `json:"yes"`
	No      int64 `json:"no"`
	Abstain int64 `json:"abstain"`
	Voters  int64 `json:"voters"` // active centers
	Needed  int64 `json:"needed"` // yes votes that pass it
}

// Vote is one center's present vote.
type Vote struct {
	Center    did.DID           `json:"center"`
	Name      string            `json:"name,omitempty"`
	Choice    governance.Choice `json:"choice"`
	Reason    string            `json:"reason,omitempty"`
	Operation op.ID             `json:"operation"`
	Time      string            `json:"time"`
	Height    int64             `json:"height"`
}

// Page is a part of a list. Next is what to give for the following part, empty at the end: a page may have few items, or
// none, and be followed by others.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
}

// get reads a JSON answer.
func (c *Client) get(ctx context.Context, path string, query url.Values, out any) error {
	_, err := c.call(ctx, Request{Method: http.MethodGet, Path: path, Query: query}, nil, out)
	return err
}

// getPage reads a page; cursor is the parameter that says where the next one begins.
func getPage[T any](ctx context.Context, c *Client, path, cursor string, query url.Values) (*Page[T], error) {
	page := &Page[T]{}
	if err := c.get(ctx, path, query, page); err != nil {
		return nil, err
	}
	page.Next = cursorOf(page.Next, cursor) // the center sends the whole address
	return page, nil
}

// cursorOf reads a parameter of a link.
func cursorOf(link, name string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	return u.Query().Get(name)
}

// set adds a parameter unless it is empty.
func set(query url.Values, name, value string) {
	if value != "" {
		query.Set(name, value)
	}
}

// setNumber adds a parameter unless it is 0.
func setNumber(query url.Values, name string, value int64) {
	if value != 0 {
		query.Set(name, strconv.FormatInt(value, 10))
	}
}

// League reads the league's id, head, profile and rules.
func (c *Client) League(ctx context.Context) (*League, error) {
	out := &League{}
	return out, c.get(ctx, "/v1/league", nil, out)
}

// Params reads the ledger parameters by name.
func (c *Client) Params(ctx context.Context) (map[string]int64, error) {
	out := map[string]int64{}
	return out, c.get(ctx, "/v1/params", nil, &out)
}

// Centers lists the members of the league by name; all adds those that were removed.
func (c *Client) Centers(ctx context.Context, all bool) ([]Center, error) {
	query := url.Values{}
	if all {
		query.Set("all", "true")
	}
	page, err := getPage[Center](ctx, c, "/v1/centers", "after", query)
	if err != nil {
		return nil, err
	}
	return page.Items, nil
}

// Center reads a center with its history, by DID or name.
func (c *Client) Center(ctx context.Context, ref string) (*Center, error) {
	out := &Center{}
	return out, c.get(ctx, "/v1/centers/"+url.PathEscape(ref), nil, out)
}

// Proposals lists proposals of a state ("": any) with a number below before (0: from the newest), newest first, at most limit
// (0: 100). Next of the page is the number to give as before for the following one.
func (c *Client) Proposals(ctx context.Context, state string, before int64, limit int) (*Page[Proposal], error) {
	query := url.Values{}
	set(query, "state", state)
	setNumber(query, "before", before)
	setNumber(query, "limit", int64(limit))
	return getPage[Proposal](ctx, c, "/v1/proposals", "before", query)
}

// Proposal reads a proposal with its votes.
func (c *Client) Proposal(ctx context.Context, number int64) (*Proposal, error) {
	out := &Proposal{}
	return out, c.get(ctx, "/v1/proposals/"+strconv.FormatInt(number, 10), nil, out)
}
