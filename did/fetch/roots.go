package fetch

import (
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// maxRoots bounds a file of certificate authorities.
const maxRoots = 1 << 20

// WithSystemRoots returns the system's certificate authorities together with those of a PEM file: for Options.Roots, and for clients
// of a center whose certificate was signed by an authority of its own. The error names the file.
func WithSystemRoots(file string) (*x509.CertPool, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxRoots {
		return nil, fmt.Errorf("%s: %d bytes of certificates, at most %d", file, info.Size(), maxRoots)
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool, err := x509.SystemCertPool()
	if err != nil { // a machine without any
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s: %w", file, errNoCertificate)
	}
	return pool, nil
}

var errNoCertificate = errors.New("no certificate in PEM")
