package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEditingConfigLeavesTheRestOfTheFile(t *testing.T) {
	listen := tomlEdit{"api", "listen", `"127.0.0.1:9"`}
	for name, c := range map[string]struct{ before, after string }{
		"with a comment": {
			"[api]\nlisten = \"a#b\" # mine\nno_auth = false\n", "[api]\nlisten = \"127.0.0.1:9\" # mine\nno_auth = false\n",
		},
		"of another section too": {
			"[other]\nlisten = 1\n[ api ] # x\n  listen='a'\n", "[other]\nlisten = 1\n[ api ] # x\nlisten = \"127.0.0.1:9\"\n",
		},
		"not there":         {"# top\n[api]\n# listen = \"x\"\n[log]\n", "# top\n[api]\nlisten = \"127.0.0.1:9\"\n# listen = \"x\"\n[log]\n"},
		"nor its section":   {"[[trust.allow]]\nissuer = \"did:a:b\"", "[[trust.allow]]\nissuer = \"did:a:b\"\n\n[api]\nlisten = \"127.0.0.1:9\"\n"},
		"as it shall be":    {"[api]\nlisten = \"127.0.0.1:9\"\n", "[api]\nlisten = \"127.0.0.1:9\"\n"},
		"an array of lists": {"[[x]]\n[api]\ncors_origins = [\n \"a\",\n]\nlisten = \"b\"\n", "[[x]]\n[api]\ncors_origins = [\n \"a\",\n]\nlisten = \"127.0.0.1:9\"\n"},
	} {
		home := homeOfText(t, c.before)
		if err := editConfig(home, []tomlEdit{listen}); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := os.ReadFile(filepath.Join(home, "hanse.toml"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.after, string(got)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}

// What lines do not show is not guessed at: the file stays as it was.
func TestEditingConfigRefusesWhatItCannotTell(t *testing.T) {
	for name, text := range map[string]string{
		"a list over several lines": "[ledger]\npeers = [\n  \"a\",\n]\n",
		"an inline table":           "ledger = { peers = [] }\n",
		"a dotted key":              "ledger.peers = []\n",
		"a string over lines":       "[ledger]\nnote = \"\"\"\npeers = 1\n\"\"\"\n",
		"no TOML":                   "[ledger\n",
	} {
		home := homeOfText(t, text)
		err := editConfig(home, []tomlEdit{{"ledger", "peers", `["b"]`}})
		if err == nil {
			t.Errorf("%s: edited", name)
		}
		if got, _ := os.ReadFile(filepath.Join(home, "hanse.toml")); string(got) != text {
			t.Errorf("%s: the file is changed to %s", name, got)
		}
	}
}

func homeOfText(t *testing.T, text string) string {
	t.Helper()
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, "hanse.toml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return home
}

// A league that is started again moves to other ports, and keeps what its operator wrote into hanse.toml.
func TestResumingKeepsTheOperatorsConfiguration(t *testing.T) {
	opts := leagueOptions{League: "test", Centers: 1, Home: t.TempDir()}
	open := func() *league {
		t.Helper()
		var err error
		if opts.API, err = freeRange(1); err != nil {
			t.Fatal(err)
		}
		l, err := openLeague(testCommand(t), opts)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	home := open().home(0)
	file := filepath.Join(home, "hanse.toml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	edited := strings.NewReplacer("[policy]", "[policy]\nhook_url = \"http://127.0.0.1:9/decide\"", "[schemas]", "[schemas]\ndir = \""+opts.Home+"\"",
		"[issuing]", "[issuing]\ntemplates = \"/a/templates.json\"", `level = "info"`, `level = "debug"`).Replace(string(text)) + "# my own remark\n"
	if err := os.WriteFile(file, []byte(edited), 0o600); err != nil {
		t.Fatal(err)
	}
	opts.NoAuth = true
	l := open()
	cfg, _, err := loadConfig(home, nil)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Policy.HookURL != "http://127.0.0.1:9/decide" || cfg.Schemas.Dir != opts.Home || cfg.Issuing.Templates != "/a/templates.json" || cfg.Log.Level != "debug" {
		t.Errorf("the operator's settings are gone: %+v", cfg)
	}
	if after, _ := os.ReadFile(file); !strings.HasSuffix(string(after), "# my own remark\n") {
		t.Error("a remark is gone")
	}
	if cfg.API.Listen != opts.API || !cfg.API.NoAuth || cfg.Center.PublicURL != "http://"+opts.API || cfg.Ledger.P2P != l.m.Centers[0].P2P {
		t.Errorf("the league's own settings are old: %+v", cfg)
	}
}
