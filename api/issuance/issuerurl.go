package issuance

import (
	"net/url"
	"strings"
)

// IssuerURL is the https URL of an issuer of a center, which its SD-JWT VCs may name as iss instead of its DID.
func IssuerURL(publicURL, name string) string { return publicURL + "/issuers/" + url.PathEscape(name) }

// issuerURL is IssuerURL where issuers have one: under a public URL that is an https origin.
func (s *Service) issuerURL(name string) string {
	host, secure := strings.CutPrefix(s.opts.PublicURL, "https://")
	if !secure || strings.Contains(host, "/") {
		return ""
	}
	return IssuerURL(s.opts.PublicURL, name)
}
