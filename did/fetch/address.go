package fetch

import "net/netip"

// special lists the blocks of the IANA special-purpose address registries (RFC 6890 and its updates) that are not for everybody,
// and those that lead to addresses of another kind (6to4, Teredo). Multicast is among them.
var special = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
	"192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",
	"198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
)

// Unicast IPv6 that is global is in global; nat64 (RFC 6052) carries an IPv4 address in its last 32 bits.
var (
	global = netip.MustParsePrefix("2000::/3")
	nat64  = netip.MustParsePrefix("64:ff9b::/96")
)

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		out[i] = netip.MustParsePrefix(text)
	}
	return out
}

// IsPublic reports whether an address is one that anybody on the Internet may reach: neither private, loopback, link-local,
// unspecified, multicast, shared (RFC 6598), for documentation or benchmarks, nor reserved. An IPv4 address inside of an IPv6 one
// (mapped, NAT64) counts as itself.
func IsPublic(addr netip.Addr) bool {
	addr, ok := plain(addr)
	if !ok {
		return false
	}
	if addr.Is6() && !global.Contains(addr) {
		return false
	}
	for _, p := range special {
		if p.Contains(addr) {
			return false
		}
	}
	return true
}

// plain takes an IPv4 address out of an IPv6 one. Addresses with a zone belong to an interface of this machine.
func plain(addr netip.Addr) (netip.Addr, bool) {
	if !addr.IsValid() || addr.Zone() != "" {
		return addr, false
	}
	addr = addr.Unmap()
	if nat64.Contains(addr) {
		b := addr.As16()
		return netip.AddrFrom4([4]byte(b[12:])), true
	}
	return addr, true
}

// isLoopback reports whether an address is this machine's own.
func isLoopback(addr netip.Addr) bool {
	addr, ok := plain(addr)
	return ok && addr.IsLoopback()
}
