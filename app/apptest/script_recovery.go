package apptest

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

// Lines on recovery. What a DID declares stands among the words of its creation and updates; a set's delay is the ledger's
// shortest if left out:
//
//	create A keys=a1 recovery=B,C,key:r1 quorum=2 delay=86400 league=604800 by a1
//	recover A keys=a2 prev=1 by B/b1,key:r1     # prev: the version it continues from; the present one if left out
//	cancel A reason=found by a1                 # the recovery under way; reveal=… as in a deactivation
//	propose P as=center-1 kind=did.recover did=A keys=a2 prev=1
//	after +100                                  # block time passes, and then there is a block without operations
//
// and these say how it stands:
//
//	pending A none                              # or set, league: who started what is under way
//	pending A set base=1 due=+3600              # from now
//	version A 3                                 # number of the present version
//	disputed A 2,3                              # exactly these versions; none
//	flagged A 2                                 # exactly these were made while a recovery was under way; none

// recovery makes the operations of lines that this file knows: see Script.module.
func (s *Script) recovery(words []string) (d op.Draft, owner string, ok bool) {
	if words[0] != "recover" && words[0] != "cancel" {
		return op.Draft{}, "", false
	}
	name := words[1]
	p, _ := params(words[2:])
	if words[0] == "recover" {
		return s.Draft("did.recover", s.did(name), s.recoveryBody(name, p)), name, true
	}
	body := map[string]any{"recovery": s.underWay(name).String()}
	if p["reason"] != "" {
		body["reason"] = p["reason"]
	}
	if keys := split(p["reveal"]); keys != nil {
		body["keys"] = Multikeys(keys...)
	}
	return s.Draft("did.recover.cancel", s.did(name), body), name, true
}

// recoveryContent makes the content of a proposal whose kind this file knows, from the name=value words of its line.
func (s *Script) recoveryContent(kind string, p map[string]string) (content map[string]any, ok bool) {
	if kind != "did.recover" {
		return nil, false
	}
	content = s.recoveryBody(p["did"], p)
	content["did"] = string(s.did(p["did"]))
	return content, true
}

func (s *Script) recoveryBody(name string, p map[string]string) map[string]any {
	body := s.target(p)
	body["prev"] = s.prev(name, p["prev"])
	return body
}

// declaration makes the member recovery of a creation, an update or a recovery; nil if there is none.
func (s *Script) declaration(p map[string]string) map[string]any {
	m := map[string]any{}
	if members := split(p["recovery"]); members != nil {
		set := make([]any, len(members))
		for i, name := range members {
			set[i] = string(s.member(name))
		}
		m["set"], m["delay"] = set, s.number(p["delay"], s.Genesis.Params.MinRecoverySeconds)
	}
	if p["quorum"] != "" {
		m["threshold"] = s.number(p["quorum"], 1)
	}
	if p["league"] != "" {
		m["league"] = s.number(p["league"], 0)
	}
	if len(m) == 0 {
		return nil
	}
	return m
}

// member is a DID of the script, or the did:key of "key:name".
func (s *Script) member(name string) did.DID {
	if key, ok := strings.CutPrefix(name, "key:"); ok {
		return did.DID(Key(key).Public().DIDKey())
	}
	return s.did(name)
}

// underWay is the id of the recovery that is pending, or that an earlier line of the same block starts.
func (s *Script) underWay(name string) op.ID {
	for _, l := range slices.Backward(s.group) {
		if o := s.Decode(l.envelope); o.Type == "did.recover" && o.By == s.did(name) {
			return o.ID
		}
	}
	if p := s.pendingOf(name); p != nil {
		return p.ID
	}
	return op.ID{}
}

func (s *Script) pendingOf(name string) (p *identity.Pending) {
	s.read(func(r exec.Reader) (err error) {
		p, err = identity.PendingOf(r, s.did(name))
		return err
	})
	return p
}

// Select reads a version of a DID of the script as a resolver returns it.
func (s *Script) Select(name string, at did.At) (v did.Version) {
	s.TB.Helper()
	s.read(func(r exec.Reader) error {
		record, err := identity.Select(r, s.did(name), at)
		if err == nil {
			v = record.Version(s.App.Head().Height)
		}
		return err
	})
	return v
}

func (s *Script) read(fn func(exec.Reader) error) {
	s.TB.Helper()
	view, err := s.App.View(0)
	s.must(err)
	defer view.Close()
	s.must(fn(view.Reader()))
}

// recoveryState plays lines that say something of the state: see Script.stated.
func (s *Script) recoveryState(words []string) bool {
	s.TB.Helper()
	if words[0] == "after" {
		s.Time += s.number(strings.TrimPrefix(words[1], "+"), 0)
		s.Block()
		return true
	}
	want := ""
	if len(words) > 2 {
		want = strings.Join(words[2:], " ")
	}
	var got string
	switch words[0] {
	case "pending":
		p, _ := params(words[2:])
		got = s.pendingWords(words[1], p)
	case "version":
		got = strconv.FormatInt(s.present(words[1]).N, 10)
	case "disputed":
		got = s.versionsThat(words[1], func(r exec.Reader, v *identity.Record) (bool, error) {
			_, disputed, err := identity.Disputed(r, v.DID, v.N)
			return disputed, err
		})
	case "flagged":
		got = s.versionsThat(words[1], func(_ exec.Reader, v *identity.Record) (bool, error) { return v.During != "", nil })
	default:
		return false
	}
	if got != want {
		s.TB.Fatalf("%s\n\tgot %s", strings.Join(words, " "), got)
	}
	return true
}

// pendingWords says what is under way, with as much as p asks for.
func (s *Script) pendingWords(name string, p map[string]string) string {
	pending := s.pendingOf(name)
	if pending == nil {
		return "none"
	}
	text := "set"
	if pending.League {
		text = "league"
	}
	if p["base"] != "" {
		number, _, _ := strings.Cut(pending.Base, "-")
		text += " base=" + number
	}
	if p["due"] != "" {
		text += " due=+" + strconv.FormatInt(pending.Due-s.Time, 10)
	}
	return text
}

func (s *Script) present(name string) (r *identity.Record) {
	s.TB.Helper()
	s.read(func(reader exec.Reader) (err error) {
		r, err = identity.Get(reader, s.did(name))
		return err
	})
	if r == nil {
		s.TB.Fatalf("%s: never created", name)
	}
	return r
}

func (s *Script) versionsThat(name string, is func(exec.Reader, *identity.Record) (bool, error)) string {
	var list []string
	present := s.present(name)
	s.read(func(r exec.Reader) error {
		for n := int64(1); n <= present.N; n++ {
			v, err := identity.Nth(r, present.DID, n)
			if err != nil {
				return err
			}
			yes, err := is(r, v)
			if err != nil {
				return err
			}
			if yes {
				list = append(list, strconv.FormatInt(n, 10))
			}
		}
		return nil
	})
	if list == nil {
		return "none"
	}
	return strings.Join(list, ",")
}
