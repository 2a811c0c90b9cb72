package fetch

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	maxURL   = 4096
	maxName  = 253 // RFC 1035 section 2.3.4
	maxLabel = 63
)

// ParseURL reads the URL of something to fetch strictly: https or http, a host that is a DNS name in ASCII or an IP address, no
// user, no fragment, and a port between 1 and 65535 if there is one. A host that some resolver could take for an address in
// another notation ("0x7f.1", "2130706433") is refused, and so is one that ends with a dot: one host has one spelling. The host
// of the result is in lower case. It says nothing about whether a Guard would fetch it.
func ParseURL(text string) (*url.URL, error) {
	if len(text) > maxURL {
		return nil, refusal(fmt.Sprintf("a URL of %d bytes, at most %d", len(text), maxURL))
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, refusal("not a URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, refusal("neither https nor http")
	case u.User != nil:
		return nil, refusal("names a user")
	case u.Opaque != "" || u.Host == "":
		return nil, refusal("no host")
	case u.Fragment != "" || strings.Contains(text, "#"):
		return nil, refusal("has a fragment")
	}
	u.Host = strings.ToLower(u.Host)
	if err := checkPort(u); err != nil {
		return nil, err
	}
	if err := checkHost(u); err != nil {
		return nil, err
	}
	return u, nil
}

func checkPort(u *url.URL) error {
	port := u.Port()
	if port == "" {
		if strings.HasSuffix(u.Host, ":") {
			return refusal("empty port")
		}
		return nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 || strconv.FormatUint(n, 10) != port {
		return refusal("port out of range")
	}
	return nil
}

// checkHost checks the form of a host: an IP address without zone, or a DNS name.
func checkHost(u *url.URL) error {
	host := u.Hostname()
	if strings.HasPrefix(u.Host, "[") || strings.Contains(host, ":") {
		addr, err := netip.ParseAddr(host)
		if err != nil || !addr.Is6() || addr.Zone() != "" || !strings.HasPrefix(u.Host, "[") {
			return refusal("host is not an IPv6 address")
		}
		return nil
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return nil
	}
	return checkName(host)
}

// checkName checks a DNS name of letters, digits and hyphens whose last label is no number in any notation (WHATWG URL,
// "ends in a number").
func checkName(host string) error {
	if len(host) > maxName {
		return refusal("host too long")
	}
	labels := strings.Split(host, ".")
	for _, label := range labels {
		if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' {
			return refusal("host is not a DNS name")
		}
		for i := range len(label) {
			if c := label[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
				return refusal("host is not a DNS name in ASCII")
			}
		}
	}
	last := labels[len(labels)-1]
	if strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") && strings.Trim(last[2:], "0123456789abcdef") == "" {
		return refusal("host is an address in another notation")
	}
	return nil
}

// reserved lists endings of names that mean something in one network or on one machine only (RFC 6761, 6762, 7686, 8375; ICANN
// resolution 2024.07.29.06).
var reserved = []string{"localhost", "local", "internal", "home.arpa", "onion", "invalid", "localdomain"}

// check applies the guard's rules to a URL as far as they need no look-up.
func (g *Guard) check(text string) (*url.URL, error) {
	u, err := ParseURL(text)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "https" && !g.loopback {
		return nil, refusal("not https")
	}
	host := u.Hostname()
	if addr, err := netip.ParseAddr(host); err == nil {
		return u, g.checkAddress(addr, u.Scheme, hostPort(u))
	}
	if g.hosts[hostPort(u)] || g.loopback && isLocalhost(host) {
		return u, nil
	}
	if !strings.Contains(host, ".") || slices.ContainsFunc(reserved, func(end string) bool { return host == end || strings.HasSuffix(host, "."+end) }) {
		return nil, refusal("the name means something in one network only")
	}
	return u, nil
}

// Check applies the guard's rules to a URL as far as they need no look-up: nil, or an *Error of kind Refused. What passes may still
// turn out to lead to a forbidden address; Get finds that out.
func (g *Guard) Check(url string) error {
	if _, err := g.check(url); err != nil {
		return failed(context.Background(), url, err)
	}
	return nil
}

// hostPort is the authority of a URL with the port it means.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		if port = "443"; u.Scheme != "https" {
			port = "80"
		}
	}
	return net.JoinHostPort(u.Hostname(), port)
}

func isLocalhost(host string) bool {
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// checkAddress applies the guard's rules to an address that is about to be connected to for the sake of a host and port.
func (g *Guard) checkAddress(addr netip.Addr, scheme, hostPort string) error {
	switch {
	case isLoopback(addr) && (g.loopback || scheme == "https" && g.hosts[hostPort]):
		return nil
	case scheme != "https":
		return refusal("plain http to another machine")
	case !IsPublic(addr):
		return refusal("the address is not public")
	}
	return nil
}
