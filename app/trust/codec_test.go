package trust

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/app/exec/exectest"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did/jcs"
)

func whole() *Accreditation {
	parent, previous := op.ID{2}, op.ID{3}
	return &Accreditation{
		ID: op.ID{1}, Authority: "did:example:a", Subject: "did:example:s", Action: Accredit, Resource: "prefix:Ex",
		Limits: Limits{Jurisdictions: []string{"DE", "FR-75"}, Validity: 1, Depth: 2, Count: 3}, Parent: &parent, Proposal: 4,
		ValidFrom: 5, ValidUntil: 600, Evidence: "e", Framework: "f", Granted: 5, Height: 7, Level: 2, Number: 9, Given: 10, Previous: &previous,
		Changes: []Change{
			{State: Suspended, Time: 11, Height: 12, ID: op.ID{4}, By: "did:example:a", Reason: Affiliation, Note: "n"},
			{State: Active, Time: 13, Height: 14, ID: op.ID{5}, By: "did:example:a"},
			{State: Revoked, Time: 15, Height: 16, ID: op.ID{6}, By: "did:example:a", Reason: Fraud, From: 5},
		},
	}
}

func TestAccreditationsAreReadAsTheyWereWritten(t *testing.T) {
	for _, a := range []*Accreditation{whole(), {ID: op.ID{1}, Authority: "urn:hanse:league:test", Subject: "did:example:s", Action: Issue, Resource: "type:A", Level: 1}} {
		data, err := a.encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(a, back); diff != "" {
			t.Error(diff)
		}
	}
}

// The form of the record is under consensus: this is what nodes keep and proofs carry.
func TestTheRecordHasThisForm(t *testing.T) {
	data, err := whole().encode()
	if err != nil {
		t.Fatal(err)
	}
	id := func(first string) string { return first + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }
	want := `{"action":"accredit","authority":"did:example:a","changes":[` +
		`{"by":"did:example:a","height":12,"note":"n","operation":"` + id("BA") + `","reason":"affiliationChanged","state":"suspended","time":11},` +
		`{"by":"did:example:a","height":14,"operation":"` + id("BQ") + `","state":"active","time":13},` +
		`{"by":"did:example:a","from":5,"height":16,"operation":"` + id("Bg") + `","reason":"fraud","state":"revoked","time":15}],` +
		`"evidence":"e","framework":"f","given":10,"granted":5,"height":7,"id":"` + id("AQ") + `","level":2,` +
		`"limits":{"count":3,"depth":2,"jurisdictions":["DE","FR-75"],"validity":1},"number":9,"parent":"` + id("Ag") + `",` +
		`"previous":"` + id("Aw") + `","proposal":4,"resource":"prefix:Ex","subject":"did:example:s","validFrom":5,"validUntil":600}`
	if diff := cmp.Diff(want, string(data)); diff != "" {
		t.Error(diff)
	}
}

func FuzzDecode(f *testing.F) {
	data, err := whole().encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"changes":[{}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := Decode(data)
		if err != nil {
			return
		}
		a.StateAt(0)
		once, err := a.encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := Decode(once)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(a, back); diff != "" {
			t.Error(diff)
		}
	})
}

func FuzzDecodeRecognition(f *testing.F) {
	x := &Recognition{
		By: "did:example:a", Of: "did:example:b", Accepted: true, Resources: []governance.Resource{"type:A"}, Since: 1, Height: 2, ID: op.ID{3}, N: 4, Until: 5,
	}
	data, err := x.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		x, err := decodeRecognition(data)
		if err != nil {
			return
		}
		once, err := x.encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := decodeRecognition(once)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(x, back); diff != "" {
			t.Error(diff)
		}
	})
}

func FuzzDecodeSchema(f *testing.F) {
	s := &Schema{
		Digest: "sha256-x", ID: "urn:a:b", Version: "1", Type: "A", Metadata: "urn:c:d", MetadataDigest: "sha256-y", Owner: "did:example:a",
		Status: SchemaDeprecated, Time: 1, Height: 2, Operation: op.ID{3}, Changes: []SchemaChange{{SchemaDeprecated, 4, 5}},
	}
	store := exectest.NewStore()
	if err := s.put(store); err != nil {
		f.Fatal(err)
	}
	f.Add(store.Get(SchemaKey(s.Digest)))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := DecodeSchema(data)
		if err != nil {
			return
		}
		again := exectest.NewStore()
		if err := s.put(again); err != nil {
			t.Fatal(err)
		}
		once := again.Get(SchemaKey(s.Digest))
		back, err := DecodeSchema(once)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(s, back); diff != "" {
			t.Error(diff)
		}
	})
}

// What is in a body is read to the end, or refused with a code: nothing in it makes the reader fail otherwise.
func FuzzReadKind(f *testing.F) {
	for _, kind := range []string{"trust.accredit", "trust.suspend", "trust.reinstate", "trust.revoke", "trust.recognise", "other"} {
		f.Add(kind, []byte(`{"subject":"did:web:a.example","action":"issue","resource":"type:A","limits":{"jurisdictions":["DE"]}}`))
		f.Add(kind, []byte(`{"accreditation":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","reason":"fraud","from":1}`))
		f.Add(kind, []byte(`{"of":"urn:hanse:league:b","accepted":true,"resources":["prefix:"]}`))
	}
	f.Fuzz(func(t *testing.T, kind string, data []byte) {
		content, ok := parsed(data)
		if !ok {
			return
		}
		act, err := ReadKind("a", kind, content)
		if (act == nil) != (err != nil) {
			t.Errorf("%v, %v", act, err)
		}
	})
}

func TestDigestsHaveOneForm(t *testing.T) {
	valid := []string{
		"sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
		"sha384-OLBgp1GsljhM2TJ+sbHjaiH9txEUvgdDTAzHv2P24donTt6/529l+9Ua0vFImLlb",
		"sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==",
	}
	for _, text := range valid {
		if !validDigest(text) {
			t.Errorf("%s: refused", text)
		}
		for _, bad := range []string{text + " ", text[:len(text)-1], text + "\n", "SHA" + text[3:], text + "?x", text + " " + text, text[7:]} {
			if validDigest(bad) {
				t.Errorf("%q: accepted", bad)
			}
		}
	}
}

func TestKeysOfOneTableHaveOnePrefix(t *testing.T) {
	a := whole()
	for _, key := range [][]byte{Key(a.ID), a.givenKey(), a.searchKey(), ofSubjectKey(a.Subject, 1), subjectKey(a.Subject), subjectsEntry(1), SchemaKey("x"), RecognitionKey("a", "b")} {
		if !bytes.HasPrefix(key, []byte("t/")) {
			t.Errorf("%q", key)
		}
	}
	if got := len(a.searchKey()); got != len(searchFor(a.Subject, a.Action))+len(a.Resource)+searchTail {
		t.Errorf("search key of %d bytes", got)
	}
}

func parsed(data []byte) (map[string]any, bool) {
	value, err := jcs.ParseIntegers(data, jcs.Limits{})
	content, ok := value.(map[string]any)
	return content, err == nil && ok
}
