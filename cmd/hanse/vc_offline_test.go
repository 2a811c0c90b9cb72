package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const unsignedDegree = `{"@context":["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/examples/v2"],
"type":["VerifiableCredential","ExampleDegreeCredential"],"credentialSubject":{"id":"did:example:ada","name":"Ada"}`

// offlineFiles makes a key, and an unsigned credential with further members, and returns their files.
func offlineFiles(t *testing.T, alg, more string) (key, input string) {
	t.Helper()
	dir := t.TempDir()
	key, input = filepath.Join(dir, "key.jwk"), filepath.Join(dir, "degree.json")
	if code, out := hanse("key", "new", "--output", key, "--alg", alg); code != exitOK {
		t.Fatal(out)
	}
	if err := os.WriteFile(input, []byte(unsignedDegree+more+"}"), 0o600); err != nil {
		t.Fatal(err)
	}
	return key, input
}

// signedOffline issues with a key file and returns the file of the secured credential.
func signedOffline(t *testing.T, more string) string {
	t.Helper()
	key, input := offlineFiles(t, "EdDSA", more)
	signed := filepath.Join(t.TempDir(), "signed.json")
	if code, out := hanse("vc", "issue", "--key", key, "--input", input, "--format", "eddsa-jcs-2022", "--output", signed); code != exitOK {
		t.Fatal(out)
	}
	return signed
}

func TestOfflineVerificationSaysByItsExitCodeWhatItFound(t *testing.T) {
	policy := func(text string) string {
		file := filepath.Join(t.TempDir(), "policy.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	good := signedOffline(t, "")
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	changed := policy(strings.Replace(string(text), "Ada", "Eve", 1))
	listed := signedOffline(t, `,"credentialStatus":{"type":"BitstringStatusListEntry","statusPurpose":"revocation","statusListIndex":"5","statusListCredential":"https://a.example/1"}`)
	_, unsigned := offlineFiles(t, "EdDSA", "")
	for name, c := range map[string]struct {
		want int
		args []string
	}{
		"as it was issued":                     {exitOK, []string{"--input", good}},
		"changed":                              {exitNotVerified, []string{"--input", changed}},
		"not signed":                           {exitNotVerified, []string{"--input", unsigned}},
		"a status that nobody was asked about": {exitNotVerified, []string{"--input", listed}},
		"an accreditation that nobody has":     {exitNotVerified, []string{"--input", good, "--policy", policy(`{"requireAccreditation":true}`)}},
		"a domain that nobody looks for":       {exitNotVerified, []string{"--input", good, "--policy", policy(`{"requireLinkedDomain":true}`)}},
		"another issuer than is taken":         {exitNotVerified, []string{"--input", good, "--policy", policy(`{"issuers":["did:web:a.example"]}`)}},
		"a policy that does not exist":         {exitUsage, []string{"--input", good, "--policy", policy(`{"requireTrust":true}`)}},
	} {
		if code, out := hanse(append([]string{"vc", "verify", "--offline"}, c.args...)...); code != c.want {
			t.Errorf("%s: exit %d, want %d\n%s", name, code, c.want, out)
		}
	}
}

// What was not checked is said where people look, not in JSON only.
func TestTheTableSaysWhatWasNotChecked(t *testing.T) {
	for more, want := range map[string]string{
		`,"credentialStatus":{"type":"StatusList2040"}`:                                  "StatusList2040",
		`,"credentialSchema":{"type":"JsonSchema","id":"https://a.example/degree.json"}`: "https://a.example/degree.json",
		"": "no source of accreditations",
	} {
		code, out := hanse("vc", "verify", "--offline", "--input", signedOffline(t, more))
		if code != exitOK || !strings.Contains(out, want) {
			t.Errorf("%s: exit %d, without %q:\n%s", more, code, want, out)
		}
	}
}

func TestFoldersThatCannotBeReadAreNamedWithTheirFlag(t *testing.T) {
	good := signedOffline(t, "")
	for _, flag := range []string{"contexts", "schemas", "types", "ca"} {
		code, out := hanse("vc", "verify", "--offline", "--fetch", "--input", good, "--"+flag, "/nowhere/at/all")
		if code != exitError || !strings.Contains(out, "error: --"+flag) {
			t.Errorf("--%s: exit %d\n%s", flag, code, out)
		}
	}
}

// A flag that would change nothing is a mistake: who gives --disclosable believes that its holder can withhold that.
func TestFlagsThatMeanNothingForAFormAreRefused(t *testing.T) {
	key, input := offlineFiles(t, "ES256", "")
	for _, args := range [][]string{
		{"--key", key, "--format", "vc+jwt", "--disclosable", "/credentialSubject/name"},
		{"--key", key, "--format", "ecdsa-sd-2023", "--disclosable", "/credentialSubject/name"},
		{"--key", key, "--format", "vc+sd-jwt", "--mandatory", "/issuer"},
		{"--key", key, "--format", "ecdsa-rdfc-2019", "--mandatory", "/issuer"},
		{"--issuer", "demo", "--verification-method", "did:web:a.example#key-1"},
	} {
		if code, out := hanse(append([]string{"vc", "issue", "--input", input}, args...)...); code != exitUsage {
			t.Errorf("%v: exit %d\n%s", args, code, out)
		}
	}
	for form, flag := range map[string]string{"vc+sd-jwt": "--disclosable", "ecdsa-sd-2023": "--mandatory"} {
		if code, out := hanse("vc", "issue", "--input", input, "--key", key, "--format", form, flag, "/credentialSubject/name"); code != exitOK {
			t.Errorf("%s: exit %d\n%s", form, code, out)
		}
	}
}

// --output /dev/null must not make a file of the device.
func TestOutputIsWrittenIntoWhatIsNoFile(t *testing.T) {
	key, input := offlineFiles(t, "EdDSA", "")
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	reader, err := os.OpenFile(pipe, os.O_RDWR, 0) // does not wait for a writer
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if code, out := hanse("vc", "issue", "--key", key, "--input", input, "--output", pipe); code != exitOK {
		t.Fatal(out)
	}
	if info, err := os.Lstat(pipe); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		t.Fatalf("the pipe was replaced: %v %v", info.Mode(), err)
	}
	var credential map[string]any
	if err := json.NewDecoder(reader).Decode(&credential); err != nil || credential["type"] != "EnvelopedVerifiableCredential" {
		t.Errorf("%v %v", credential, err)
	}
}

// Who has no answer learns whom to ask.
func TestOfflineSaysWhomElseToAsk(t *testing.T) {
	good := signedOffline(t, "")
	listed := signedOffline(t, `,"credentialStatus":{"type":"BitstringStatusListEntry","statusPurpose":"revocation","statusListIndex":"5","statusListCredential":"https://a.invalid/1"}`)
	if code, out := hanse("vc", "verify", "--offline", "--input", listed); code != exitNotVerified || !strings.Contains(out, "hint: ask a center (leave out --offline), or") || !strings.Contains(out, "--fetch") {
		t.Errorf("a list that nobody fetched: exit %d\n%s", code, out)
	}
	if _, out := hanse("vc", "verify", "--offline", "--input", good); strings.Contains(out, "hint:") {
		t.Errorf("accepted, and yet a hint:\n%s", out)
	}
	changed := filepath.Join(t.TempDir(), "changed.json")
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(changed, []byte(strings.Replace(string(text), "Ada", "Eve", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, out := hanse("vc", "verify", "--offline", "--input", changed); strings.Contains(out, "hint:") {
		t.Errorf("a signature that is wrong is wrong everywhere:\n%s", out)
	}
	key, _ := offlineFiles(t, "EdDSA", "")
	presented := filepath.Join(t.TempDir(), "vp.json")
	if code, out := hanse("vp", "create", "--key", key, "--input", listed, "--output", presented); code != exitOK {
		t.Fatal(out)
	}
	if code, out := hanse("vp", "verify", "--offline", "--input", presented); code != exitNotVerified || !strings.Contains(out, "hint: ask a center") {
		t.Errorf("inside of a presentation: exit %d\n%s", code, out)
	}
}

func TestTheTableNamesThePlaceOfAProblem(t *testing.T) {
	_, input := offlineFiles(t, "EdDSA", "")
	if _, out := hanse("vp", "verify", "--offline", "--input", input); !strings.Contains(out, "(/type)") {
		t.Error(out)
	}
}

func TestAllowedHostsAreForFetching(t *testing.T) {
	good := signedOffline(t, "")
	for _, args := range [][]string{
		{"--allow-host", "localhost:7080"},
		{"--offline", "--allow-host", "localhost:7080"},
		{"--offline", "--fetch", "--allow-host", "localhost"},
	} {
		if code, out := hanse(append([]string{"vc", "verify", "--input", good}, args...)...); code != exitUsage || !strings.Contains(out, "--allow-host") {
			t.Errorf("%v: exit %d\n%s", args, code, out)
		}
	}
}

func TestAKeyBindingNeedsWhomItIsFor(t *testing.T) {
	key, input := offlineFiles(t, "EdDSA", "")
	signed := filepath.Join(t.TempDir(), "signed.json")
	if code, out := hanse("vc", "issue", "--key", key, "--input", input, "--format", "vc+sd-jwt", "--output", signed); code != exitOK {
		t.Fatal(out)
	}
	for _, more := range [][]string{nil, {"--challenge", "1"}, {"--domain", "https://a.example"}} {
		code, out := hanse(append([]string{"vp", "create", "--key", key, "--input", signed, "--format", "vc+sd-jwt"}, more...)...)
		if code != exitUsage || !strings.Contains(out, "hint: give --challenge and --domain") {
			t.Errorf("%v: exit %d\n%s", more, code, out)
		}
	}
}

func TestANewKeyIsWrittenOverNone(t *testing.T) {
	key, _ := offlineFiles(t, "EdDSA", "")
	before, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	if code, out := hanse("key", "new", "--output", key); code != exitError || !strings.Contains(out, "hint: ") {
		t.Errorf("exit %d\n%s", code, out)
	}
	if after, err := os.ReadFile(key); err != nil || string(after) != string(before) {
		t.Errorf("the key is changed: %v", err)
	}
}
