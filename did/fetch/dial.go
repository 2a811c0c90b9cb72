package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// maxAddresses bounds how many addresses of one name are tried.
const maxAddresses = 8

// dialer connects for URLs of one scheme.
type dialer struct {
	guard  *Guard
	scheme string
	target string // host:port that is connected to; dial sets it
}

// dial looks a host up and connects to the first of its addresses that answers. A name with a forbidden address among its
// addresses is refused as a whole: who mixes them is up to something.
func (d dialer) dial(ctx context.Context, network, hostPort string) (net.Conn, error) {
	d.target = hostPort
	host, port, err := net.SplitHostPort(hostPort)
	if err != nil {
		return nil, err
	}
	// The transport's context outlives the request that asked for the connection: it has no deadline.
	ctx, cancel := context.WithTimeout(ctx, d.guard.timeout)
	defer cancel()
	addrs, err := d.addresses(ctx, host)
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{Control: d.control}
	var failed error
	for i, addr := range addrs {
		conn, err := dialOne(ctx, &dialer, network, net.JoinHostPort(addr.Unmap().String(), port), len(addrs)-i)
		if err == nil {
			return conn, nil
		}
		failed = errors.Join(failed, err)
	}
	return nil, failed
}

// dialOne connects to one of the addresses that are left, with its share of the time that is left.
func dialOne(ctx context.Context, dialer *net.Dialer, network, address string, left int) (net.Conn, error) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/time.Duration(left))
		defer cancel()
	}
	return dialer.DialContext(ctx, network, address)
}

// addresses looks a host up and checks everything it stands for.
func (d dialer) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	addr, err := netip.ParseAddr(host)
	addrs := []netip.Addr{addr}
	if err != nil {
		if addrs, err = d.guard.lookup(ctx, host); err != nil {
			return nil, err
		}
	}
	if len(addrs) == 0 {
		return nil, errors.New("the name has no address")
	}
	for _, addr := range addrs {
		if err := d.guard.checkAddress(addr, d.scheme, d.target); err != nil {
			return nil, err
		}
	}
	return addrs[:min(len(addrs), maxAddresses)], nil
}

// control is called with the very address that a connection is about to be made to.
func (d dialer) control(_, address string, _ syscall.RawConn) error {
	addr, err := netip.ParseAddrPort(address)
	if err != nil {
		return refusal(fmt.Sprintf("%q is no address", address))
	}
	return d.guard.checkAddress(addr.Addr(), d.scheme, d.target)
}
