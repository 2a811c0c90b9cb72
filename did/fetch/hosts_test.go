package fetch

import (
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// only starts an https server on loopback and returns a guard that may reach that host and port, and no other of this machine.
func only(t *testing.T) (*Guard, *httptest.Server, string) {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if to := r.URL.Query().Get("to"); to != "" {
			http.Redirect(w, r, to, http.StatusFound)
			return
		}
		_, _ = io.WriteString(w, "hello")
	}))
	t.Cleanup(server.Close)
	_, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "https://"), ":")
	host := "example.com:" + port
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	guard := New(Options{AllowHosts: []string{host}, Roots: roots, Lookup: fixed("127.0.0.1")})
	t.Cleanup(guard.Close)
	return guard, server, host
}

func TestAnAllowedHostMayBeThisMachine(t *testing.T) {
	guard, _, host := only(t)
	for _, url := range []string{"https://" + host + "/x", "https://EXAMPLE.com" + strings.TrimPrefix(host, "example.com") + "/"} {
		if err := guard.Check(url); err != nil {
			t.Errorf("%s: %v", url, err)
		}
		response, err := guard.Get(t.Context(), url, "")
		if err != nil || string(response.Body) != "hello" {
			t.Errorf("%s: %+v %v", url, response, err)
		}
	}
}

// The list opens one door each: not the machine, not another port, not plain http, and not a network.
func TestAnAllowedHostOpensNothingElse(t *testing.T) {
	guard, server, host := only(t)
	_, port, _ := strings.Cut(host, ":")
	for _, url := range []string{
		server.URL, "https://127.0.0.1:" + port + "/", "https://localhost:" + port + "/", "http://" + host + "/", "https://example.com/", "https://other.example:" + port + "/",
		"https://[::1]:" + port + "/",
	} {
		_, err := guard.Get(t.Context(), url, "")
		wantKind(t, err, Refused)
		_, err = guard.Get(t.Context(), "https://"+host+"/?to="+url, "")
		wantKind(t, err, Refused)
	}
	inside := New(Options{AllowHosts: []string{host}, Lookup: fixed("10.0.0.1")})
	_, err := inside.Get(t.Context(), "https://"+host+"/", "")
	wantKind(t, err, Refused)
}

func TestCheckSaysWithoutAskingWhatGetWouldRefuse(t *testing.T) {
	guard := New(Options{})
	for _, host := range hostileHosts {
		wantKind(t, guard.Check("https://"+host+"/x"), Refused)
	}
	if err := guard.Check("https://a.example/x"); err != nil {
		t.Error(err)
	}
}

func TestRootsOfAFileAreTrustedBesideTheSystems(t *testing.T) {
	_, server, host := only(t)
	file := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	roots, err := WithSystemRoots(file)
	if err != nil {
		t.Fatal(err)
	}
	guard := New(Options{AllowHosts: []string{host}, Roots: roots, Lookup: fixed("127.0.0.1")})
	t.Cleanup(guard.Close)
	if _, err := guard.Get(t.Context(), "https://"+host+"/", ""); err != nil {
		t.Error(err)
	}
	for _, content := range []string{"", "no certificate", strings.Repeat("a", maxRoots+1)} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := WithSystemRoots(file); err == nil || !strings.Contains(err.Error(), "ca.pem") {
			t.Errorf("%d bytes: %v", len(content), err)
		}
	}
}
