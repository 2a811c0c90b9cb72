package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hanse-id/hanse/api"
	"github.com/hanse-id/hanse/api/auth"
	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/api/ledgertest"
	"github.com/hanse-id/hanse/did/keystore"
	"github.com/hanse-id/hanse/did/resolve"
)

// startIssuingCenter serves a center without issuers, and returns its URL and a file with an administrator's key.
func startIssuingCenter(t *testing.T) (url, tokenFile string) {
	t.Helper()
	league, keys, dir := ledgertest.New(t, ledgertest.Options{}), keystore.NewMemory(), t.TempDir()
	store, err := issuance.OpenSQLite(t.Context(), filepath.Join(dir, "issuance.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	service, err := issuance.New(context.Background(), issuance.Options{
		Ledger: league, Store: store, Keys: keys, PublicURL: "https://center.example", Center: issuance.Center{DID: league.Center.DID, Control: []string{"center"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = service.Close() })
	allowed := auth.NewMemory(nil)
	_, token, err := allowed.Create(t.Context(), auth.NewKey{Name: "admin", Scopes: []string{auth.Admin}})
	if err != nil {
		t.Fatal(err)
	}
	server, err := api.New(api.Options{League: league.League, PublicURL: "https://center.example", Ledger: league, Resolver: resolve.NewRouter(nil), Issuance: service, Keys: allowed})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Drain)
	listening := httptest.NewServer(server.Handler())
	t.Cleanup(listening.Close)
	tokenFile = filepath.Join(dir, "token")
	if err := os.WriteFile(tokenFile, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	return listening.URL, tokenFile
}

func TestAnIssuerAndItsTemplatesAreConfiguredOverTheAPI(t *testing.T) {
	url, token := startIssuingCenter(t)
	hanse := func(input string, args ...string) (map[string]any, string, int) {
		t.Helper()
		var out, notes bytes.Buffer
		code := run(append(args, "--api", url, "--token-file", token), strings.NewReader(input), &out, &notes)
		var answer map[string]any
		_ = json.Unmarshal(out.Bytes(), &answer)
		return answer, out.String() + notes.String(), code
	}
	made, text, code := hanse(`{"form":"eddsa-jcs-2022","purposes":["none"]}`, "issuer", "put", "badges", "-o", "json")
	if id, _ := made["did"].(string); code != exitOK || !strings.HasPrefix(id, "did:key:") {
		t.Fatalf("exit %d: %s", code, text)
	}
	if read, text, code := hanse("", "issuer", "show", "badges"); code != exitOK || read["did"] != made["did"] {
		t.Errorf("exit %d: %s", code, text)
	}
	if _, text, code := hanse(`{"form":"eddsa-jcs-2022","purposes":["fun"]}`, "issuer", "put", "badges"); code == exitOK || !strings.Contains(text, "fun") {
		t.Errorf("exit %d: %s", code, text)
	}
	if _, text, code := hanse(`{"Form":"eddsa-jcs-2022"}`, "issuer", "put", "badges"); code != exitUsage || !strings.Contains(text, "/Form") {
		t.Errorf("exit %d: %s", code, text)
	}
	template := `{"types":["ExampleDegreeCredential"],"contexts":["https://www.w3.org/ns/credentials/examples/v2"],"claims":[{"path":"/degree","required":true}]}`
	if _, text, code := hanse(template, "template", "put", "degree", "--issuer", "badges"); code != exitOK || !strings.Contains(text, "stored") {
		t.Errorf("exit %d: %s", code, text)
	}
	if _, text, code := hanse("", "template", "list", "--issuer", "badges"); code != exitOK || !strings.Contains(text, "ExampleDegreeCredential") {
		t.Errorf("exit %d: %s", code, text)
	}
	if read, text, code := hanse("", "template", "show", "degree", "--issuer", "badges"); code != exitOK || read["issuer"] != "badges" {
		t.Errorf("exit %d: %s", code, text)
	}
	if _, text, code := hanse("", "template", "delete", "degree", "--issuer", "badges"); code != exitOK {
		t.Errorf("exit %d: %s", code, text)
	}
	if _, text, code := hanse("", "template", "show", "degree", "--issuer", "badges"); code == exitOK {
		t.Errorf("what was deleted is shown: %s", text)
	}
}
