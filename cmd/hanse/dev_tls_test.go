package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hanse-id/hanse/api/client"
	"github.com/hanse-id/hanse/credentials"
)

// TestLeagueOverHTTPS runs a league with certificates of its own authority, whose centers fetch from each other.
func TestLeagueOverHTTPS(t *testing.T) {
	l := startLeague(t, leagueOptions{TLS: true})
	t.Run("a center resolves and verifies the did:web of another", func(t *testing.T) { webIssuersVerifyElsewhere(t, l) })
	t.Run("nothing else of this machine is fetched", func(t *testing.T) { onlyCentersAreFetched(t, l) })
	t.Run("commands trust the authority that they are told of", func(t *testing.T) { commandsTrustTheAuthority(t, l) })
	t.Run("a center lives through SIGHUP", func(t *testing.T) { livesThroughHangup(t, l) })
	t.Run("a center's policy, and whom it asks, decide", func(t *testing.T) { aPolicyDecides(t, l) })
}

func (l *league) secureClient(t *testing.T, i int) *client.Client {
	t.Helper()
	transport, err := httpClient(l.m.CA)
	if err != nil {
		t.Fatal(err)
	}
	return client.New(l.m.Centers[i].API, client.Options{Token: l.m.Centers[i].Token, HTTP: transport})
}

// webIssuer is the DID of center i's issuer "web".
func (l *league) webIssuer(t *testing.T, i int) string {
	t.Helper()
	for _, issuer := range l.m.Centers[i].Issuers {
		if issuer.Name == "web" {
			return issuer.DID
		}
	}
	t.Fatal("no issuer \"web\"")
	return ""
}

// issueAsWeb issues a credential as center 0's did:web issuer.
func (l *league) issueAsWeb(t *testing.T) json.RawMessage {
	t.Helper()
	var request struct{ Credential json.RawMessage }
	if err := json.Unmarshal([]byte(sampleRequest(l.webIssuer(t, 0))), &request); err != nil {
		t.Fatal(err)
	}
	vc, err := l.secureClient(t, 0).Issue(t.Context(), "web", request.Credential, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	return vc
}

func webIssuersVerifyElsewhere(t *testing.T, l *league) {
	id := l.webIssuer(t, 0)
	if !strings.HasPrefix(id, "did:web:localhost%3A") || !strings.HasSuffix(id, ":issuers:web") {
		t.Fatalf("issuer is %s", id)
	}
	vc := l.issueAsWeb(t)
	for i := range l.m.Centers {
		result, err := l.secureClient(t, i).Verify(t.Context(), vc, nil)
		if err != nil {
			t.Fatal(err)
		}
		check, _ := result.Report.Check(credentials.CheckIssuer)
		if !result.Verified || check.Evidence == nil || check.Evidence.Source != "did:web" {
			t.Errorf("%s: verified %v, issuer %+v", l.m.Centers[i].Name, result.Verified, check)
		}
	}
}

func onlyCentersAreFetched(t *testing.T, l *league) {
	for _, id := range []string{"did:web:localhost", "did:web:localhost%3A1", "did:web:127.0.0.1%3A" + strings.Split(l.opts.API, ":")[1]} {
		answer, err := l.secureClient(t, 1).Do(t.Context(), client.Request{Method: "GET", Path: "/1.0/identifiers/" + id})
		if err != nil {
			t.Fatal(err)
		}
		if answer.Status != 400 || !strings.Contains(string(answer.Body), "INVALID_DID") {
			t.Errorf("%s: %d %s", id, answer.Status, answer.Body)
		}
	}
}

// hanse runs a command line and returns its exit code and output.
func hanse(args ...string) (int, string) {
	var out bytes.Buffer
	return run(args, strings.NewReader(""), &out, &out), out.String()
}

func commandsTrustTheAuthority(t *testing.T, l *league) {
	t.Setenv("HANSE_CA", "")
	file := filepath.Join(t.TempDir(), "signed.json")
	if err := os.WriteFile(file, l.issueAsWeb(t), 0o600); err != nil {
		t.Fatal(err)
	}
	at := l.m.Centers[1].API
	if code, out := hanse("vc", "verify", "--input", file, "--api", at, "--ca", l.m.CA); code != exitOK {
		t.Errorf("with --ca: %d\n%s", code, out)
	}
	if code, out := hanse("vc", "verify", "--input", file, "--api", at); code != exitError || !strings.Contains(out, "--ca FILE") {
		t.Errorf("without: %d\n%s", code, out)
	}
	if code, out := hanse("vc", "verify", "--input", file, "--api", at, "--ca", file); code != exitUsage {
		t.Errorf("with a file of no authority: %d\n%s", code, out)
	}
	t.Setenv("HANSE_CA", l.m.CA)
	if code, out := hanse("did", "resolve", l.webIssuer(t, 0), "--api", at); code != exitOK || !strings.Contains(out, "did:web:localhost") {
		t.Errorf("with HANSE_CA: %d\n%s", code, out)
	}
	host := strings.TrimPrefix(l.m.Centers[0].API, "https://")
	if code, out := hanse("vc", "verify", "--offline", "--fetch", "--allow-host", host, "--input", file); code != exitOK || !strings.Contains(out, "did:web") {
		t.Errorf("offline, with --allow-host: %d\n%s", code, out)
	}
	// Without a center: a name of this machine may not be fetched from, whoever signed its certificate.
	if code, out := hanse("vc", "verify", "--offline", "--fetch", "--input", file); code != exitNotVerified || !strings.Contains(out, "one network only") {
		t.Errorf("offline: %d\n%s", code, out)
	}
}

func livesThroughHangup(t *testing.T, l *league) {
	if err := l.tls().prepare(time.Now()); err != nil { // a new certificate
		t.Fatal(err)
	}
	if err := syscall.Kill(l.m.Centers[0].PID, syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(l.m.Centers[0].Home, "log", "hanse.log")
	if err := eventuallyDo(func() bool {
		data, err := os.ReadFile(log)
		return err == nil && bytes.Contains(data, []byte("certificate read"))
	}); err != nil {
		t.Fatal(err)
	}
	if ready, err := l.secureClient(t, 0).Ready(t.Context()); err != nil || !ready.Ready {
		t.Errorf("after SIGHUP: %+v %v", ready, err)
	}
}

// aPolicyDecides starts a center again with a policy, folders and an external hook, and sees each of them at work.
func aPolicyDecides(t *testing.T, l *league) {
	var asked atomic.Int32
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		var q credentials.DeciderQuery
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil || q.Credential == nil || q.Report == nil {
			t.Errorf("asked about %+v: %v", q, err)
		}
		_, _ = io.WriteString(w, `{"accept": false, "reason": "closed on Sundays"}`)
	}))
	t.Cleanup(hook.Close)
	const last = 3
	folder := t.TempDir()
	p := l.centers[last]
	p.terminate()
	if err := p.wait(30 * time.Second); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(l.m.Centers[last].Home, "hanse.toml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.NewReplacer(
		"\n[policy]", "\n[policy]\nforms = [\"vc+jwt\"]\nhook_url = \""+hook.URL+"\"\nhook_timeout = \"5s\"\n", "\n[schemas]", "\n[schemas]\ndir = \""+folder+"\"\n",
		"\n[types]", "\n[types]\ndir = \""+folder+"\"\n",
	).Replace(string(text))
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := l.startCenter(last); err != nil {
		t.Fatal(err)
	}
	if err := l.awaitReady(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	c := l.secureClient(t, last)
	result, err := c.Verify(t.Context(), l.issueAsWeb(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	check, _ := result.Report.Check(credentials.CheckPolicy)
	if result.Verified || check.Outcome != credentials.Fail || check.Problem == nil || !strings.Contains(check.Problem.Detail, "closed on Sundays") || asked.Load() != 1 {
		t.Errorf("verified %v, asked %d times, policy %+v", result.Verified, asked.Load(), check)
	}
	var request struct{ Credential json.RawMessage }
	if err := json.Unmarshal([]byte(sampleRequest(l.webIssuer(t, 0))), &request); err != nil {
		t.Fatal(err)
	}
	other, err := l.secureClient(t, 0).Issue(t.Context(), "web", request.Credential, map[string]any{"format": "eddsa-jcs-2022"}, "")
	if err != nil {
		t.Fatal(err)
	}
	if result, err = c.Verify(t.Context(), other, nil); err != nil {
		t.Fatal(err)
	}
	if check, _ := result.Report.Check(credentials.CheckAlgorithm); check.Outcome != credentials.Fail || asked.Load() != 1 {
		t.Errorf("a form that the policy does not take: %+v; asked %d times", check, asked.Load())
	}
}
