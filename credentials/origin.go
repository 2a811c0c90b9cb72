package credentials

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/hanse-id/hanse/did/fetch"
)

// Origin is a web origin (WHATWG HTML, section 7.1) in its one spelling: "https://a.example", "https://a.example:8443". Make one
// with ParseOrigin; two are the same if they are equal.
type Origin string

// ErrOrigin says that a text is no origin.
var ErrOrigin = errors.New("not an origin")

// ParseOrigin reads an origin: https (http for loopback hosts only), a host and perhaps a port. Letters become lower case and a
// default port is left out; one "/" behind it is forgiven. Anything else (a user, a path, a query) is ErrOrigin.
func ParseOrigin(text string) (Origin, error) {
	refuse := func(reason string) (Origin, error) { return "", fmt.Errorf("%w: %.256q %s", ErrOrigin, text, reason) }
	u, err := fetch.ParseURL(text)
	switch {
	case err != nil:
		return refuse(err.Error())
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.ForceQuery:
		return refuse("has more than scheme, host and port")
	case u.Scheme != "https" && !isLoopbackHost(u.Hostname()):
		return refuse("is not https")
	}
	return originOf(u), nil
}

// parseClaimedOrigin reads what a linkage credential claims: an origin, or a bare host, which stands for https and is what the
// specification's own example of a token has.
func parseClaimedOrigin(text string) (Origin, error) {
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	return ParseOrigin(text)
}

// originOf is the origin of a URL that fetch.ParseURL read.
func originOf(u *url.URL) Origin {
	host, port := u.Hostname(), u.Port()
	if addr, err := netip.ParseAddr(host); err == nil {
		host = addr.String()
	}
	if u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		port = ""
	}
	switch {
	case port != "":
		host = net.JoinHostPort(host, port)
	case strings.Contains(host, ":"):
		host = "[" + host + "]"
	}
	return Origin(u.Scheme + "://" + host)
}

func isLoopbackHost(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
