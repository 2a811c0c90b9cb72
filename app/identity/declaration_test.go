package identity

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
)

const (
	self   = "did:hanse:test:QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG"
	friend = "did:hanse:test:QmPc38XPfYy2yozhwvbY7yEhA1G2gN5ns4vGpPv5jRSaSA"
	other  = "did:hanse:other:QmPc38XPfYy2yozhwvbY7yEhA1G2gN5ns4vGpPv5jRSaSA"
	edKey  = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
)

// edJWK is edKey by another method.
func edJWK(t testing.TB) string {
	t.Helper()
	key, err := keys.ParseMultikey(strings.TrimPrefix(edKey, "did:key:"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := jcs.Encode(key.JWK())
	if err != nil {
		t.Fatal(err)
	}
	return "did:jwk:" + base64.RawURLEncoding.EncodeToString(data)
}

func parse(t testing.TB, text string) map[string]any {
	t.Helper()
	value, err := jcs.ParseIntegers([]byte(text), jcs.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return value.(map[string]any)
}

func TestDeclarationsAreRead(t *testing.T) {
	for text, want := range map[string]Recovery{
		`{"league":604800}`:                        {League: 604800},
		`{"set":["` + friend + `"],"delay":86400}`: {Set: []did.DID{friend}, Threshold: 1, Delay: 86400},
		`{"set":["` + edKey + `","` + friend + `"],"delay":1,"threshold":2,"league":2}`: {Set: []did.DID{edKey, friend}, Threshold: 2, Delay: 1, League: 2},
	} {
		to := &target{at: "/body", did: self}
		if err := to.declare(parse(t, text), "test"); err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(&want, to.recovery); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
		again, err := readDeclaration(to.recovery.Value(), "")
		if err != nil || !again.same(&want) {
			t.Errorf("%s: read again %+v, %v", text, again, err)
		}
	}
}

func TestDeclarationsThatNobodyOrTheWrongOnesCouldUseAreRefused(t *testing.T) {
	many := `"` + edKey + `"` + strings.Repeat(`,"`+friend+`"`, maxRecoverers)
	for text, pointer := range map[string]string{
		`{}`:                                                     "/set",
		`{"set":[]}`:                                             "/set",
		`{"set":[],"delay":5,"league":9}`:                        "/set",
		`{"set":"` + friend + `","delay":5}`:                     "/set",
		`{"set":[1],"delay":5}`:                                  "/set",
		`{"set":["` + friend + `"]}`:                             "/delay",
		`{"set":["` + friend + `"],"delay":0}`:                   "/delay",
		`{"set":["` + friend + `"],"delay":-1}`:                  "/delay",
		`{"set":["` + friend + `"],"delay":315360001}`:           "/delay",
		`{"set":["` + friend + `"],"delay":"5"}`:                 "/delay",
		`{"set":["` + friend + `"],"delay":5,"threshold":0}`:     "/threshold",
		`{"set":["` + friend + `"],"delay":5,"threshold":2}`:     "/threshold",
		`{"set":["` + friend + `"],"delay":5,"league":5}`:        "/league",
		`{"league":0}`:                                           "/league",
		`{"league":315360001}`:                                   "/league",
		`{"league":true}`:                                        "/league",
		`{"league":5,"delay":5}`:                                 "",
		`{"league":5,"threshold":1}`:                             "",
		`{"league":5,"veto":1}`:                                  "",
		`{"set":["` + friend + `","` + friend + `"],"delay":5}`:  "/set",
		`{"set":["` + self + `"],"delay":5}`:                     "/set",
		`{"set":["` + other + `"],"delay":5}`:                    "/set",
		`{"set":["did:hanse:test:abc"],"delay":5}`:               "/set",
		`{"set":["did:web:a.example"],"delay":5}`:                "/set",
		`{"set":["did:key:zabc"],"delay":5}`:                     "/set",
		`{"set":["` + edKey + `#key-1"],"delay":5}`:              "/set",
		`{"set":["` + edKey + `","` + edJWK(t) + `"],"delay":5}`: "/set",
		`{"set":[` + many + `],"delay":5}`:                       "/set",
		`{"set":["` + friend + `\u0000"],"delay":5}`:             "/set",
	} {
		to := &target{at: "/body", did: self}
		err, ok := errors.AsType[*exec.Error](to.declare(parse(t, text), "test"))
		if !ok || err.Code != exec.CodeMalformed || err.Pointer != "/body/recovery"+pointer {
			t.Errorf("%s: %v, want malformed at %s", text, err, pointer)
		}
	}
}

func TestADeclarationIsJudgedByTheParametersOfItsTime(t *testing.T) {
	p := exec.DefaultParams()
	p.MinRecoverySeconds, p.LeagueRecoverySeconds = 100, 700
	set := func(delay, league int64, members ...did.DID) *Recovery {
		return &Recovery{Set: members, Threshold: 1, Delay: delay, League: league}
	}
	for name, c := range map[string]struct {
		before, now *Recovery
		creation    bool
		want        exec.Code
	}{
		"long enough":                      {nil, set(100, 700, friend), true, exec.OK},
		"set too short":                    {nil, set(99, 0, friend), true, exec.CodeLimitExceeded},
		"league too short":                 {nil, set(100, 699, friend), true, exec.CodeLimitExceeded},
		"nothing":                          {nil, nil, true, exec.OK},
		"set added later":                  {nil, set(100, 0, friend), false, exec.OK},
		"set added later, too short":       {nil, set(99, 0, friend), false, exec.CodeLimitExceeded},
		"league added later":               {nil, set(100, 700, friend), false, exec.CodeNoRecovery},
		"league added to a set":            {set(100, 0, friend), set(100, 700, friend), false, exec.CodeNoRecovery},
		"league changed":                   {set(100, 700, friend), set(100, 800, friend), false, exec.CodeNoRecovery},
		"league dropped":                   {set(100, 700, friend), set(100, 0, friend), false, exec.OK},
		"all dropped":                      {set(100, 700, friend), nil, false, exec.OK},
		"declared under other parameters":  {set(50, 60, friend), set(50, 60, friend), false, exec.OK},
		"the same set in another order":    {set(50, 60, friend, edKey), set(50, 60, edKey, friend), false, exec.OK},
		"another set under new parameters": {set(50, 60, friend), set(50, 60, edKey), false, exec.CodeLimitExceeded},
		"another set with the old league":  {set(50, 600, friend), set(100, 600, edKey), false, exec.OK},
	} {
		err := (&target{at: "/body", did: self, recovery: c.now}).checkDeclaration(p, c.before, c.creation)
		if exec.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func FuzzReadDeclaration(f *testing.F) {
	f.Add([]byte(`{"set":["` + friend + `","` + edKey + `"],"delay":86400,"threshold":2,"league":604800}`))
	f.Add([]byte(`{"league":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		value, err := jcs.ParseIntegers(data, jcs.Limits{})
		members, ok := value.(map[string]any)
		if err != nil || !ok {
			return
		}
		r, err := readDeclaration(members, "/recovery")
		if err != nil || r.checkMembers("test", self) != nil {
			return
		}
		if n := int64(len(r.Set)); n > maxRecoverers || n > 0 && (r.Threshold < 1 || r.Threshold > n || r.Delay < 1) || n == 0 && r.League < 1 {
			t.Fatalf("accepted %+v", r)
		}
		again, err := readDeclaration(r.Value(), "")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, again); diff != "" {
			t.Error(diff)
		}
	})
}
