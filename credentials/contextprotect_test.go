package credentials

import "testing"

func TestALaterContextGivesNoProtectedTermAnotherMeaning(t *testing.T) {
	protect := map[string]any{"@protected": true, "role": "https://a.example/#role", "free": map[string]any{"@id": "https://a.example/#free", "@protected": false}}
	for name, test := range map[string]struct {
		contexts []any
		ok       bool
	}{
		"another meaning":                  {[]any{protect, map[string]any{"role": "https://b.example/#role"}}, false},
		"the same meaning":                 {[]any{protect, map[string]any{"role": "https://a.example/#role"}}, true},
		"taken away":                       {[]any{protect, map[string]any{"role": nil}}, false},
		"said to be free by itself":        {[]any{protect, map[string]any{"free": "https://b.example/#free"}}, true},
		"nothing is protected":             {[]any{map[string]any{"role": "https://a.example/#role"}, map[string]any{"role": "https://b.example/#role"}}, true},
		"one term protects itself":         {[]any{map[string]any{"role": map[string]any{"@id": "https://a.example/#role", "@protected": true}}, map[string]any{"role": "https://b.example/#role"}}, false},
		"two contexts later":               {[]any{protect, map[string]any{"other": "https://a.example/#other"}, map[string]any{"role": "https://b.example/#role"}}, false},
		"a pinned context protects it":     {[]any{contextProofs, map[string]any{"DataIntegrityProof": "https://b.example/#proof"}}, false},
		"mapped to what is no IRI":         {[]any{map[string]any{"role": "https ://a.example/#role"}}, false},
		"mapped by @id to what is no IRI":  {[]any{map[string]any{"role": map[string]any{"@id": "<https://a.example>"}}}, false},
		"mapped to a keyword":              {[]any{map[string]any{"kind": "@type"}}, true},
		"mapped by a prefix of its own":    {[]any{map[string]any{"a": "https://a.example/#", "role": "a:role"}}, true},
		"a pinned context protects others": {[]any{contextProofs, map[string]any{"role": "https://b.example/#role"}}, true},
	} {
		_, err := EmbeddedContexts().checkContext(map[string]any{"@context": append([]any{contextV2}, test.contexts...)})
		if (err == nil) != test.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
