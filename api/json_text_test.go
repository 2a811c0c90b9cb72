package api

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/did/jcs"
)

// FuzzJSONText cuts texts as encoding/json does.
func FuzzJSONText(f *testing.F) {
	for _, text := range []string{
		`{}`, `[]`, ` { "a" : 1 , "b":[ {"c":"}\"]"} , -1.5E+3, null ] }`, `[ "a" , [ ] , {"x":[1,2]},true,1]`, `"a"`, `1`,
		`{"\u0061\"":"\\","\\":"\\\""}`, `{"a":{},"b":[],"c":""}`, ` { "0"`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := jcs.Parse(text, jcs.Limits{}); err != nil {
			jsonItems(text) // of what is no JSON nothing is expected, but an end
			jsonMembers(text)
			return
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal(text, &members); err != nil {
			members = nil
		}
		if string(text) != "null" {
			if d := cmp.Diff(members, jsonMembers(text)); d != "" {
				t.Errorf("members of %q: %s", text, d)
			}
		}
		var items []json.RawMessage
		if err := json.Unmarshal(text, &items); err != nil {
			items = nil
		}
		got := jsonItems(text)
		if len(got) != len(items) {
			t.Fatalf("%q has %d items, %d found", text, len(items), len(got))
		}
		for i := range got {
			if string(got[i]) != string(items[i]) {
				t.Errorf("item %d of %q is %q", i, text, got[i])
			}
		}
	})
}
