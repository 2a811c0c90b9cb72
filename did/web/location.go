package web

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/hanse-id/hanse/did"
)

// Method is the name of the DID method.
const Method = "web"

// The places of the document: of a host without a path, and under a path (did:web, section "Read (Resolve)").
const (
	wellKnown = "/.well-known/did.json"
	document  = "/did.json"
)

// URL returns where the document of a did:web is: https://<host>[:port]/.well-known/did.json, or …/<path>/did.json. Errors are
// did.ErrInvalidDID, and did.ErrMethodNotSupported for a DID of another method. It says nothing about who may be asked: that is
// the guard's to say.
func URL(id did.DID) (string, error) {
	if id.Method() != Method {
		return "", fmt.Errorf("%w: %.64q", did.ErrMethodNotSupported, id.Method())
	}
	if _, err := did.Parse(id.String()); err != nil {
		return "", err
	}
	first, rest, hasPath := strings.Cut(id.ID(), ":")
	host, err := authority(first)
	if err != nil {
		return "", err
	}
	if !hasPath {
		return "https://" + host + wellKnown, nil
	}
	segments := strings.Split(rest, ":")
	for _, segment := range segments {
		if reason := checkSegment(segment); reason != "" {
			return "", invalid(reason)
		}
	}
	return "https://" + host + "/" + strings.Join(segments, "/") + document, nil
}

// authority reads the first part of the identifier: a host name in lower case, and a port after the one percent-encoding that it may
// have.
func authority(text string) (string, error) {
	host, port, hasPort := strings.Cut(text, "%3A")
	switch {
	case host == "" || strings.Contains(host, "%") || strings.Contains(port, "%"):
		return "", invalid("the host may have a port after %3A, and no other percent-encoding")
	case host != strings.ToLower(host):
		return "", invalid("the host is not in lower case")
	case net.ParseIP(host) != nil:
		return "", invalid("the host is an IP address")
	}
	if !hasPort {
		return host, nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 || strconv.FormatUint(n, 10) != port {
		return "", invalid("the port is not a number from 1 to 65535")
	}
	return host + ":" + port, nil
}

// checkSegment says what keeps a part of the identifier from being one segment of a path: it may not lead elsewhere, however it is
// written.
func checkSegment(segment string) string {
	text, err := url.PathUnescape(segment)
	switch {
	case err != nil:
		return "malformed percent-encoding"
	case text == "":
		return "an empty segment"
	case text == "." || text == "..":
		return "a segment that names another folder"
	case strings.ContainsAny(text, "/\\?#%;"):
		return "a segment with a delimiter in it"
	}
	return ""
}

// DID returns the did:web of a place: an https URL without query, fragment, user or trailing slash, such as a center's public URL,
// and segments that follow its path. It is the inverse of URL. The error says what no did:web can name.
func DID(base string, segments ...string) (did.DID, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("%.256q is not an https URL of a host, with or without a path", base)
	}
	host, parts := strings.ToLower(u.Host), segments
	if path := strings.Trim(u.EscapedPath(), "/"); path != "" {
		parts = append(strings.Split(path, "/"), segments...)
	}
	id, err := did.Parse("did:" + Method + ":" + strings.Join(append([]string{strings.Replace(host, ":", "%3A", 1)}, parts...), ":"))
	if err != nil {
		return "", err
	}
	place := "https://" + host + wellKnown
	if len(parts) > 0 {
		place = "https://" + host + "/" + strings.Join(parts, "/") + document
	}
	if found, err := URL(id); err != nil || found != place { // a colon in the path would be another segment
		return "", cmp.Or(err, invalid("a segment with a delimiter in it"))
	}
	return id, nil
}

func invalid(reason string) error { return fmt.Errorf("%w: did:web: %s", did.ErrInvalidDID, reason) }
