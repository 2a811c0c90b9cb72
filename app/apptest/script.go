package apptest

import (
	"strconv"
	"strings"
	"testing"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// Script is a scenario under way. Each line is one operation in a block of its own; lines between { and } share a block:
//
//	create A keys=a1,a2 threshold=2 next=a3 controllers=B,C auth=x1 services=1 recovery=B by a1,a2
//	update A keys=a3 prev=1 by a3              # prev: the version it names; the present one if left out
//	deactivate A reveal=a4 by ~a4              # ~: named by its multikey, as revealed keys are
//	list L owner=A issuer=key:i operators=o1 purposes=revocation bits=1 size=131072 by a1
//	lease L count=8192 replica=r1 by o1
//	set L 5=1 6=0 by o1
//	again                                      # the last operation once more
//	time +3600                                 # block time passes
//	reopen                                     # the node restarts
//
// Lines about the league stand in script_governance.go, about accreditations in script_trust.go, about recovery in
// script_recovery.go. What is left out is the simplest thing that works. Signers are key names: of the DID itself, "B/b1" of another one,
// "key:i" for did:key, operators as they are. "-> code" at the end is the expected outcome, "?" any; ok if there is none.
type Script struct {
	*League
	DIDs      map[string]did.DID
	Lists     map[string]op.ID
	Proposals map[string]int64   // numbers
	Grants    map[string]op.ID   // accreditations
	Results   []app.OpResult     // one a line that made an operation
	owners    map[string]did.DID // of lists
	marks     map[string]int64   // block times
	last      []byte
	group     []line
	grouped   bool
}

// line is one operation of a block with its expected outcome.
type line struct {
	text     string
	envelope []byte
	want     string
}

// Run plays a scenario in a league of its own and fails the test at the first unexpected outcome.
func Run(tb testing.TB, o Options, text string) *Script {
	tb.Helper()
	s := &Script{
		League: New(tb, o), DIDs: map[string]did.DID{}, Lists: map[string]op.ID{}, Proposals: map[string]int64{},
		Grants: map[string]op.ID{}, owners: map[string]did.DID{}, marks: map[string]int64{},
	}
	for i, c := range s.Centers {
		s.DIDs["center-"+strconv.Itoa(i+1)] = c
	}
	s.Play(text)
	return s
}

// Play goes on with more lines.
func (s *Script) Play(text string) {
	s.TB.Helper()
	for text := range strings.Lines(text) {
		text, _, _ = strings.Cut(text, "#")
		if text = strings.TrimSpace(text); text != "" {
			s.play(text)
		}
	}
}

func (s *Script) play(text string) {
	s.TB.Helper()
	command, want, _ := strings.Cut(text, "->")
	words := strings.Fields(command)
	switch words[0] {
	case "{":
		s.grouped = true
	case "}":
		s.grouped = false
		s.flush()
	case "time":
		seconds, err := strconv.ParseInt(strings.TrimPrefix(words[1], "+"), 10, 64)
		s.must(err)
		s.Time += seconds
	case "reopen":
		s.Restart()
	default:
		if s.stated(words) {
			return
		}
		if want = strings.TrimSpace(want); want == "" {
			want = "ok"
		}
		s.group = append(s.group, line{text, s.operation(words), want})
		if !s.grouped {
			s.flush()
		}
	}
}

// flush executes the collected lines as a block.
func (s *Script) flush() {
	s.TB.Helper()
	envelopes := make([][]byte, len(s.group))
	for i, l := range s.group {
		envelopes[i] = l.envelope
	}
	results := s.Do(envelopes...)
	for i, l := range s.group {
		if got := results[i].Code.Info().Name; got != l.want && l.want != "?" {
			err := s.App.Admit(s.Decode(l.envelope), s.Time)
			s.TB.Fatalf("%s\n\tgot %s; now: %v", l.text, got, err)
		}
	}
	s.Results = append(s.Results, results...)
	s.group = nil
}

// params reads name=value words; signers stand after "by".
func params(words []string) (p map[string]string, signers []string) {
	p = map[string]string{}
	for i, w := range words {
		if w == "by" {
			return p, strings.Split(words[i+1], ",")
		}
		name, value, _ := strings.Cut(w, "=")
		p[name] = value
	}
	return p, nil
}

func split(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

func (s *Script) operation(words []string) []byte {
	s.TB.Helper()
	if words[0] == "again" {
		return s.last
	}
	if d, owner, ok := s.module(words); ok {
		_, signers := params(words[1:])
		if signers == nil {
			signers = []string{owner}
		}
		s.last = s.Sign(d, s.signers(owner, signers)...)
		return s.last
	}
	name := words[1]
	p, signers := params(words[2:])
	var d op.Draft
	switch words[0] {
	case "create":
		body := s.target(p)
		body["salt"] = Salt(name)
		id, err := op.CreatedDID(Name, body)
		s.must(err)
		s.DIDs[name] = id
		d = s.Draft("did.create", id, body)
	case "update":
		body := s.target(p)
		body["prev"] = s.prev(name, p["prev"])
		d = s.Draft("did.update", s.did(name), body)
	case "deactivate":
		body := map[string]any{"prev": s.prev(name, p["prev"])}
		if keys := split(p["reveal"]); keys != nil {
			body["keys"] = Multikeys(keys...)
		}
		d = s.Draft("did.deactivate", s.did(name), body)
	case "list":
		d = s.list(p)
		payload, err := d.Payload()
		s.must(err)
		s.Lists[name], s.owners[name] = op.PayloadID(payload), d.By
		name = p["owner"]
	case "lease":
		d = s.byOwner("status.lease", name, p, map[string]any{
			"count": s.number(p["count"], 8192), "replica": fallback(p["replica"], "r1"),
		})
	case "set":
		set := map[string]any{}
		for index, value := range p {
			if index != "as" {
				set[index] = s.number(value, 0)
			}
		}
		d = s.byOwner("status.set", name, p, map[string]any{"set": set})
	default:
		s.TB.Fatalf("%s: no such line", words[0])
	}
	s.last = s.Sign(d, s.signers(name, signers)...)
	return s.last
}

// module makes the operation of a line that a file of its own knows: its draft, and the DID of the script that signs with a
// key of its own name where the line has no "by".
func (s *Script) module(words []string) (d op.Draft, owner string, ok bool) {
	if d, owner, ok = s.governance(words); ok {
		return d, owner, true
	}
	if d, owner, ok = s.trust(words); ok {
		return d, owner, true
	}
	return s.recovery(words)
}

// stated plays a line that is no operation but says something of the state, and fails the test if it is not so.
func (s *Script) stated(words []string) bool {
	s.TB.Helper()
	return s.governanceState(words) || s.trustState(words) || s.recoveryState(words)
}

// list makes a status.create.
func (s *Script) list(p map[string]string) op.Draft {
	owner := s.did(p["owner"])
	issuer := string(owner)
	if name, ok := strings.CutPrefix(p["issuer"], "key:"); ok {
		issuer = Key(name).Public().DIDKey()
	} else if strings.HasPrefix(p["issuer"], "did:") {
		issuer = p["issuer"]
	} else if p["issuer"] != "" {
		issuer = string(s.did(p["issuer"]))
	}
	purposes := []any{}
	for _, purpose := range strings.Split(fallback(p["purposes"], "revocation"), ",") {
		purposes = append(purposes, purpose)
	}
	return s.Draft("status.create", owner, map[string]any{
		"issuer": issuer, "operators": Multikeys(strings.Split(fallback(p["operators"], "o1"), ",")...), "purposes": purposes,
		"size": s.number(p["size"], 131072), "bits": s.number(p["bits"], 1), "url": fallback(p["url"], "https://a.example/status-lists/"),
	})
}

// byOwner makes an operation on a list, in the name of its owner or of "as=".
func (s *Script) byOwner(kind, list string, p map[string]string, body map[string]any) op.Draft {
	id := s.Lists[list]
	body["list"] = id.String()
	if p["as"] != "" {
		return s.Draft(kind, s.did(p["as"]), body)
	}
	return s.Draft(kind, s.owners[list], body)
}

func (s *Script) target(p map[string]string) map[string]any {
	doc := Document(split(p["keys"])...)
	for _, n := range split(p["auth"]) {
		extra := Document(n)
		methods, _ := doc["verificationMethod"].([]any)
		doc["verificationMethod"] = append(methods, extra["verificationMethod"].([]any)...)
		doc["authentication"] = []any{"#" + n}
	}
	if list := split(p["controllers"]); list != nil {
		controllers := make([]any, len(list))
		for i, n := range list {
			controllers[i] = string(s.did(n))
		}
		doc["controller"] = controllers
	}
	if n := s.number(p["services"], 0); n > 0 {
		services := make([]any, n)
		for i := range services {
			services[i] = map[string]any{"id": "#s" + strconv.Itoa(i), "type": "Web", "serviceEndpoint": "https://a.example"}
		}
		doc["service"] = services
	}
	body := map[string]any{"document": doc}
	if p["threshold"] != "" {
		body["threshold"] = s.number(p["threshold"], 1)
	}
	if list := split(p["next"]); list != nil {
		next := make([]any, len(list))
		for i, n := range list {
			next[i] = MultikeyHash(n)
		}
		body["next"] = next
	}
	if recovery := s.declaration(p); recovery != nil {
		body["recovery"] = recovery
	}
	return body
}

// did is a DID of the script, or one that nobody created.
func (s *Script) did(name string) did.DID {
	if d, ok := s.DIDs[name]; ok {
		return d
	}
	d, err := op.CreatedDID(Name, map[string]any{"nobody": name})
	s.must(err)
	return d
}

// prev is the version id of a number, of the present version if there is none.
func (s *Script) prev(name, number string) string {
	view, err := s.App.View(0)
	s.must(err)
	defer view.Close()
	record, err := identity.Get(view.Reader(), s.did(name))
	if number != "" {
		record, err = identity.Nth(view.Reader(), s.did(name), s.number(number, 0))
	}
	if err != nil || record == nil {
		return "1-none"
	}
	return record.VersionID
}

func (s *Script) signers(name string, list []string) []Signer {
	out := make([]Signer, len(list))
	for i, n := range list {
		owner, key, other := strings.Cut(n, "/")
		kid, keyed := strings.CutPrefix(n, "key:")
		switch {
		case keyed:
			out[i] = Operator(kid)
		case other:
			out[i] = Signer{KID: KID(s.did(owner), key), Key: Key(key)}
		case strings.HasPrefix(n, "o"):
			out[i] = Operator(n)
		case strings.HasPrefix(n, "~"): // a revealed key of a deactivation: named by its multikey
			out[i] = Signer{KID: KID(s.did(name), Key(n[1:]).Public().Multikey()), Key: Key(n[1:])}
		default:
			out[i] = Signed(s.did(name), n)[0]
		}
	}
	return out
}

func (s *Script) number(text string, absent int64) int64 {
	if text == "" {
		return absent
	}
	n, err := strconv.ParseInt(text, 10, 64)
	s.must(err)
	return n
}

func fallback(s, absent string) string {
	if s == "" {
		return absent
	}
	return s
}
