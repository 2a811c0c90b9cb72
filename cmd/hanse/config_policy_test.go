package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did/keys"
)

// homeWith is a home whose hanse.toml is the starter's with text at its end.
func homeWith(t *testing.T, text string) string {
	t.Helper()
	home, cfg := t.TempDir(), starterConfig()
	cfg.Center.Name, cfg.Center.PublicURL = "bank", "https://bank.example"
	if err := writeConfig(home, cfg); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(home, "hanse.toml")
	starter, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for section := range strings.SplitSeq(text, "\n\n") { // a section of the starter is filled, because it can stand there once only
		header, settings, _ := strings.Cut(section, "\n")
		at := strings.Index(string(starter), "\n"+header)
		if at < 0 {
			t.Fatalf("the starter has no section %s", header)
		}
		end := at + 1 + strings.Index(string(starter)[at+1:], "\n")
		starter = []byte(string(starter)[:end] + "\n" + settings + string(starter)[end:])
	}
	if err := os.WriteFile(file, starter, 0o600); err != nil {
		t.Fatal(err)
	}
	return home
}

func TestThePolicyOfTheConfigurationIsTheVerifiers(t *testing.T) {
	schema := filepath.Join(t.TempDir(), "policy.json")
	if err := os.WriteFile(schema, []byte(`{"type":"object"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, _, err := loadConfig(homeWith(t, `[policy]
forms = ["vc+jwt", "ecdsa-sd-2023"]
algorithms = ["EdDSA", "ES256"]
issuers = ["did:web:university.example"]
max_status_age = "10m"
require_status = true
require_holder = true
require_schema = true
schema_file = "`+schema+`"
hook_url = "https://policy.bank.example/decide"
hook_timeout = "750ms"

[schemas]
dir = "/etc/hanse/schemas"
fetch = true

[types]
dir = "/etc/hanse/types"

[issuing]
templates = "/etc/hanse/templates.json"

[fetch]
ca_file = "/etc/hanse/ca.pem"`), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := cfg.Trust.policy()
	if err := cfg.Policy.into(&got); err != nil {
		t.Fatal(err)
	}
	want := credentials.Policy{
		Forms: []credentials.Form{credentials.FormJWT, credentials.FormECDSASD}, Algorithms: []keys.Algorithm{keys.EdDSA, keys.ES256},
		Issuers: []string{"did:web:university.example"}, MaxStatusAge: 10 * time.Minute, RequireStatus: true, RequireHolder: true, RequireSchema: true,
		Schema: []byte(`{"type":"object"}`),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if d, err := cfg.Policy.decider(); err != nil || d == nil || cfg.Policy.HookTimeout != 750*time.Millisecond {
		t.Errorf("decider %v %v, timeout %s", d, err, cfg.Policy.HookTimeout)
	}
	if diff := cmp.Diff([]any{sourceConfig{"/etc/hanse/schemas", true}, sourceConfig{"/etc/hanse/types", false}, issuingConfig{"/etc/hanse/templates.json"}, "/etc/hanse/ca.pem", statusConfig{true}},
		[]any{cfg.Schemas, cfg.Types, cfg.Issuing, cfg.Fetch.CAFile, cfg.Status}); diff != "" {
		t.Error(diff)
	}
}

func TestWithoutAPolicyNothingMoreIsAskedFor(t *testing.T) {
	cfg, _, err := loadConfig(homeWith(t, "[policy]"), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := credentials.Policy{}
	if err := cfg.Policy.into(&got); err != nil {
		t.Fatal(err)
	}
	d, err := cfg.Policy.decider()
	if diff := cmp.Diff(credentials.Policy{}, got); diff != "" || d != nil || err != nil {
		t.Errorf("%s, decider %v %v", diff, d, err)
	}
}

func TestAPolicyThatCannotBeMeantIsRefusedAtStart(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken.json")
	if err := os.WriteFile(broken, []byte(`{`), 0o600); err != nil {
		t.Fatal(err)
	}
	for text, names := range map[string]string{
		`forms = ["vc+jtw"]`:                              "vc+jtw",
		`algorithms = ["HS256"]`:                          "HS256",
		`issuers = ["the university"]`:                    "the university",
		`max_status_age = "-1m"`:                          "max_status_age",
		`max_status_age = "soon"`:                         "invalid duration",
		`max_status_age = 600`:                            "max_status_age", // 600 ns for who means seconds
		`max_status_age = "1ms"`:                          "max_status_age",
		"hook_url = \"https://a\"\nhook_timeout = 2":      "hook_timeout",
		`schema_file = "/nowhere/at/all.json"`:            "schema_file",
		`schema_file = "` + broken + `"`:                  "schema",
		`hook_url = "policy.example"`:                     "hook_url",
		`hook_url = "ftp://policy.example/"`:              "hook_url",
		`hook_timeout = "1s"`:                             "hook_timeout",
		"hook_url = \"https://a\"\nhook_timeout = \"1h\"": "1h0m0s",
		`require_everything = true`:                       "require_everything",
	} {
		if _, _, err := loadConfig(homeWith(t, "[policy]\n"+text), nil); err == nil || !strings.Contains(err.Error(), names) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
