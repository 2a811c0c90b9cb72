package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// serveTLS answers https on loopback with a dev league's certificate, until the test ends.
func serveTLS(t *testing.T, files devTLS, log *bytes.Buffer) (*certificate, string) {
	t.Helper()
	c, err := loadCertificate(files.cert(), files.certKey(), slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	go func() { _ = server.Serve(c.listener(l)) }()
	t.Cleanup(func() { _ = server.Close() })
	return c, l.Addr().String()
}

// servedSerial connects with the dev authority alone trusted and returns the serial number of what was presented.
func servedSerial(t *testing.T, ca, address, name string) (*big.Int, error) {
	t.Helper()
	pem, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	dialer := tls.Dialer{Config: &tls.Config{RootCAs: roots, ServerName: name}}
	conn, err := dialer.DialContext(t.Context(), "tcp", address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	state := conn.(*tls.Conn).ConnectionState()
	if state.Version < tls.VersionTLS12 {
		t.Errorf("TLS version %x", state.Version)
	}
	return state.PeerCertificates[0].SerialNumber, nil
}

func newDevTLS(t *testing.T) devTLS {
	t.Helper()
	files := devTLS{t.TempDir()}
	if err := files.prepare(time.Now()); err != nil {
		t.Fatal(err)
	}
	return files
}

func TestACertificateIsReadAgainWhenItsFilesChange(t *testing.T) {
	files := newDevTLS(t)
	var log bytes.Buffer
	c, address := serveTLS(t, files, &log)
	serial := func() string {
		t.Helper()
		n, err := servedSerial(t, files.ca(), address, "localhost")
		if err != nil {
			t.Fatal(err)
		}
		return n.String()
	}
	first := serial()
	if err := files.makeLeaf(time.Now()); err != nil {
		t.Fatal(err)
	}
	c.reload() // as SIGHUP does
	second := serial()
	if second == first {
		t.Error("SIGHUP does not read the certificate again")
	}
	if err := files.makeLeaf(time.Now()); err != nil {
		t.Fatal(err)
	}
	clock := time.Now().Add(time.Hour)
	c.mu.Lock()
	c.now = func() time.Time { return clock } // time went by: the files are looked at
	c.mu.Unlock()
	third := serial()
	if third == second {
		t.Error("a changed file is not noticed")
	}
	if err := os.WriteFile(files.cert(), []byte("half a certi"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.reload()
	c.reload()
	if got := serial(); got != third {
		t.Error("a broken file replaces the certificate in use")
	}
	if n := strings.Count(log.String(), "level=ERROR"); n != 1 {
		t.Errorf("the broken file is logged %d times:\n%s", n, log.String())
	}
}

// Who trusts a dev league's authority trusts it for this machine, and for nothing else.
func TestADevAuthoritySignsForThisMachineOnly(t *testing.T) {
	files := newDevTLS(t)
	_, address := serveTLS(t, files, &bytes.Buffer{})
	for _, name := range []string{"localhost", "127.0.0.1"} {
		if _, err := servedSerial(t, files.ca(), address, name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := servedSerial(t, files.ca(), address, "bank.example"); err == nil {
		t.Error("the certificate is good for another name")
	}
	authority, signer, err := files.authority()
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	stolen := devTLS{t.TempDir()}
	template := &x509.Certificate{DNSNames: []string{"bank.example"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	if err := stolen.sign(template, authority, key, signer, stolen.cert(), stolen.certKey()); err != nil {
		t.Fatal(err)
	}
	_, address = serveTLS(t, stolen, &bytes.Buffer{})
	if _, err := servedSerial(t, files.ca(), address, "bank.example"); err == nil {
		t.Error("what the authority signed for a bank is trusted")
	}
	if info, err := os.Stat(files.caKey()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the authority's key has mode %v %v", info.Mode(), err)
	}
}

func TestCertificatesThatCannotBeUsedAreRefusedAtStart(t *testing.T) {
	files := newDevTLS(t)
	other := newDevTLS(t)
	for name, pair := range map[string][2]string{
		"no certificate":       {filepath.Join(files.dir, "absent.pem"), files.certKey()},
		"no key":               {files.cert(), filepath.Join(files.dir, "absent.key")},
		"the key of another":   {files.cert(), other.certKey()},
		"the wrong way around": {files.certKey(), files.cert()},
	} {
		if _, err := loadCertificate(pair[0], pair[1], slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "api.tls_") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.Chmod(files.certKey(), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := loadCertificate(files.cert(), files.certKey(), slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "readable by everybody") {
		t.Errorf("a key for everybody: %v", err)
	}
}

func TestTLSSettingsBelongTogether(t *testing.T) {
	for name, tt := range map[string]struct {
		api    apiConfig
		scheme string
		ok     bool
	}{
		"none":        {apiConfig{}, "http", true},
		"behind":      {apiConfig{}, "https", true},
		"both":        {apiConfig{TLSCert: "c", TLSKey: "k"}, "https", true},
		"no key":      {apiConfig{TLSCert: "c"}, "https", false},
		"no cert":     {apiConfig{TLSKey: "k"}, "https", false},
		"http public": {apiConfig{TLSCert: "c", TLSKey: "k"}, "http", false},
	} {
		if err := tt.api.validate(tt.scheme); (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A file that went missing, or that everybody can read now, is a matter for one line of the log, not for one a second.
func TestFilesThatGoMissingAreSaidOnce(t *testing.T) {
	files := newDevTLS(t)
	var log bytes.Buffer
	c, address := serveTLS(t, files, &log)
	first, err := servedSerial(t, files.ca(), address, "localhost")
	if err != nil {
		t.Fatal(err)
	}
	for _, spoil := range []func() error{
		func() error { return os.Chmod(files.certKey(), 0o644) },
		func() error { return os.Remove(files.cert()) },
	} {
		log.Reset()
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			c.reload()
		}
		if n := strings.Count(log.String(), "level=ERROR"); n != 1 {
			t.Errorf("said %d times:\n%s", n, log.String())
		}
		if got, err := servedSerial(t, files.ca(), address, "localhost"); err != nil || got.Cmp(first) != 0 {
			t.Errorf("served %v %v", got, err)
		}
	}
	if err := files.makeLeaf(time.Now()); err != nil {
		t.Fatal(err)
	}
	c.reload()
	if got, err := servedSerial(t, files.ca(), address, "localhost"); err != nil || got.Cmp(first) == 0 {
		t.Errorf("after that: %v %v", got, err)
	}
}

// Whoever connects while the files are replaced, one after the other, gets a certificate.
func TestHandshakesSucceedWhileTheCertificateChanges(t *testing.T) {
	files := newDevTLS(t)
	c, address := serveTLS(t, files, &bytes.Buffer{})
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := servedSerial(t, files.ca(), address, "localhost"); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 20 {
		if err := files.makeLeaf(time.Now()); err != nil {
			t.Error(err)
		}
		c.reload()
	}
	close(stop)
	clients.Wait()
}

// Who has to find out at night why clients refuse a certificate finds it in the log.
func TestACertificateThatClientsWillRefuseIsSaid(t *testing.T) {
	files := newDevTLS(t)
	var log bytes.Buffer
	c, _ := serveTLS(t, files, &log)
	if w := c.complaint("localhost", time.Now()); w != "" {
		t.Error(w)
	}
	for want, got := range map[string]string{
		"bank.example": c.complaint("bank.example", time.Now()),
		"expired":      c.complaint("localhost", time.Now().AddDate(2, 0, 0)),
		"not valid":    c.complaint("localhost", time.Now().AddDate(-1, 0, 0)),
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q does not say %q", got, want)
		}
	}
}
