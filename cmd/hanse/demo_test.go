package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// trustLines say what came of the steps about accreditation.
var trustLines = []string{
	`proposal 1 is executed: 3 of 4 centers said yes, 3 were needed$`,
	`center-a accredits the university at height \d+: accreditation [\w-]{43}$`,
	`the diploma of \S+ is accepted: \d+ checks passed$`,
	`  the university: issue type:UniversityDegreeCredential, by center-a, active since \S+, height \d+$`,
	`  center-a: accredit type:UniversityDegreeCredential, by the league, active since \S+, height \d+$`,
	`center-c: the mill registers did:hanse:\S+ at height \d+; anybody may$`,
	`whoever asks for no accreditation accepts its diploma: \d+ checks passed, accreditation warns \(issuer is not accredited\)$`,
	`refused under the bank's policy: .*accreditation fail \(issuer is not accredited: .+\)$`,
	`center-a revokes the university's accreditation at height \d+$`,
	`the diploma of before, as of \S+Z: accept: \d+ checks passed$`,
	`the diploma of before, as of now: reject: .*accreditation fail \(issuer is not accredited: .+\)$`,
	`a diploma issued after the revocation: reject: .*accreditation fail \(issuer is not accredited: .+\)$`,
}

// TestDemo plays the whole story with the built-in credentials, and with published ones where they are at hand.
func TestDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a league of processes")
	}
	for name, args := range map[string][]string{
		"built-in credentials":  nil,
		"published credentials": {"--credentials", "credentials", "--contexts", "contexts"},
	} {
		t.Run(name, func(t *testing.T) {
			for i, arg := range args {
				if !strings.HasPrefix(arg, "--") {
					args[i] = filepath.Join("..", "..", "..", "shared", "data", arg)
					if _, err := os.Stat(args[i]); err != nil {
						t.Skipf("no folder of published credentials beside the project: %v", err)
					}
				}
			}
			var out bytes.Buffer
			if code := run(append([]string{"demo"}, args...), nil, &out, testLog{t}); code != 0 {
				t.Fatalf("exit code %d\n%s", code, out.String())
			}
			for _, want := range []string{"Every step went as it should", "kill -9", "undoing it is refused"} {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the story does not say %q", want)
				}
			}
			for _, line := range trustLines {
				if !regexp.MustCompile(`(?m)^   ` + line).MatchString(out.String()) {
					t.Errorf("no line of the story is like %q", line)
				}
			}
			if t.Failed() {
				t.Log(out.String())
			}
			if args != nil && strings.Count(out.String(), "genuine: ") < 4 {
				t.Errorf("credentials that others signed are not all genuine:\n%s", out.String())
			}
		})
	}
}
