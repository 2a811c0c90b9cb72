package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
)

// validate checks what can be checked without the league; the error names the setting.
func (c *config) validate() error {
	if c.ConfigVersion != configVersion {
		return hinted(fmt.Errorf("config_version is %d, this binary reads %d", c.ConfigVersion, configVersion), "use the version of hanse that wrote the file")
	}
	if !centerName.MatchString(c.Center.Name) {
		return hinted(fmt.Errorf("center.name %q is not a name", c.Center.Name), "it is the name that the center has in the genesis")
	}
	if err := c.Log.validate(); err != nil {
		return err
	}
	if err := c.Ledger.validate(); err != nil {
		return err
	}
	u, err := url.Parse(c.Center.PublicURL)
	if err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname())) {
		return hinted(fmt.Errorf("center.public_url %q is not an https URL (http is for loopback only)", c.Center.PublicURL), "it is the URL of the API as others reach it: https://trust.bank.example")
	}
	for name, address := range map[string]string{"api.listen": c.API.Listen, "ledger.p2p": c.Ledger.P2P, "ledger.rpc": c.Ledger.RPC, "ledger.metrics": c.Ledger.Metrics} {
		if _, _, err := net.SplitHostPort(address); err != nil && address != "" {
			return hinted(fmt.Errorf("%s %q is not host:port", name, address), "write it as 127.0.0.1:7080")
		}
	}
	if err := c.API.validate(u.Scheme); err != nil {
		return err
	}
	if err := c.Trust.validate(); err != nil {
		return err
	}
	if err := c.Policy.validate(); err != nil {
		return err
	}
	if host, _, _ := net.SplitHostPort(c.API.Listen); c.API.NoAuth && !isLoopback(host) {
		return fmt.Errorf("api.no_auth is refused on %s: only loopback may go without tokens", c.API.Listen)
	}
	return nil
}

// validate checks the certificate against the scheme of the public URL.
func (c *apiConfig) validate(scheme string) error {
	switch {
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return hinted(errors.New("api.tls_cert and api.tls_key belong together"), "give both files, or none where a proxy has the certificate")
	case c.TLSCert != "" && scheme != "https":
		return hinted(errors.New("api.tls_cert is given, and center.public_url is not https"), "change center.public_url: every link derives from it")
	}
	return nil
}

func (c *trustConfig) validate() error {
	for _, center := range c.Centers {
		if _, err := did.Parse(center); err != nil {
			return hinted(fmt.Errorf("trust.centers: %q is not a DID", center), "'hanse center list' shows the DIDs of the centers")
		}
	}
	if err := c.policy().Check(); err != nil {
		return fmt.Errorf("trust: %w", err)
	}
	for i, a := range c.Allow {
		if _, err := did.Parse(a.Issuer); err != nil || len(a.Types) == 0 {
			return fmt.Errorf("trust.allow number %d: issuer %q needs to be a DID with at least one type", i+1, a.Issuer)
		}
	}
	return nil
}

// policy is what the verifier asks for.
func (c *trustConfig) policy() credentials.Policy {
	p := credentials.Policy{
		RequireAccreditation: c.Required, Types: c.Types, MaxDepth: c.MaxDepth, Jurisdiction: c.Jurisdiction,
		RequireLinkedDomain: len(c.LinkedDomains) > 0, LinkedDomains: c.LinkedDomains,
	}
	for _, center := range c.Centers {
		p.Centers = append(p.Centers, did.DID(center))
	}
	return p
}

func (c *logConfig) validate() error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		return hinted(fmt.Errorf("log.level %q is not known", c.Level), "use one of: debug, info, warn, error")
	}
	if !slices.Contains([]string{"auto", "json", "text"}, c.Format) {
		return hinted(fmt.Errorf("log.format %q is not known", c.Format), "use one of: auto, json, text")
	}
	return nil
}

var peerAddress = regexp.MustCompile(`^[0-9a-f]{40}@[^@]+:[0-9]+$`)

func (c *ledgerConfig) validate() error {
	for _, peer := range c.Peers {
		if !peerAddress.MatchString(peer) {
			return hinted(fmt.Errorf("ledger.peers: %q is not <node id>@host:port", peer), "a descriptor has both, as nodeId and p2p")
		}
	}
	return nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// checkKeys refuses unknown settings and suggests the nearest one.
func checkKeys(keys []string) error {
	known := settings()
	for _, key := range keys {
		if slices.ContainsFunc(known, func(name string) bool {
			open, isTable := strings.CutSuffix(name, ".*")
			return name == key || isTable && (key == open || strings.HasPrefix(key, open+".")) || strings.HasPrefix(name, key+".") // an empty section
		}) {
			continue
		}
		nearest := slices.MinFunc(known, func(a, b string) int { return distance(key, a) - distance(key, b) })
		return hinted(fmt.Errorf("unknown setting %q", key), "did you mean %q?", nearest)
	}
	return nil
}

// distance is the Levenshtein distance of two short names.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
