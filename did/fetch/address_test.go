package fetch

import (
	"net/netip"
	"strings"
	"testing"
)

func TestPublicAddresses(t *testing.T) {
	for _, text := range []string{
		"1.1.1.1", "9.9.9.9", "172.15.0.1", "172.32.0.1", "100.63.255.255", "100.128.0.1", "11.0.0.0", "126.255.255.255", "128.0.0.1", "169.253.0.1", "192.1.0.1",
		"198.17.0.1", "198.20.0.1", "223.255.255.255", "2620:fe::fe", "2a00:1450::1", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1",
	} {
		if !IsPublic(netip.MustParseAddr(text)) {
			t.Errorf("%s is public", text)
		}
	}
	if IsPublic(netip.Addr{}) || IsPublic(netip.MustParseAddr("2a00:1450::1%eth0")) {
		t.Error("no address, and an address with a zone, are not public")
	}
}

func TestParseURLKeepsOneSpelling(t *testing.T) {
	for text, want := range map[string]string{
		"https://A.Example/X?Y":         "https://a.example/X?Y",
		"https://a.example":             "https://a.example",
		"https://a.example:8443/":       "https://a.example:8443/",
		"HTTPS://a.example/":            "https://a.example/",
		"https://xn--bcher-kva.example": "https://xn--bcher-kva.example",
		"http://1.1.1.1/":               "http://1.1.1.1/",
		"https://[2620:FE::fe]:443/":    "https://[2620:fe::fe]:443/",
		"https://a1.1a/":                "https://a1.1a/",
	} {
		u, err := ParseURL(text)
		if err != nil || u.String() != want {
			t.Errorf("%s is %v, %v", text, u, err)
		}
	}
}

func FuzzParseURL(f *testing.F) {
	for _, host := range hostileHosts {
		f.Add("https://" + host + "/x")
	}
	f.Add("https://user:p@a.example:1/%2e?x=%00#y")
	guard := New(Options{})
	f.Fuzz(func(t *testing.T, text string) {
		u, err := ParseURL(text)
		if err != nil {
			return
		}
		again, err := ParseURL(u.String())
		if err != nil || again.String() != u.String() {
			t.Fatalf("%q is %q, which is %v, %v", text, u, again, err)
		}
		if u.User != nil || u.Host == "" || u.Host != strings.ToLower(u.Host) || strings.ContainsAny(u.Hostname(), " /\\@%#?\n\x00") {
			t.Fatalf("%q has host %q", text, u.Host)
		}
		if u, err := guard.check(text); err == nil {
			if addr, err := netip.ParseAddr(u.Hostname()); err == nil && !IsPublic(addr) {
				t.Fatalf("%q is an address inside", text)
			}
		}
	})
}
