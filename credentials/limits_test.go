package credentials

import (
	"strings"
	"testing"
	"time"
)

// patience is far more than any refusal takes, a few milliseconds, on a machine that is busy with other things.
const patience = 10 * time.Second

func TestHugeAndDeepInputIsRefusedQuickly(t *testing.T) {
	for name, input := range map[string]string{
		"array of 10 M":     `{"a":[` + strings.Repeat("0,", 10_000_000) + `0]}`,
		"array of a MiB":    `{"@context":["` + contextV2 + `"],"type":[` + strings.Repeat(`"a",`, 200_000) + `"a"],"proof":{"type":"x"}}`,
		"10,000 levels":     strings.Repeat(`{"a":`, 10_000) + `1` + strings.Repeat(`}`, 10_000),
		"brackets":          strings.Repeat(`[`, 1_000_000),
		"byte order mark":   "\ufeff{}",
		"UTF-16":            "\xff\xfe{\x00}\x00",
		"invalid UTF-8":     "{\"a\":\"\xff\"}",
		"NaN":               `{"a":NaN}`,
		"number 1e999":      `{"a":1e999}`,
		"lone surrogate":    `{"a":"\ud800"}`,
		"duplicate members": `{"proof":{},"proof":{}}`,
		"null":              "null",
		"trailing data":     "{} {}",
	} {
		start := time.Now()
		report := verify(t, newVerifier(), []byte(input))
		if d := time.Since(start); d > patience {
			t.Errorf("%s: took %s", name, d)
		}
		if report.Decision == Accept {
			t.Errorf("%s: accepted", name)
		}
	}
}
