package trust

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hanse-id/hanse/app/internal/object"
)

// Bounds that are part of the format, not parameters.
const (
	maxJurisdictions = 64
	maxLevel         = 16 // accreditations on a path, whatever the parameter says
	maxURLBytes      = 512
	maxNoteBytes     = 256
	maxChanges       = 16 // of one accreditation; the last place is kept for its revocation, the one before for a reinstatement
)

// readLimits reads the member limits of the object that m reads and that stands at pointer; absent: none.
func readLimits(m *object.Reader, pointer string, action Action) (Limits, error) {
	members := m.OptObject("limits")
	if members == nil {
		return Limits{}, nil
	}
	r := object.New(members, pointer+"/limits")
	l := Limits{
		Jurisdictions: r.OptStrings("jurisdictions"), Validity: r.OptInt("validity", 0), Depth: r.OptInt("depth", 0), Count: r.OptInt("count", 0),
	}
	slices.Sort(l.Jurisdictions)
	if len(l.Jurisdictions) == 0 {
		l.Jurisdictions = nil
	}
	l.check(r, action)
	return l, r.Done()
}

func (l Limits) check(r *object.Reader, action Action) {
	if len(l.Jurisdictions) > maxJurisdictions {
		r.Fail("jurisdictions", "more than "+strconv.Itoa(maxJurisdictions))
	}
	for i, j := range l.Jurisdictions {
		if !validJurisdiction(j) || i > 0 && l.Jurisdictions[i-1] == j {
			r.Fail("jurisdictions", "not distinct ISO 3166 codes")
		}
	}
	for _, n := range [...]struct {
		name  string
		value int64
	}{{"validity", l.Validity}, {"depth", l.Depth}, {"count", l.Count}} {
		if n.value < 0 {
			r.Fail(n.name, "negative")
		}
	}
	if l.Depth >= maxLevel {
		r.Fail("depth", "above "+strconv.Itoa(maxLevel-1))
	}
	if action != Accredit && (l.Depth != 0 || l.Count != 0) {
		r.Fail("depth", "depth and count limit accreditations to accredit only")
	}
}

// validJurisdiction checks the form of ISO 3166-1 alpha-2 and ISO 3166-2 codes: "DE", "DE-BY", "GB-ENG".
func validJurisdiction(s string) bool {
	country, part, divided := strings.Cut(s, "-")
	if len(country) != 2 || !upper(country[0]) || !upper(country[1]) {
		return false
	}
	if divided && (part == "" || len(part) > 3) {
		return false
	}
	for i := range len(part) {
		if c := part[i]; !upper(c) && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

func upper(c byte) bool { return 'A' <= c && c <= 'Z' }

// contains reports whether a jurisdiction lies within one of list; an empty list is everywhere.
func contains(list []string, jurisdiction string) bool {
	if len(list) == 0 {
		return true
	}
	country, _, _ := strings.Cut(jurisdiction, "-")
	return slices.Contains(list, jurisdiction) || slices.Contains(list, country)
}

// wider names the limit in which l, of an accreditation under one with the limits parent, is wider than it; "" if in none.
func (l Limits) wider(parent Limits, action Action) string {
	if len(parent.Jurisdictions) > 0 && len(l.Jurisdictions) == 0 {
		return "jurisdictions"
	}
	for _, j := range l.Jurisdictions {
		if !contains(parent.Jurisdictions, j) {
			return "jurisdictions"
		}
	}
	switch {
	case exceeds(l.Validity, parent.Validity):
		return "validity"
	case action == Accredit && l.Depth > parent.Depth-1:
		return "depth"
	case action == Accredit && exceeds(l.Count, parent.Count):
		return "count"
	}
	return ""
}

// exceeds compares limits where 0 is no limit.
func exceeds(value, limit int64) bool { return limit != 0 && (value == 0 || value > limit) }

// reaches says what keeps l from reaching a use: "" if nothing does. An empty jurisdiction is not asked, nor is validity 0;
// validity -1 is without end.
func (l Limits) reaches(jurisdiction string, validity int64) string {
	if jurisdiction != "" && !contains(l.Jurisdictions, jurisdiction) {
		return "jurisdictions"
	}
	if l.Validity != 0 && (validity < 0 || validity > l.Validity) {
		return "validity"
	}
	return ""
}

// value is the JSON form, nil where nothing is limited.
func (l Limits) value() map[string]any {
	m := map[string]any{}
	if len(l.Jurisdictions) > 0 {
		m["jurisdictions"] = object.Texts(l.Jurisdictions)
	}
	putInt(m, "validity", l.Validity)
	putInt(m, "depth", l.Depth)
	putInt(m, "count", l.Count)
	if len(m) == 0 {
		return nil
	}
	return m
}

// putInt and putText write what is not absent.
func putInt(m map[string]any, name string, value int64) {
	if value != 0 {
		m[name] = value
	}
}

func putText(m map[string]any, name, value string) {
	if value != "" {
		m[name] = value
	}
}
