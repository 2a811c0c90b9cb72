package api

import (
	"strings"
	"testing"

	"github.com/hanse-id/hanse/credentials"
)

// An empty list names nothing that is taken: who means everything leaves the member out.
func TestEmptyListsInAPolicyAreRefused(t *testing.T) {
	for _, name := range []string{"issuers", "forms", "algorithms", "types", "acceptedCenters", "linkedDomains"} {
		for _, own := range []credentials.Policy{{}, {Issuers: []string{"did:example:a"}, Types: []string{"A"}}} {
			_, err := ParsePolicy(map[string]any{name: []any{}}, own)
			if err == nil || !strings.Contains(err.Error(), "must not be empty") {
				t.Errorf("%s: error is %v", name, err)
			}
		}
	}
	if _, err := ParsePolicy(map[string]any{"issuers": []any{"did:example:a"}}, credentials.Policy{}); err != nil {
		t.Error(err)
	}
}

func TestInstantsAreInUTCAndWholeSeconds(t *testing.T) {
	for text, taken := range map[string]bool{
		"2026-11-22T13:00:00Z": true, "2026-11-22T13:00:00.5Z": false, "2026-11-22T13:00:00.000Z": false, "2026-11-22T13:00:00,5Z": false,
		"2026-11-22T13:00:00+00:00": false, "2026-11-22T13:00:00+01:00": false, "2026-11-22": false, "": false,
	} {
		if _, err := parseInstant(text); (err == nil) != taken {
			t.Errorf("%s: error is %v", text, err)
		}
	}
}
