package main

import (
	"math/rand/v2"
	"net"
	"path/filepath"
	"strconv"
)

// configure chooses free ports for everything but the APIs and writes every center's hanse.toml anew.
func (l *league) configure() error {
	ports, err := freePorts(3 * l.opts.Centers)
	if err != nil {
		return err
	}
	descriptors := make([]descriptor, l.opts.Centers)
	for i := range descriptors {
		d, err := readDescriptor(l.home(i))
		if err != nil {
			return err
		}
		d.P2P = ports[3*i]
		if err := writeDescriptor(l.home(i), d); err != nil { // a center that joins the league dials what it says
			return err
		}
		descriptors[i] = *d
	}
	for i := range l.m.Centers {
		c := &l.m.Centers[i]
		cfg := starterConfig()
		cfg.Center.Name = c.Name
		cfg.API = apiConfig{Listen: l.opts.apiOf(i), NoAuth: l.opts.NoAuth, ContextsDir: l.opts.Contexts, CORSOrigins: []string{"*"}}
		cfg.Center.PublicURL = publicURL(cfg.API.Listen)
		cfg.Ledger = ledgerConfig{P2P: ports[3*i], RPC: ports[3*i+1], Metrics: ports[3*i+2], Peers: peersOf(c.Name, descriptors)}
		cfg.Cache.Redis = l.opts.Redis
		cfg.Keystore.PassphraseFile = filepath.Join(c.Home, "passphrase")
		cfg.Log.Format = "json"
		if err := writeConfig(c.Home, cfg); err != nil {
			return err
		}
		c.API, c.RPC, c.Metrics, c.P2P = cfg.Center.PublicURL, "http://"+ports[3*i+1], "http://"+ports[3*i+2]+"/metrics", ports[3*i]
	}
	return nil
}

// Ports that a league chooses for itself: below those that systems give to outgoing connections (Linux from 32768, the IANA
// range from 49152), so that no connection holds the port of a node that is down for a moment.
const firstPort, lastPort = 10_000, 32_000

// freePorts returns n loopback addresses that nothing listens on.
func freePorts(n int) ([]string, error) {
	var addresses []string
	for tries := 0; len(addresses) < n; tries++ {
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(firstPort+rand.IntN(lastPort-firstPort))))
		if err != nil && tries < 1000 {
			continue
		}
		if err != nil {
			return nil, err
		}
		defer listener.Close()
		addresses = append(addresses, listener.Addr().String())
	}
	return addresses, nil
}
