package trust

import (
	"bytes"
	"fmt"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/did/jcs"
)

// Check reads everything this package keeps and reports what breaks its invariants (fsck): every record decodes, is in its
// one JCS form and stands under its key; every accreditation follows from those above it and is in every index exactly
// once; changes, statements and schemas are in the order of their times. It is the fsck of `ledger.md` 10's state.
func Check(r exec.Reader, problem func(error)) {
	c := &check{r: r, problem: problem, found: map[string]int64{}}
	for key, data := range r.Range([]byte("t/"), exec.PrefixEnd("t/")) {
		if !jcs.IsCanonical(data) {
			c.report("%q: not in JCS form", key)
		}
		if len(key) < len(recordPrefix) {
			if string(key) != subjectsKey {
				c.report("%q: no record of accreditations", key)
			}
			continue
		}
		c.found[string(key[:len(recordPrefix)])]++
	}
	c.accreditations()
	c.subjects()
	c.recognitions()
	c.schemas()
	c.totals()
}

// check is one fsck. found counts the keys of every table, wanted what the records ask for.
type check struct {
	r       exec.Reader
	problem func(error)
	found   map[string]int64
	wanted  [9]int64 // in the order of tables
}

// tables are this package's key prefixes, of equal length.
var tables = [...]string{
	recordPrefix, givenPrefix, subjectPrefix, ofSubjectPrefix, lastPrefix, searchPrefix, subjectsPrefix, schemaPrefix, typePrefix,
}

func (c *check) report(format string, args ...any) { c.problem(fmt.Errorf(format, args...)) }

// totals reports index entries that no record accounts for.
func (c *check) totals() {
	for i, prefix := range tables {
		if c.found[prefix] != c.wanted[i] {
			c.report("%s: %d records, %d expected", prefix, c.found[prefix], c.wanted[i])
		}
		delete(c.found, prefix)
	}
	delete(c.found, recognitionPrefix)
	delete(c.found, recognisedPrefix)
	if len(c.found) > 0 {
		c.report("t/: %d kinds of records that nobody knows", len(c.found))
	}
}

func (c *check) want(prefix string) {
	for i, p := range tables {
		if p == prefix {
			c.wanted[i]++
		}
	}
}

func (c *check) accreditations() {
	for key, data := range c.r.Range([]byte(recordPrefix), exec.PrefixEnd(recordPrefix)) {
		c.want(recordPrefix)
		a, err := Decode(data)
		if err != nil {
			c.report("%q: %w", key, err)
			continue
		}
		if again, err := a.encode(); err != nil || !bytes.Equal(again, data) || !bytes.Equal(key, Key(a.ID)) {
			c.report("accreditation %s: not in its one form, or under another's key", a.ID)
		}
		c.entries(a)
		c.chain(a)
		c.changes(a)
	}
}

// entries looks a up in every index.
func (c *check) entries(a *Accreditation) {
	for _, e := range [...]struct {
		prefix string
		key    []byte
	}{{ofSubjectPrefix, ofSubjectKey(a.Subject, a.Number)}, {searchPrefix, a.searchKey()}} {
		c.want(e.prefix)
		if id, err := readPointer(e.key, c.r.Get(e.key)); err != nil || id == nil || *id != a.ID {
			c.report("accreditation %s: not at %q (%v)", a.ID, e.key, err)
		}
	}
	c.want(givenPrefix)
	if c.r.Get(a.givenKey()) == nil {
		c.report("accreditation %s: not among those of its authority", a.ID)
	}
	last, err := latest(c.r, a.Authority, a.Subject, a.Action, a.Resource)
	if err != nil || last == nil || last.Number < a.Number {
		c.report("accreditation %s: a later one of its kind is not the last (%v)", a.ID, err)
	} else if last.ID == a.ID {
		c.want(lastPrefix)
	}
	if a.Number == 0 {
		c.want(subjectPrefix)
		c.want(subjectsPrefix)
	}
}

// chain compares a with its parent, and with the one it replaced.
func (c *check) chain(a *Accreditation) {
	if a.ValidFrom < a.Granted || a.ValidUntil != 0 && a.ValidUntil <= a.ValidFrom || !a.Action.known() {
		c.report("accreditation %s: times or action out of order", a.ID)
	}
	if (a.Proposal != 0) != (a.Parent == nil && a.Authority != "" && !isDID(a.Authority)) {
		c.report("accreditation %s: of a proposal and by a DID, or neither", a.ID)
	}
	given := int64(0)
	prefix := givenBy(string(a.Subject), &a.ID)
	for range c.r.Range(prefix, afterPrefix(prefix)) {
		given++
	}
	if given != a.Given || a.Limits.Count != 0 && given > a.Limits.Count {
		c.report("accreditation %s: %d given under it, not %d", a.ID, given, a.Given)
	}
	if a.Previous != nil {
		p, err := must(c.r, *a.Previous)
		if err != nil || p.Authority != a.Authority || p.Subject != a.Subject || p.Action != a.Action || p.Resource != a.Resource ||
			p.Number >= a.Number || p.standing(a.Granted) {
			c.report("accreditation %s: does not follow %s (%v)", a.ID, *a.Previous, err)
		}
	}
	if a.Parent == nil {
		if a.Level != 1 {
			c.report("accreditation %s: level %d without a parent", a.ID, a.Level)
		}
		return
	}
	parent, err := must(c.r, *a.Parent)
	if err != nil {
		c.problem(err)
		return
	}
	if string(parent.Subject) != a.Authority || a.Level != parent.Level+1 || a.Level > maxLevel || a.Granted < parent.Granted {
		c.report("accreditation %s: does not stand under %s", a.ID, parent.ID)
	}
	if err := a.narrows(parent); err != nil {
		c.problem(err)
	}
	above, err := Above(c.r, a)
	if err != nil {
		c.problem(err)
	}
	for _, b := range above {
		if b.Subject == a.Subject || b.Authority == string(a.Subject) {
			c.report("accreditation %s: its subject stands above itself", a.ID)
		}
	}
}

func isDID(authority string) bool { return len(authority) > 4 && authority[:4] == "did:" }

// changes reports what does not follow in the history of a.
func (c *check) changes(a *Accreditation) {
	if len(a.Changes) > maxChanges {
		c.report("accreditation %s: %d changes", a.ID, len(a.Changes))
	}
	time, state := a.Granted, Active
	for _, ch := range a.Changes {
		follows := state != Revoked && (ch.State == Revoked || ch.State == Suspended || ch.State == Active && state == Suspended)
		dated := ch.State != Revoked || ch.From <= ch.Time && ch.From >= min(a.ValidFrom, ch.Time)
		if !follows || !dated || ch.Time < time {
			c.report("accreditation %s: %s at %d does not follow", a.ID, ch.State, ch.Time)
		}
		time, state = ch.Time, ch.State
	}
}

// subjects compares the numbering of subjects with what they were given.
func (c *check) subjects() {
	count, err := SubjectCount(c.r)
	if err != nil || count != c.found[subjectsPrefix] {
		c.report("subjects: %d of %d (%v)", c.found[subjectsPrefix], count, err)
		return
	}
	for n := range count {
		page, err := Subjects(c.r, n, 1)
		if err != nil || len(page) != 1 {
			c.report("subject %d: missing (%v)", n, err)
			continue
		}
		given, number, err := readSubject(c.r, page[0])
		entries := int64(0)
		prefix := hashed(ofSubjectPrefix, string(page[0]))
		for range c.r.Range(prefix, afterPrefix(prefix)) {
			entries++
		}
		if err != nil || number != n || given != entries {
			c.report("subject %s: number %d of %d, %d accreditations of %d (%v)", page[0], number, n, entries, given, err)
		}
	}
}

// recognitions asks that statements of one about another are numbered and follow each other.
func (c *check) recognitions() {
	total := int64(0)
	for key, data := range c.r.Range([]byte(recognitionPrefix), exec.PrefixEnd(recognitionPrefix)) {
		x, err := decodeRecognition(data)
		if err != nil {
			c.report("%q: %w", key, err)
			continue
		}
		if !bytes.Equal(key, RecognitionKey(x.By, x.Of)) || x.Until != 0 {
			c.report("recognition of %s by %s: under another key, or not present", x.Of, x.By)
		}
		total += x.N - 1
		c.superseded(x)
	}
	if total != c.found[recognisedPrefix] {
		c.report("%s: %d records, %d expected", recognisedPrefix, c.found[recognisedPrefix], total)
	}
}

func (c *check) superseded(present *Recognition) {
	next := present
	prefix := append(hashed(recognisedPrefix, present.By), hashed("", present.Of)...)
	for key, data := range c.r.Range(prefix, afterPrefix(prefix)) { // newest first
		x, err := decodeRecognition(data)
		if err != nil || !bytes.Equal(key, x.supersededKey()) || x.N != next.N-1 || x.Until != next.Since {
			c.report("%q: does not lead to statement %d (%v)", key, next.N, err)
			return
		}
		next = x
	}
	if next.N != 1 {
		c.report("recognition of %s by %s: statement %d is missing", present.Of, present.By, next.N-1)
	}
}

func (c *check) schemas() {
	for key, data := range c.r.Range([]byte(schemaPrefix), exec.PrefixEnd(schemaPrefix)) {
		c.want(schemaPrefix)
		s, err := DecodeSchema(data)
		if err != nil {
			c.report("%q: %w", key, err)
			continue
		}
		c.want(typePrefix)
		if !bytes.Equal(key, SchemaKey(s.Digest)) || !validDigest(s.Digest) || c.r.Get(typeKey(s.Type, s.Digest)) == nil {
			c.report("schema %s: under another key, or not among those of its type", s.Digest)
		}
		time, status := s.Time, SchemaActive
		for _, ch := range s.Changes {
			if ch.Time < time || ch.Status == status || status == SchemaWithdrawn {
				c.report("schema %s: %s at %d does not follow", s.Digest, ch.Status, ch.Time)
			}
			time, status = ch.Time, ch.Status
		}
		if s.Status != status {
			c.report("schema %s: %s, its changes say %s", s.Digest, s.Status, status)
		}
	}
}
