package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/app"
)

// TestARevocationThatIsPendingIsNotCalledCommitted: a center without quorum answers 202.
func TestARevocationThatIsPendingIsNotCalledCommitted(t *testing.T) {
	const id = "ZXirNlQGKazfm9-jOIcvvZGZaJo4sH6Itfvecd4L5_w"
	tests := []struct {
		status        int
		answer, notes string
		code          int
	}{
		{http.StatusOK, `{"status":true}`, "committed: the revocation is set", exitOK},
		{http.StatusAccepted, `{"id":"` + id + `","state":"accepted"}`, "accepted, not committed yet: 'hanse op show " + id, exitOK},
		{http.StatusForbidden, `{"title":"forbidden","detail":"the API key lacks the scope write:/credentials/status"}`, "hint: a token for one issuer goes with --issuer NAME; otherwise 'hanse api-key create NAME --scope write:/credentials/status'", exitNotAuthorised},
	}
	for _, test := range tests {
		var asked map[string]any
		center := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_ = json.NewDecoder(r.Body).Decode(&asked)
			w.WriteHeader(test.status)
			_, _ = w.Write([]byte(test.answer))
		}))
		var out, notes bytes.Buffer
		input := filepath.Join(t.TempDir(), "signed.json")
		if err := os.WriteFile(input, []byte(`{"credentialStatus":{"type":"BitstringStatusListEntry","statusPurpose":"revocation","statusListIndex":"7","statusListCredential":"https://a.example/l"}}`), 0o600); err != nil {
			t.Fatal(err)
		}
		code := run([]string{"vc", "revoke", "--input", input, "--api", center.URL, "-o", "json"}, nil, &out, &notes)
		center.Close()
		if code != test.code || !strings.Contains(notes.String(), test.notes) {
			t.Errorf("%d: exit %d, %q, want %d and %q", test.status, code, notes.String(), test.code, test.notes)
		}
		if code == exitOK && !json.Valid(out.Bytes()) {
			t.Errorf("%d: standard output is not JSON: %q", test.status, out.String())
		}
		want := map[string]any{"status": true, "credentialStatus": map[string]any{
			"type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "7", "statusListCredential": "https://a.example/l",
		}}
		if diff := cmp.Diff(want, asked); diff != "" {
			t.Error(diff)
		}
	}
}

// A token for one issuer is for requests that name it.
func TestChangesOfOneIssuerNameIt(t *testing.T) {
	ids := filepath.Join(t.TempDir(), "ids")
	if err := os.WriteFile(ids, []byte("urn:uuid:1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{
		{"vc", "revoke", "urn:uuid:1"}, {"vc", "suspend", "urn:uuid:1"}, {"vc", "suspend", "urn:uuid:1", "--lift"},
		{"vc", "status", "bulk", "--input", ids, "--purpose", "revocation"},
	} {
		var asked map[string]any
		center := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked = nil
			_ = json.NewDecoder(r.Body).Decode(&asked)
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"title":"forbidden","detail":"the API key lacks the scope write:/credentials/status"}`))
		}))
		code, out := hanse(append(command, "--api", center.URL)...)
		if code != exitNotAuthorised || !strings.Contains(out, "--issuer NAME") || asked["issuer"] != nil {
			t.Errorf("%v: exit %d, asked %v\n%s", command, code, asked, out)
		}
		if _, out := hanse(append(command, "--api", center.URL, "--issuer", "demo")...); asked["issuer"] != "demo" || strings.Contains(out, "--issuer NAME") {
			t.Errorf("%v --issuer demo: asked %v\n%s", command, asked, out)
		}
		center.Close()
	}
}

func TestADevLeagueSaysThatAPortIsTakenBeforeItMakesAnything(t *testing.T) {
	taken := httptest.NewServer(nil)
	defer taken.Close()
	home := filepath.Join(t.TempDir(), "league")
	var notes bytes.Buffer
	code := run([]string{"dev", "--home", home, "--centers", "1", "--api", strings.TrimPrefix(taken.URL, "http://")}, nil, &notes, &notes)
	if code != exitError || !strings.Contains(notes.String(), "the API of center-a") || !strings.Contains(notes.String(), "hint: choose other ports with --api") {
		t.Errorf("exit %d: %s", code, notes.String())
	}
	if _, err := os.Stat(filepath.Join(home, "center-a")); err == nil {
		t.Error("a center was made")
	}
}

func TestRefusalsOfADIDSayWhatToDo(t *testing.T) {
	tests := []struct {
		status             int
		kind, detail, hint string
		code               int
	}{
		{http.StatusBadRequest, "INVALID_DID", "", "hint: a DID looks like did:hanse:LEAGUE", exitUsage},
		{http.StatusNotImplemented, "METHOD_NOT_SUPPORTED", "", "hint: a center resolves did:hanse", exitError},
		{http.StatusNotFound, "NOT_FOUND", "", "hint: the DID may exist, and not have this version", exitNotFound},
		{http.StatusNotFound, "NOT_FOUND", "the DID exists", "hint: the center says: the DID exists", exitNotFound},
	}
	for _, test := range tests {
		center := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(test.status)
			_, _ = w.Write([]byte(`{"didDocument":null,"didResolutionMetadata":{"error":{"type":"https://www.w3.org/ns/did#` + test.kind + `","title":"no","detail":"` + test.detail + `","status":` + strconv.Itoa(test.status) + `}},"didDocumentMetadata":{}}`))
		}))
		var notes bytes.Buffer
		code := run([]string{"did", "resolve", "did:key:x", "--version-id", "1-x", "--api", center.URL}, nil, &notes, &notes)
		center.Close()
		if code != test.code || !strings.Contains(notes.String(), test.hint) {
			t.Errorf("%s: exit %d, %q, want %d and %q", test.kind, code, notes.String(), test.code, test.hint)
		}
	}
}

// TestAnUpgradeOfTheLeagueAsksForTheNewBinary: whoever supervises a center starts the new version on exit code 75.
func TestAnUpgradeOfTheLeagueAsksForTheNewBinary(t *testing.T) {
	stopped := fmt.Errorf("the node stopped: %w", &app.UpgradeError{Plan: "spring", Height: 7, MinVersion: "2.0.0", Version: "1.9.0"})
	e := classify(errors.Join(stopped, nil))
	if e.Code != 75 || !strings.Contains(e.Error(), "2.0.0") || !strings.Contains(e.Hint, "start the center again") {
		t.Errorf("exit %d, %v, %q", e.Code, e, e.Hint)
	}
}

func TestBuildsWithoutAVersionAreNotComparedWithAnUpgradePlan(t *testing.T) {
	for version, want := range map[string]string{"v1.2.3": "v1.2.3", "(devel)": "", "unknown": "", "v0.0.0-20261122-abcdef+dirty": "v0.0.0-20261122-abcdef+dirty"} {
		if got := releaseOf(version); got != want {
			t.Errorf("%s: %q, want %q", version, got, want)
		}
	}
}
