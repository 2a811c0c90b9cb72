package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/hanse-id/hanse/did/fetch"
)

// certificateCheck is how often the files of a certificate are looked at, at most.
const certificateCheck = time.Second

// certificate is the TLS certificate of a center, read again when its files change. Whatever is wrong with new files, the old
// certificate stays in use, and the log says so. It is safe for concurrent use.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger
	now               func() time.Time

	mu     sync.Mutex
	loaded *tls.Certificate
	stamp  string    // of the files as they were read
	failed string    // why they could not be read when they were last looked at; "" if they could
	looked time.Time // when the files were last looked at
}

// loadCertificate reads a certificate with its intermediates and its key, both PEM.
func loadCertificate(certFile, keyFile string, log *slog.Logger) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log, now: time.Now}
	return c, c.load()
}

func (c *certificate) load() error {
	stamp, err := c.stampOfFiles()
	if err != nil {
		return fmt.Errorf("api.tls_cert, api.tls_key: %w", err)
	}
	loaded, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return hinted(fmt.Errorf("api.tls_cert %s, api.tls_key %s: %w", c.certFile, c.keyFile, err), "both are PEM files: the certificate with its intermediates, and its private key")
	}
	c.loaded, c.stamp = &loaded, stamp
	return nil
}

// stampOfFiles says which files they are: it changes when one is written or replaced. A key that everybody can read is refused.
func (c *certificate) stampOfFiles() (string, error) {
	cert, err := os.Stat(c.certFile)
	if err != nil {
		return "", err
	}
	key, err := os.Stat(c.keyFile)
	if err != nil {
		return "", err
	}
	if key.Mode().Perm()&0o007 != 0 {
		return "", hinted(fmt.Errorf("%s is readable by everybody (mode %04o)", c.keyFile, key.Mode().Perm()), "chmod 600 %s", c.keyFile)
	}
	return fmt.Sprint(cert.ModTime().UnixNano(), cert.Size(), key.ModTime().UnixNano(), key.Size()), nil
}

// get returns the certificate for a handshake.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); now.Sub(c.looked) >= certificateCheck {
		c.looked = now
		c.renew()
	}
	return c.loaded, nil
}

// reload looks at the files now.
func (c *certificate) reload() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.looked = c.now()
	c.renew()
}

// renew reads the files where they changed. A failure is said once for each change.
func (c *certificate) renew() {
	stamp, err := c.stampOfFiles()
	switch {
	case err != nil && err.Error() == c.failed:
		return
	case err == nil && stamp == c.stamp:
		c.failed = ""
		return
	case err == nil:
		c.stamp, c.failed = stamp, ""
		err = c.load()
	default:
		c.failed = err.Error()
	}
	if err != nil {
		c.log.Error("the certificate cannot be read again; the one before stays in use", "error", err)
		return
	}
	c.log.Info("certificate read", "tls_cert", c.certFile, "not_after", c.loaded.Leaf.NotAfter)
}

// complaint says why clients that ask for host will refuse the certificate, whoever signed it; "" if they have no reason.
func (c *certificate) complaint(host string, now time.Time) string {
	c.mu.Lock()
	leaf := c.loaded.Leaf
	c.mu.Unlock()
	switch err := leaf.VerifyHostname(host); {
	case err != nil:
		return err.Error()
	case now.After(leaf.NotAfter):
		return "it expired at " + leaf.NotAfter.UTC().Format(time.RFC3339)
	case now.Before(leaf.NotBefore):
		return "it is not valid before " + leaf.NotBefore.UTC().Format(time.RFC3339)
	}
	return ""
}

// listener answers TLS on l. HTTP/1.1 only: the server bounds connections, not streams within them.
func (c *certificate) listener(l net.Listener) net.Listener {
	return tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}, GetCertificate: c.get})
}

// httpClient is a client for centers whose certificates an authority of a file signed; nil without a file: the default client.
func httpClient(caFile string) (*http.Client, error) {
	if caFile == "" {
		return nil, nil
	}
	roots, err := fetch.WithSystemRoots(caFile)
	if err != nil {
		return nil, usage(fmt.Errorf("--ca: %w", err), "give a PEM file with the certificate of an authority; 'hanse dev --tls' names its own in dev.json")
	}
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return nil, errors.New("the default HTTP transport was replaced")
	}
	transport = transport.Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	return &http.Client{Transport: transport, Timeout: 30 * time.Second}, nil
}
