package fetch

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

// What a report says to a stranger must not map the network that the center is in; the cause keeps it for logs.
func TestErrorsNameNoAddressesOfThisNetwork(t *testing.T) {
	const nameServer = "10.1.2.3:53"
	unknown := func(context.Context, string) ([]netip.Addr, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "a.example.com", Server: nameServer, IsNotFound: true}
	}
	guard := New(Options{Lookup: unknown})
	t.Cleanup(guard.Close)
	_, err := guard.Get(t.Context(), "https://a.example.com/", "")
	e := wantKind(t, err, Unavailable)
	if strings.Contains(e.Error(), nameServer) || e.Reason != "the name cannot be looked up" {
		t.Error(e)
	}
	if dns, ok := errors.AsType[*net.DNSError](err); !ok || dns.Server != nameServer {
		t.Errorf("cause %v", e.Err)
	}

	guard, server := serve(t, func(http.ResponseWriter, *http.Request) {}, Options{})
	link := named(t, server, "example.com", "/")
	other := named(t, server, "another.example", "/")
	_, err = guard.Get(t.Context(), other, "")
	if e := wantKind(t, err, Unavailable); e.Reason != "no certificate that is trusted for this name" {
		t.Error(e)
	}
	server.Close()
	_, err = guard.Get(t.Context(), link, "")
	if e := wantKind(t, err, Unavailable); strings.Contains(e.Error(), "127.0.0.1") || e.Reason != "no connection" {
		t.Error(e)
	}
}
