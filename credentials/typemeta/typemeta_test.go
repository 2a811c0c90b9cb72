package typemeta

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/did/jcs"
)

func claimsOf(t testing.TB, text string) map[string]any {
	t.Helper()
	v, err := jcs.Parse([]byte(text), jcs.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return v.(map[string]any)
}

// education is the credential of the specification's section "Claim Path".
const education = `{"vct":"https://betelgeuse.example.com/education_credential","name":"Arthur Dent",
	"address":{"street_address":"42 Market Street","city":"Milliways","postal_code":"12345"},
	"degrees":[{"type":"Bachelor of Science","university":"University of Betelgeuse"},{"type":"Master of Science","university":"University of Betelgeuse"}],
	"nationalities":["British","Betelgeusian"]}`

func TestDocumentIsRead(t *testing.T) {
	d, err := Parse([]byte(`{"vct":"https://betelgeuse.example.com/education_credential","name":"Education","description":"Don't panic.",
		"extends":"https://galaxy.example.com/base","extends#integrity":"sha256-ilOUJsTultOwLfz7QUcFALaRa3BP/jelX1ds04kB9yU=",
		"display":[{"lang":"en-US","name":"Betelgeuse Education Credential","rendering":{"simple":{"text_color":"#FFFFFF"}}},{"locale":"de-DE","name":"Bildungsnachweis"}],
		"claims":[
			{"path":["name"],"display":[{"lang":"de-DE","label":"Vor- und Nachname","description":"Der Name"}],"sd":"allowed","mandatory":true},
			{"path":["address","street_address"],"sd":"always","svg_id":"address_street_address"},
			{"path":["degrees",null,"type"],"sd":"never"},{"path":["nationalities",0]}],
		"unknown":true}`))
	if err != nil {
		t.Fatal(err)
	}
	want := &Document{
		VCT: "https://betelgeuse.example.com/education_credential", Name: "Education", Description: "Don't panic.",
		Extends: "https://galaxy.example.com/base", ExtendsIntegrity: "sha256-ilOUJsTultOwLfz7QUcFALaRa3BP/jelX1ds04kB9yU=",
		Display: []Display{{Locale: "en-US", Name: "Betelgeuse Education Credential", Rendering: map[string]any{"simple": map[string]any{"text_color": "#FFFFFF"}}}, {Locale: "de-DE", Name: "Bildungsnachweis"}},
		Claims: []Claim{
			{Path: Path{{Name: "name"}}, Display: []ClaimDisplay{{"de-DE", "Vor- und Nachname", "Der Name"}}, SD: Allowed, Mandatory: true},
			{Path: Path{{Name: "address"}, {Name: "street_address"}}, SD: Always, SVGID: "address_street_address"},
			{Path: Path{{Name: "degrees"}, {Kind: EveryElement}, {Name: "type"}}, SD: Never},
			{Path: Path{{Name: "nationalities"}, {Kind: Element}}, SD: Allowed},
		},
	}
	if d := cmp.Diff(want, d); d != "" {
		t.Error(d)
	}
}

func TestWhatIsNoTypeMetadataIsRefusedByName(t *testing.T) {
	for document, at := range map[string]string{
		`[]`:                                    "not an object",
		`{}`:                                    "/vct",
		`{"vct":""}`:                            "/vct",
		`{"vct":1}`:                             "/vct",
		`{"vct":"x","vct":"y"}`:                 "",
		`{"vct":"x","extends":1}`:               "/extends",
		`{"vct":"x","extends":""}`:              "/extends",
		`{"vct":"x","display":{}}`:              "/display",
		`{"vct":"x","display":[1]}`:             "/display/0",
		`{"vct":"x","display":[{"name":"n"}]}`:  "/display/0/locale",
		`{"vct":"x","display":[{"lang":"en"}]}`: "/display/0/name",
		`{"vct":"x","display":[{"lang":"en","name":"n","rendering":"x"}]}`:                     "/display/0/rendering",
		`{"vct":"x","claims":[{}]}`:                                                            "/claims/0/path",
		`{"vct":"x","claims":[{"path":[]}]}`:                                                   "/claims/0/path",
		`{"vct":"x","claims":[{"path":["` + strings.Repeat("a", 257) + `"]}]}`:                 "/claims/0/path",
		`{"vct":"x","claims":[{"path":"name"}]}`:                                               "/claims/0/path",
		`{"vct":"x","claims":[{"path":[-1]}]}`:                                                 "/claims/0/path",
		`{"vct":"x","claims":[{"path":[1.5]}]}`:                                                "/claims/0/path",
		`{"vct":"x","claims":[{"path":[true]}]}`:                                               "/claims/0/path",
		`{"vct":"x","claims":[{"path":["a"],"sd":"sometimes"}]}`:                               "/claims/0/sd",
		`{"vct":"x","claims":[{"path":["a"],"mandatory":"yes"}]}`:                              "/claims/0/mandatory",
		`{"vct":"x","claims":[{"path":["a"],"svg_id":"1a"}]}`:                                  "/claims/0/svg_id",
		`{"vct":"x","claims":[{"path":["a"]},{"path":["a"]}]}`:                                 "/claims/1/path",
		`{"vct":"x","claims":[{"path":["a"],"svg_id":"i"},{"path":["b"],"svg_id":"i"}]}`:       "/claims/1/svg_id",
		`{"vct":"x","claims":[{"path":["a"],"display":[{"lang":"en"}]}]}`:                      "/claims/0/display/0/label",
		`{"vct":"x","schema":{},"schema_uri":"https://a.example"}`:                             "/schema_uri",
		`{"vct":"x","claims":[` + strings.Repeat(`{"path":["a"]},`, 1001) + `{"path":["b"]}]}`: "/claims",
		`{"vct":"` + strings.Repeat("x", MaxBytes) + `"}`:                                      "",
	} {
		_, err := Parse([]byte(document))
		if !errors.Is(err, ErrMalformed) || !strings.Contains(err.Error(), at) {
			t.Errorf("%.80s: error is %v, want one at %s", document, err, at)
		}
	}
}

func TestPathsSelectAsTheSpecificationSays(t *testing.T) {
	for path, want := range map[string][]string{
		`["name"]`:                     {"/name"},
		`["address"]`:                  {"/address"},
		`["address","street_address"]`: {"/address/street_address"},
		`["degrees",null,"type"]`:      {"/degrees/0/type", "/degrees/1/type"},
		`["nationalities",1]`:          {"/nationalities/1"},
		`["nationalities",2]`:          nil,
		`["nationalities","x"]`:        nil,
		`["name",null]`:                nil,
		`["nothing","x"]`:              nil,
	} {
		d, err := Parse([]byte(`{"vct":"x","claims":[{"path":` + path + `}]}`))
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Claims[0].Path.String(); got != path {
			t.Errorf("%s is written %s", path, got)
		}
		c := &checker{Presented: Presented{Claims: claimsOf(t, education)}, work: maxWork}
		var got []string
		for _, at := range c.follow(d.Claims[0].Path).found {
			got = append(got, at.pointer)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", path, d)
		}
	}
}

func TestRulesOfATypeAreChecked(t *testing.T) {
	type set = map[string]bool
	for _, test := range []struct {
		name   string
		claim  string
		claims string
		shown  set
		hidden bool
		want   []string
	}{
		{"mandatory and there", `{"path":["a"],"mandatory":true}`, `{"a":1}`, nil, false, nil},
		{"mandatory and null", `{"path":["a"],"mandatory":true}`, `{"a":null}`, nil, false, nil},
		{"mandatory and missing", `{"path":["a"],"mandatory":true}`, `{}`, nil, false, []string{`["a"] is mandatory and missing`}},
		{"mandatory and withheld", `{"path":["a"],"mandatory":true}`, `{}`, nil, true, nil},
		{"mandatory, never withheld, missing", `{"path":["a"],"mandatory":true,"sd":"never"}`, `{}`, nil, true, []string{`["a"] is mandatory and missing`}},
		{"mandatory in what is withheld", `{"path":["a","b"],"mandatory":true,"sd":"never"}`, `{}`, nil, true, nil},
		{"mandatory in what is shown", `{"path":["a","b"],"mandatory":true,"sd":"never"}`, `{"a":{}}`, nil, true, []string{`["a","b"] is mandatory and missing`}},
		{"mandatory in one of the elements", `{"path":["a",null,"b"],"mandatory":true}`, `{"a":[{"b":1},{}]}`, nil, false, nil},
		{"mandatory in none of the elements", `{"path":["a",null,"b"],"mandatory":true}`, `{"a":[{},{}]}`, nil, false, []string{`["a",null,"b"] is mandatory and missing`}},
		{"mandatory without elements", `{"path":["a",null,"b"],"mandatory":true}`, `{"a":[]}`, nil, false, []string{`["a",null,"b"] is mandatory and missing`}},
		{"mandatory in elements that are withheld", `{"path":["a",null,"b"],"mandatory":true,"sd":"never"}`, `{"a":[]}`, nil, true, nil},
		{"mandatory in elements that are shown", `{"path":["a",null,"b"],"mandatory":true,"sd":"never"}`, `{"a":[{}]}`, nil, true, []string{`["a",null,"b"] is mandatory and missing`}},
		{"a mandatory element is missing", `{"path":["a",1],"mandatory":true}`, `{"a":[1]}`, nil, false, []string{`["a",1] is mandatory and missing`}},
		{"never and in the clear", `{"path":["a"],"sd":"never"}`, `{"a":1}`, nil, false, nil},
		{"never and disclosed", `{"path":["a"],"sd":"never"}`, `{"a":1}`, set{"/a": true}, false, []string{`["a"] must not be selectively disclosable`}},
		{"always and disclosed", `{"path":["a"],"sd":"always"}`, `{"a":1}`, set{"/a": true}, false, nil},
		{"always and in the clear", `{"path":["a"],"sd":"always"}`, `{"a":1}`, nil, false, []string{`["a"] must be selectively disclosable`}},
		{"always and disclosed with what is around", `{"path":["a","b"],"sd":"always"}`, `{"a":{"b":1}}`, set{"/a": true}, false, nil},
		{"always for each element", `{"path":["a",null],"sd":"always"}`, `{"a":[1,2]}`, set{"/a/0": true}, false, []string{`["a",null] must be selectively disclosable`}},
		{"always for what the format always shows", `{"path":["exp"],"sd":"always"}`, `{"exp":1}`, nil, false, nil},
		{"allowed", `{"path":["a"]}`, `{"a":1}`, set{"/a": true}, false, nil},
		{"leads into text", `{"path":["a","b"]}`, `{"a":"x"}`, nil, false, []string{`["a","b"] leads into what is no object or array of that kind`}},
		{"place of an element that may have moved", `{"path":["a",1],"sd":"never"}`, `{"a":[1,2]}`, set{"/a/1": true}, true, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, err := Parse([]byte(`{"vct":"x","claims":[` + test.claim + `]}`))
			if err != nil {
				t.Fatal(err)
			}
			violations, err := (&Type{Claims: d.Claims}).Check(Presented{claimsOf(t, test.claims), test.shown, test.hidden})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, v := range violations {
				got = append(got, v.String())
			}
			if d := cmp.Diff(test.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestWorkOfACheckIsBounded(t *testing.T) {
	wide := make([]any, 50_000)
	for i := range wide {
		wide[i] = []any{}
	}
	claims := map[string]any{"a": wide}
	var list []Claim
	for i := range 100 {
		list = append(list, Claim{Path: Path{{Name: "a"}, {Kind: EveryElement}, {Kind: EveryElement}, {Name: fmt.Sprint(i)}}})
	}
	if _, err := (&Type{Claims: list}).Check(Presented{Claims: claims}); !errors.Is(err, ErrWork) {
		t.Errorf("error is %v", err)
	}
	violations, err := (&Type{Claims: []Claim{{Path: Path{{Name: "a"}, {Kind: EveryElement}}, SD: Always}}}).Check(Presented{Claims: claims})
	if err != nil || len(violations) != maxViolations {
		t.Errorf("%d violations, %v", len(violations), err)
	}
}

// library is a source made of documents.
type library map[string]string

func (l library) get(_ context.Context, vct, _ string) ([]byte, error) {
	if text, ok := l[vct]; ok {
		return []byte(text), nil
	}
	return nil, ErrUnknown
}

func TestTypesAreExtended(t *testing.T) {
	base := `{"vct":"urn:base","name":"Base","display":[{"lang":"en","name":"Base"}],"claims":[{"path":["a"],"sd":"always"},{"path":["b"]},{"path":["c"],"mandatory":true}]}`
	middle := `{"vct":"urn:middle","extends":"urn:base","extends#integrity":"` + Digest([]byte(base)) + `"}`
	top := `{"vct":"urn:top","name":"Top","extends":"urn:middle","claims":[{"path":["b"],"sd":"never","mandatory":true},{"path":["d"]},{"path":["a"],"sd":"always","mandatory":true}]}`
	got, err := Resolve(t.Context(), library{"urn:base": base, "urn:middle": middle, "urn:top": top}.get, "urn:top", Digest([]byte(top)))
	if err != nil {
		t.Fatal(err)
	}
	want := &Type{
		VCT: "urn:top", Name: "Top", Chain: []string{"urn:top", "urn:middle", "urn:base"},
		Digests: []string{Digest([]byte(top)), Digest([]byte(middle)), Digest([]byte(base))},
		Display: []Display{{Locale: "en", Name: "Base"}},
		Claims: []Claim{
			{Path: Path{{Name: "a"}}, SD: Always, Mandatory: true}, {Path: Path{{Name: "b"}}, SD: Never, Mandatory: true},
			{Path: Path{{Name: "c"}}, SD: Allowed, Mandatory: true}, {Path: Path{{Name: "d"}}, SD: Allowed},
		},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestTypesThatCannotBeExtendedSo(t *testing.T) {
	long := library{}
	for i := range 20 {
		long[fmt.Sprintf("urn:%d", i)] = fmt.Sprintf(`{"vct":"urn:%d","extends":"urn:%d"}`, i, i+1)
	}
	base := func(claim string) string { return `{"vct":"urn:base","claims":[` + claim + `]}` }
	top := func(claim string) string { return `{"vct":"urn:0","extends":"urn:base","claims":[` + claim + `]}` }
	for name, test := range map[string]struct {
		library library
		want    error
	}{
		"itself":              {library{"urn:0": `{"vct":"urn:0","extends":"urn:0"}`}, ErrExtends},
		"a circle":            {library{"urn:0": `{"vct":"urn:0","extends":"urn:1"}`, "urn:1": `{"vct":"urn:1","extends":"urn:0"}`}, ErrExtends},
		"a long chain":        {long, ErrExtends},
		"an unknown type":     {library{"urn:0": `{"vct":"urn:0","extends":"urn:1"}`}, ErrUnknown},
		"always is lifted":    {library{"urn:0": top(`{"path":["a"]}`), "urn:base": base(`{"path":["a"],"sd":"always"}`)}, ErrExtends},
		"never is lifted":     {library{"urn:0": top(`{"path":["a"],"sd":"always"}`), "urn:base": base(`{"path":["a"],"sd":"never"}`)}, ErrExtends},
		"mandatory is lifted": {library{"urn:0": top(`{"path":["a"]}`), "urn:base": base(`{"path":["a"],"mandatory":true}`)}, ErrExtends},
		"another's document":  {library{"urn:0": `{"vct":"urn:1"}`}, ErrMalformed},
		"changed document":    {library{"urn:0": `{"vct":"urn:0","extends":"urn:1","extends#integrity":"` + Digest([]byte("x")) + `"}`, "urn:1": `{"vct":"urn:1"}`}, ErrIntegrity},
		"integrity is none":   {library{"urn:0": `{"vct":"urn:0","extends":"urn:1","extends#integrity":"x"}`, "urn:1": `{"vct":"urn:1"}`}, ErrIntegrity},
	} {
		if _, err := Resolve(t.Context(), test.library.get, "urn:0", ""); !errors.Is(err, test.want) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
	if _, err := Resolve(t.Context(), library{"urn:0": `{"vct":"urn:0"}`}.get, "urn:0", Digest([]byte(`{}`))); !errors.Is(err, ErrIntegrity) {
		t.Errorf("error is %v", err)
	}
}

func TestIntegrityIsOfTheStrongestFunction(t *testing.T) {
	const sha256OfX = "sha256-LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE="
	const sha384OfY = "sha384-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	for text, want := range map[string]bool{
		sha256OfX: true,
		"sha256-LXEWQrcmsEQBYnyp-6wy9chTD7GQPMTbAiWHF5IaSIE":               true, // as drafts until 2024 had it
		"sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= " + sha256OfX: true,
		sha256OfX + " " + sha384OfY:                                        false,
		"sha1-x " + sha256OfX:                                              true,
		sha256OfX + "?opt":                                                 true,
	} {
		in, err := ParseIntegrity(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := in.Check([]byte("x")) == nil; got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
	for _, text := range []string{"", " ", "sha1-x", "sha256-", "sha256-AA==", "sha256", sha256OfX + "x", strings.Repeat("a", 5000)} {
		if _, err := ParseIntegrity(text); !errors.Is(err, ErrIntegrity) {
			t.Errorf("%.32q: error is %v", text, err)
		}
	}
}

// FuzzParse: what is read has paths that are written as they were, and can be checked against any claims.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"vct":"urn:base","claims":[{"path":["a",null,2],"sd":"always","mandatory":true,"svg_id":"a"}],"display":[{"lang":"en","name":"n"}]}`), []byte(education))
	f.Fuzz(func(t *testing.T, data, claims []byte) {
		d, err := Parse(data)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatalf("error is %v", err)
			}
			return
		}
		for _, c := range d.Claims {
			again, err := Parse([]byte(`{"vct":"x","claims":[{"path":` + c.Path.String() + `}]}`))
			if err != nil {
				t.Fatalf("%s: %v", c.Path, err)
			}
			if d := cmp.Diff(c.Path, again.Claims[0].Path); d != "" {
				t.Fatal(d)
			}
		}
		v, err := jcs.Parse(claims, jcs.Limits{})
		object, ok := v.(map[string]any)
		if err != nil || !ok {
			return
		}
		if list, err := (&Type{Claims: d.Claims}).Check(Presented{Claims: object}); err == nil && len(list) > maxViolations {
			t.Fatalf("%d violations", len(list))
		}
	})
}
