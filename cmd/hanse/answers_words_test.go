package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/api/client"
)

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestFlagsThatDoNotGoTogetherAreNamedAsTheyAreWritten(t *testing.T) {
	for want, args := range map[string][]string{
		"error: --issuer and --key do not go together": {"vc", "issue", "--issuer", "a", "--key", "b"},
		"error: one of --issuer and --key is needed":   {"vc", "issue"},
	} {
		if code, out := hanse(args...); code != exitUsage || !strings.HasPrefix(out, want+"\n") {
			t.Errorf("%v: exit %d\n%s", args, code, out)
		}
	}
}

func TestThePublicPartOfAKeyFileIsShown(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key.jwk")
	_, made := hanse("key", "new", "--output", file)
	if code, out := hanse("key", "show", "--input", file); code != exitOK || !strings.Contains(out, strings.TrimSpace(made)) {
		t.Errorf("exit %d\n%s", code, out)
	}
	for _, args := range [][]string{{"key", "show"}, {"key", "show", "me", "--input", file}} {
		if code, out := hanse(args...); code != exitUsage {
			t.Errorf("%v: exit %d\n%s", args, code, out)
		}
	}
}

// A key file has the private key in it, and whoever binds a credential to it needs the public one.
func TestACopyIsBoundToThePublicPartOfAKeyFile(t *testing.T) {
	key, signed := filepath.Join(t.TempDir(), "key.jwk"), filepath.Join(t.TempDir(), "signed.json")
	if code, out := hanse("key", "new", "--output", key); code != exitOK {
		t.Fatal(out)
	}
	claims := writeFile(t, "claims.json", `{"name":"Ada"}`)
	var asked struct {
		Options struct {
			Holders []any `json:"holders"`
		} `json:"options"`
	}
	center := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewDecoder(r.Body).Decode(&asked)
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(`{"verifiableCredentials":[{"a":1},{"a":2}]}`))
	}))
	defer center.Close()
	issue := []string{"template", "issue", "degree", "--issuer", "demo", "--input", claims, "--api", center.URL}
	if code, out := hanse(append(issue, "--holder", key, "--holder", "did:key:z6Mk", "--output", signed)...); code != exitOK {
		t.Fatalf("exit %d\n%s", code, out)
	}
	private, err := signerFile(key)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]any{private.Public().JWK(), "did:key:z6Mk"}, asked.Options.Holders); diff != "" {
		t.Error(diff)
	}
	if text, err := os.ReadFile(signed); err != nil || !strings.Contains(string(text), `{"a":2}`) {
		t.Errorf("%s %v", text, err)
	}
	for _, more := range [][]string{{"--holder", claims}, {"--holder", "/nowhere"}, {"--copies", "0"}} {
		if code, out := hanse(append(issue, more...)...); code != exitUsage {
			t.Errorf("%v: exit %d\n%s", more, code, out)
		}
	}
}

// What a policy file has wrong is said alike, whoever finds it.
func TestAPolicyThatACenterRefusesIsNamedByItsFile(t *testing.T) {
	center := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(client.Problem{Title: "bad request", Detail: "unknown member", Pointer: "/options/policy/requireTrust"})
	}))
	defer center.Close()
	policy, good := writeFile(t, "policy.json", `{"requireTrust":true}`), signedOffline(t, "")
	for _, args := range [][]string{
		{"vc", "verify", "--api", center.URL}, {"vp", "verify", "--api", center.URL}, {"vc", "verify", "--offline"},
	} {
		code, out := hanse(append(args, "--input", good, "--policy", policy)...)
		if code != exitUsage || !strings.Contains(out, "error: "+policy+": requireTrust: unknown member") {
			t.Errorf("%v: exit %d\n%s", args, code, out)
		}
	}
}

func TestTheOtherSchemeIsHintedAt(t *testing.T) {
	id := "did:key:z6MksYqeoJmXTCa5fD7x1tStzNNUqrZrh2ZG5ic5AbEfhGBC"
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	for url, want := range map[string]string{
		"https" + strings.TrimPrefix(plain.URL, "http"):  "--api http://",
		"http" + strings.TrimPrefix(secure.URL, "https"): "--api https://",
	} {
		if code, out := hanse("did", "resolve", id, "--api", url); code == exitOK || !strings.Contains(out, want) {
			t.Errorf("%s: exit %d\n%s", url, code, out)
		}
	}
}

func TestANameOfAKeyThatIsTakenIsHintedAt(t *testing.T) {
	t.Setenv("HANSE_KEYSTORE", filepath.Join(t.TempDir(), "keys"))
	t.Setenv("HANSE_PASSPHRASE_FILE", writeFile(t, "pass", "correct horse battery staple"))
	if code, out := hanse("key", "generate", "me"); code != exitOK {
		t.Fatal(out)
	}
	if code, out := hanse("key", "generate", "me"); code != exitError || !strings.Contains(out, "hint: a key is never written over") {
		t.Errorf("exit %d\n%s", code, out)
	}
}

func TestConfigShowLeavesOutEmptySections(t *testing.T) {
	home := t.TempDir()
	cfg := starterConfig()
	cfg.Center.Name, cfg.Center.PublicURL = "a", "http://127.0.0.1:7080"
	if err := writeConfig(home, cfg); err != nil {
		t.Fatal(err)
	}
	if code, out := hanse("config", "show", "--home", home); code != exitOK || strings.Contains(out, "map[") {
		t.Errorf("exit %d\n%s", code, out)
	}
}

func TestBulkChangesThatCannotBeAreRefusedAtOnce(t *testing.T) {
	center := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("asked a center") }))
	defer center.Close()
	ids, none := writeFile(t, "ids", "urn:uuid:1\n"), writeFile(t, "none", "[]")
	for _, args := range [][]string{{"--input", ids, "--purpose", "gone"}, {"--input", none, "--purpose", "revocation"}, {"--input", ids}} {
		if code, out := hanse(append([]string{"vc", "status", "bulk", "--api", center.URL}, args...)...); code != exitUsage {
			t.Errorf("%v: exit %d\n%s", args, code, out)
		}
	}
}

// An instant is what the API takes as one, with a center and without.
func TestInstantsAreInUTCToTheSecond(t *testing.T) {
	good := signedOffline(t, "")
	for at, want := range map[string]int{
		"2026-11-01T12:00:00Z": exitOK, "2026-11-01T12:00:00.5Z": exitUsage, "2026-11-01T12:00:00+01:00": exitUsage, "2026-11-01": exitUsage,
	} {
		if code, out := hanse("vc", "verify", "--offline", "--input", good, "--at", at); (code == exitUsage) != (want == exitUsage) {
			t.Errorf("%s: exit %d\n%s", at, code, out)
		}
	}
}

func TestOneTemplateAloneIsChecked(t *testing.T) {
	template := `{"name":"degree","issuer":"demo","types":["ExampleDegreeCredential"],"claims":[{"path":"/name","type":"string"}]}`
	for _, text := range []string{template, `{"templates":[` + template + `]}`} {
		if code, out := hanse("template", "check", writeFile(t, "t.json", text)); code != exitOK || !strings.Contains(out, "degree") {
			t.Errorf("%s: exit %d\n%s", text, code, out)
		}
	}
}
