package apptest

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/did"
)

// Lines on accreditations, statements and schemas. Operations, each signed by the key that has the name of "as" unless there is
// a "by"; an instant is a mark, or +N or -N seconds from the next block's time:
//
//	accredit G as=center-1 subject=A action=issue resource=type:ExampleDegree # issue if left out
//	accredit G as=U parent=P subject=key:k action=accredit depth=1 count=5 validity=60 jurisdictions=DE,FR from=+10 until=+100
//	suspend G as=center-1 reason=fraud note=hm
//	reinstate G as=center-1
//	revoke G as=center-1 reason=fraud from=M
//	recognise center-2 as=center-1 accepted=no resources=type:A,prefix:B  # yes if left out
//	schema S as=center-1 type=ExampleDegree version=2
//	schema-status S as=center-1 status=withdrawn
//	propose P as=center-1 kind=trust.accredit subject=A resource=…  # P is the accreditation's name too
//	propose P as=center-1 kind=trust.revoke accreditation=G why=fraud
//	propose P as=center-1 kind=trust.recognise of=other resources=…    # of: a league
//
// Lines that say something of the state. A right is asked for now, or at an instant:
//
//	mark M                                        # the last block's time
//	held A resource=type:ExampleDegree action=issue at=M depth=2 jurisdiction=DE validity=60 through=U center=center-2 path=A,U,center-1
//	refused A resource=type:ExampleDegree why=accreditationInvalid hops=2
//	grant G suspended at=M                        # by itself

// trust makes the operations of lines that this file knows: see Script.module.
func (s *Script) trust(words []string) (d op.Draft, owner string, ok bool) {
	s.TB.Helper()
	if len(words) < 2 {
		return d, "", false
	}
	name := words[1]
	p, signers := params(words[2:])
	if owner = p["as"]; owner == "" && len(signers) > 0 {
		owner = signers[0]
	}
	switch words[0] {
	case "accredit":
		d = s.Draft("trust.accredit", s.member(owner), s.grantBody(p))
		payload, err := d.Payload()
		s.must(err)
		s.Grants[name] = op.PayloadID(payload)
	case "suspend", "reinstate", "revoke":
		d = s.Draft("trust."+words[0], s.member(owner), s.alterBody(name, p))
	case "recognise":
		d = s.Draft("trust.recognise", s.member(owner), s.recogniseBody(string(s.did(name)), p))
	case "schema":
		d = s.Draft("schema.register", s.member(owner), map[string]any{
			"digest": digestOf(name), "id": "https://a.example/schemas/" + name, "version": fallback(p["version"], "1"), "type": p["type"],
		})
	case "schema-status":
		d = s.Draft("schema.status", s.member(owner), map[string]any{"digest": digestOf(name), "status": p["status"]})
	default:
		return d, "", false
	}
	return d, owner, true
}

// digestOf is the SRI digest of the schema of this name.
func digestOf(name string) string {
	h := sha256.Sum256([]byte("schema " + name))
	return "sha256-" + base64.StdEncoding.EncodeToString(h[:])
}

func (s *Script) grantBody(p map[string]string) map[string]any {
	s.TB.Helper()
	body := map[string]any{
		"subject": string(s.member(p["subject"])), "action": fallback(p["action"], "issue"), "resource": s.resource(p["resource"]),
	}
	limits := map[string]any{}
	for _, name := range []string{"depth", "count", "validity"} {
		if p[name] != "" {
			limits[name] = s.number(p[name], 0)
		}
	}
	if list := split(p["jurisdictions"]); list != nil {
		limits["jurisdictions"] = texts(list)
	}
	if len(limits) > 0 {
		body["limits"] = limits
	}
	if p["parent"] != "" {
		body["parent"] = s.granted(p["parent"]).String()
	}
	for name, member := range map[string]string{"from": "validFrom", "until": "validUntil"} {
		if p[name] != "" {
			body[member] = s.instant(p[name], s.Time)
		}
	}
	if p["framework"] != "" {
		body["framework"] = p["framework"]
	}
	return body
}

// resource is the text of a resource; "schema:S" is that of a schema of the script.
func (s *Script) resource(text string) string {
	if name, ok := strings.CutPrefix(text, "schema:"); ok {
		return "schema:" + digestOf(name)
	}
	return text
}

func (s *Script) alterBody(name string, p map[string]string) map[string]any {
	s.TB.Helper()
	body := map[string]any{"accreditation": s.granted(name).String()}
	for _, member := range []string{"reason", "note"} {
		if p[member] != "" {
			body[member] = p[member]
		}
	}
	if p["from"] != "" {
		body["from"] = s.instant(p["from"], s.Time)
	}
	return body
}

func (s *Script) recogniseBody(of string, p map[string]string) map[string]any {
	return map[string]any{"of": of, "accepted": p["accepted"] != "no", "resources": texts(split(p["resources"]))}
}

func texts(list []string) []any {
	out := make([]any, len(list))
	for i, text := range list {
		out[i] = text
	}
	return out
}

// granted is the id of an accreditation of the script, or of what a proposal of that name made; one that nobody gave.
func (s *Script) granted(name string) (id op.ID) {
	s.TB.Helper()
	if id, ok := s.Grants[name]; ok {
		return id
	}
	if n, ok := s.Proposals[name]; ok {
		s.read(func(r exec.Reader) error {
			p, err := governance.GetProposal(r, n)
			if err == nil && p != nil {
				id = p.ID
			}
			return err
		})
	}
	return id
}

// instant reads a mark, or seconds from a time.
func (s *Script) instant(text string, from int64) int64 {
	if at, ok := s.marks[text]; ok {
		return at
	}
	return from + s.number(strings.TrimPrefix(text, "+"), 0)
}

// trustContent makes the content of a proposal whose kind this file knows, from the name=value words of its line.
func (s *Script) trustContent(kind string, p map[string]string) (content map[string]any, ok bool) {
	switch kind {
	case "trust.accredit":
		return s.grantBody(p), true
	case "trust.suspend", "trust.reinstate", "trust.revoke":
		p = map[string]string{"accreditation": p["accreditation"], "reason": p["why"], "note": p["note"], "from": p["from"]}
		return s.alterBody(p["accreditation"], p), true
	case "trust.recognise":
		return s.recogniseBody(governance.LeagueURI(p["of"]), p), true
	}
	return nil, false
}

// trustState plays lines that say something of the state: see Script.stated.
func (s *Script) trustState(words []string) bool {
	s.TB.Helper()
	if len(words) < 2 {
		return false
	}
	now := s.Time - 1 // the last block's
	switch words[0] {
	case "mark":
		s.marks[words[1]] = now
	case "grant":
		p, _ := params(words[2:])
		at := s.instant(fallback(p["at"], "0"), now)
		var a *trust.Accreditation
		s.read(func(r exec.Reader) (err error) {
			a, err = trust.Get(r, s.granted(words[1]))
			return err
		})
		got := "none"
		if a != nil {
			got = string(a.StateAt(at))
		}
		s.expect(words, got, words[2])
	case "held", "refused":
		s.path(words, now)
	default:
		return false
	}
	return true
}

// path compares the answer to a question with what a line says of it.
func (s *Script) path(words []string, now int64) {
	s.TB.Helper()
	p, _ := params(words[2:])
	var path *trust.Path
	s.read(func(r exec.Reader) (err error) {
		path, err = trust.Find(r, now, s.question(words[1], p, now))
		return err
	})
	got := "refused why=" + string(path.Why)
	if path.Held {
		got = "held"
	}
	want := words[0]
	if words[0] == "refused" {
		want += " why=" + fallback(p["why"], string(path.Why))
	}
	if p["hops"] != "" {
		got += " hops=" + strings.Repeat("|", len(path.Hops))
		want += " hops=" + strings.Repeat("|", int(s.number(p["hops"], 0)))
	}
	if p["path"] != "" {
		got, want = got+" path="+s.route(path), want+" path="+p["path"]
	}
	if got != want {
		s.TB.Fatalf("%s\n\tgot %s (%s)\n\tby %s", strings.Join(words, " "), got, path.Detail, s.route(path))
	}
}

func (s *Script) question(name string, p map[string]string, now int64) trust.Question {
	s.TB.Helper()
	q := trust.Question{
		Subject: s.member(name), Action: trust.Action(fallback(p["action"], "issue")), Resource: governance.Resource(s.resource(p["resource"])),
		At: s.instant(fallback(p["at"], "0"), now), Jurisdiction: p["jurisdiction"],
		Validity: s.number(p["validity"], 0), MaxDepth: s.number(p["depth"], 0),
	}
	for _, c := range split(p["center"]) {
		q.Centers = append(q.Centers, s.did(c))
	}
	switch through := p["through"]; through {
	case "":
	case "league":
		q.Authority = governance.LeagueURI(Name)
	default:
		q.Authority = string(s.member(through))
	}
	return q
}

// route names who is on a path, from the subject upwards, the league left out.
func (s *Script) route(p *trust.Path) string {
	var names []string
	for _, h := range p.Hops {
		names = append(names, s.nameOf(h.Subject))
	}
	return strings.Join(names, ",")
}

func (s *Script) nameOf(d did.DID) string {
	for name, known := range s.DIDs {
		if known == d {
			return name
		}
	}
	return string(d)
}
