package api

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/did"
)

// Bounds of a TRQP query.
const (
	maxTrqpBody       = 16 << 10 // bytes
	maxTrqpIdentifier = 2048     // bytes of an identifier
	maxTrqpConditions = 16       // members of context
)

// trqpQuery is a query of TRQP v2.0 (both kinds have the same members). The exported fields are as they were sent.
type trqpQuery struct {
	Entity, Authority, Action, Resource string
	Context                             map[string]any // nil: none was sent

	league    string // this one
	authority string // DID or LeagueURI
	at        int64  // the instant that is asked about, unix seconds; 0: now
	requested string // context.time in the one spelling of this API; "" if none was sent
}

// trqpConditions are the members of context that have a meaning here. "locator" is a hint that nothing needs.
var trqpConditions = []string{"time", "locator", "jurisdiction"}

// readTrqp reads the body of a query. Members that the specification does not know are passed over, as it asks for.
func (s *Server) readTrqp(c echo.Context) (*trqpQuery, error) {
	if err := knownQuery(c); err != nil {
		return nil, err
	}
	r := c.Request()
	r.Body = http.MaxBytesReader(c.Response(), r.Body, maxTrqpBody)
	body, err := s.readObject(c)
	if err != nil {
		return nil, err
	}
	q := &trqpQuery{league: s.opts.League}
	for _, member := range []struct {
		name  string
		value *string
	}{{"entity_id", &q.Entity}, {"authority_id", &q.Authority}, {"action", &q.Action}, {"resource", &q.Resource}} {
		if *member.value, err = trqpIdentifier(body, member.name); err != nil {
			return nil, err
		}
	}
	q.authority = q.Authority
	if q.Authority == s.opts.League {
		q.authority = governance.LeagueURI(s.opts.League)
	}
	if err := q.readContext(body); err != nil {
		return nil, err
	}
	return q, q.readTime(s.opts.Now())
}

// trqpIdentifier reads a member that must be a non-empty string in the characters of RFC 3986.
func trqpIdentifier(body map[string]any, name string) (string, error) {
	text, ok := body[name].(string)
	switch {
	case !ok || text == "":
		return "", badMember("/"+name, "a string that is not empty is needed")
	case len(text) > maxTrqpIdentifier:
		return "", badMember("/"+name, "longer than 2,048 bytes")
	case strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"<>\\^`{|}", r) }):
		return "", badMember("/"+name, "has a character that no identifier has (RFC 3986)")
	}
	return text, nil
}

// readContext reads the conditions: an object of strings.
func (q *trqpQuery) readContext(body map[string]any) error {
	value, given := body["context"]
	if !given {
		return nil
	}
	object, ok := value.(map[string]any)
	if !ok {
		return badMember("/context", "an object is expected")
	}
	if len(object) > maxTrqpConditions {
		return badMember("/context", "has more than 16 members")
	}
	for name, value := range object {
		if _, ok := value.(string); !ok {
			return badMember("/context/"+escapePointer(name), "a string is expected")
		}
	}
	q.Context = object
	return nil
}

// readTime reads the instant the query is about: context.time, now where it is absent or blank. The future is not known, but
// a client's clock may be a minute ahead.
func (q *trqpQuery) readTime(now time.Time) error {
	text := q.condition("time")
	if text == "" {
		return nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if _, offset := at.Zone(); err != nil || offset != 0 || at.Unix() < 1 {
		return badMember("/context/time", "a time of RFC 3339 in UTC is expected, like 2026-11-22T13:00:00Z")
	}
	if at.After(now.Add(time.Minute)) {
		return badMember("/context/time", "is in the future")
	}
	q.at, q.requested = at.Unix(), timeText(at.Unix())
	return nil
}

// condition is a member of context; "" if it is not there.
func (q *trqpQuery) condition(name string) string {
	text, _ := q.Context[name].(string)
	return text
}

// remark adds to a message which conditions the answer did not look at: nobody must take them for met.
func (q *trqpQuery) remark(message string) string {
	var ignored []string
	for name := range q.Context {
		if !slices.Contains(trqpConditions, name) {
			ignored = append(ignored, name)
		}
	}
	if len(ignored) == 0 {
		return message
	}
	slices.Sort(ignored)
	return message + "; not considered: context." + strings.Join(ignored, ", context.")
}

// right is the action and the resource as the ledger has them. Actions: issue, verify, accredit. A resource is a credential
// type, or one of "type:<type>", "prefix:<beginning of types>" and "schema:<digest>".
func (q *trqpQuery) right() (trust.Action, governance.Resource, error) {
	action := trust.Action(q.Action)
	if action != trust.Issue && action != trust.Verify && action != trust.Accredit {
		return "", "", trqpUnknown("action", q.Action)
	}
	resource, err := q.resource()
	return action, resource, err
}

func (q *trqpQuery) resource() (governance.Resource, error) {
	resource, err := governance.ParseResource(q.Resource)
	if err != nil {
		resource, err = governance.ParseResource(string(governance.TypeResource(q.Resource)))
	}
	if err != nil {
		return "", trqpUnknown("resource", q.Resource)
	}
	return resource, nil
}

// parties checks that the authority and the entity are known here. It also says whether the entity's DID was deactivated at
// the instant.
func (q *trqpQuery) parties(r exec.Reader) (entity did.DID, gone bool, err error) {
	if err := q.knownAuthority(r); err != nil {
		return "", false, err
	}
	entity, err = did.Parse(q.Entity)
	if err != nil {
		return "", false, trqpUnknown("entity", q.Entity)
	}
	league, _, err := did.SplitHanse(entity)
	if entity.Method() != did.HanseMethod || (err == nil && league != q.league) {
		return entity, false, nil
	}
	if err != nil {
		return "", false, trqpUnknown("entity", q.Entity)
	}
	record, err := identity.Get(r, entity)
	if err == nil && record == nil {
		err = trqpUnknown("entity", q.Entity)
	}
	if err != nil {
		return "", false, err
	}
	return entity, record.Deactivated && record.Updated <= q.at, nil
}

// knownAuthority refuses an authority that this league knows nothing of: neither the league itself (by its URI or its name),
// nor a center, present or former, nor anybody who ever gave an accreditation.
func (q *trqpQuery) knownAuthority(r exec.Reader) error {
	if q.authority == governance.LeagueURI(q.league) {
		return nil
	}
	id, err := did.Parse(q.authority)
	if err != nil {
		return trqpUnknown("authority", q.Authority)
	}
	center, err := governance.Get(r, id)
	if err != nil || center != nil {
		return err
	}
	given, _, err := trust.List(r, trust.Filter{Authority: q.authority, Limit: 1})
	if err == nil && len(given) == 0 {
		err = trqpUnknown("authority", q.Authority)
	}
	return err
}

// trqpUnknown is the 404 of TRQP: entity, authority, action or resource not recognized.
func trqpUnknown(what, value string) *Error {
	return &Error{Name: "unknown-" + what, Status: http.StatusNotFound, Detail: what + ` "` + shorten(value) + `" is not known to this registry`}
}
