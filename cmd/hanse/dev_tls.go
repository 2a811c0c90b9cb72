package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Validity of what a dev league signs for itself. The leaf is made anew at every start.
const (
	devAuthorityYears = 10
	devLeafDays       = 365
)

// devTLS is the folder of a dev league's certificates: an authority of its own, which signs for names of this machine only, and the
// one certificate that all its centers use.
type devTLS struct{ dir string }

func (d devTLS) ca() string      { return filepath.Join(d.dir, "ca.pem") }
func (d devTLS) caKey() string   { return filepath.Join(d.dir, "ca.key") }
func (d devTLS) cert() string    { return filepath.Join(d.dir, "localhost.pem") }
func (d devTLS) certKey() string { return filepath.Join(d.dir, "localhost.key") }

// prepare makes the authority where there is none, and a new certificate.
func (d devTLS) prepare(now time.Time) error {
	_, err := os.Stat(d.caKey())
	if errors.Is(err, os.ErrNotExist) {
		err = d.makeAuthority(now)
	}
	if err != nil {
		return err
	}
	return d.makeLeaf(now)
}

func (d devTLS) makeAuthority(now time.Time) error {
	_, loopback4, _ := net.ParseCIDR("127.0.0.0/8")
	_, loopback6, _ := net.ParseCIDR("::1/128")
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "hanse dev league"}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(devAuthorityYears, 0, 0),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		// Who trusts it for development trusts it for nothing else.
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: []string{"localhost"}, PermittedIPRanges: []*net.IPNet{loopback4, loopback6},
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	return d.sign(template, template, key, key, d.ca(), d.caKey())
}

func (d devTLS) makeLeaf(now time.Time) error {
	authority, signer, err := d.authority()
	if err != nil {
		return hinted(fmt.Errorf("%s: %w", d.dir, err), "start afresh with --reset")
	}
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "localhost"}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 0, devLeafDays),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	return d.sign(template, authority, key, signer, d.cert(), d.certKey())
}

// authority reads the authority back.
func (d devTLS) authority() (*x509.Certificate, *ecdsa.PrivateKey, error) {
	certPEM, err := os.ReadFile(d.ca())
	if err != nil {
		return nil, nil, err
	}
	keyPEM, err := readPrivate(d.caKey())
	if err != nil {
		return nil, nil, err
	}
	certBlock, _ := pem.Decode(certPEM)
	keyBlock, _ := pem.Decode(keyPEM)
	if certBlock == nil || keyBlock == nil {
		return nil, nil, errors.New("the authority's files are not PEM")
	}
	cert, err := x509.ParseCertificate(certBlock.Bytes)
	if err != nil {
		return nil, nil, err
	}
	key, err := x509.ParseECPrivateKey(keyBlock.Bytes)
	return cert, key, err
}

// sign writes a certificate and its key. The key is written first: a certificate is there only if its key is.
func (d devTLS) sign(template, parent *x509.Certificate, key, signer *ecdsa.PrivateKey, certFile, keyFile string) error {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return err
	}
	template.SerialNumber = serial
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	if err := writePrivate(keyFile, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER})); err != nil {
		return err
	}
	return writePrivate(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// fetchFlags say what the centers may fetch from this machine: with TLS each other, and nothing else.
func (l *league) fetchFlags() []string {
	var flags []string
	if l.opts.Loopback {
		flags = append(flags, "--allow-loopback-fetch")
	}
	if !l.opts.TLS {
		return flags
	}
	for i := range l.m.Centers {
		flags = append(flags, "--allow-fetch", strings.TrimPrefix(publicURL(l.opts.apiOf(i), true), "https://"))
	}
	return flags
}

// tls is where the league keeps its certificates.
func (l *league) tls() devTLS { return devTLS{filepath.Join(l.opts.Home, "tls")} }
