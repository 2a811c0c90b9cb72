package main

import (
	"math/rand/v2"
	"net"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

// configure chooses free ports for everything but the APIs and has write put them into every center's hanse.toml.
func (l *league) configure(write func(home string, cfg *config) error) error {
	if l.opts.TLS {
		if err := l.tls().prepare(time.Now()); err != nil {
			return err
		}
	}
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
		cfg.Center.PublicURL = publicURL(cfg.API.Listen, l.opts.TLS)
		if l.opts.TLS {
			cfg.API.TLSCert, cfg.API.TLSKey, cfg.Fetch.CAFile = l.tls().cert(), l.tls().certKey(), l.m.CA
		}
		cfg.Ledger = ledgerConfig{P2P: ports[3*i], RPC: ports[3*i+1], Metrics: ports[3*i+2], Peers: peersOf(c.Name, descriptors)}
		cfg.Cache.Redis = l.opts.Redis
		cfg.Keystore.PassphraseFile = filepath.Join(c.Home, "passphrase")
		cfg.Log.Format = "json"
		if err := write(c.Home, cfg); err != nil {
			return err
		}
		c.API, c.RPC, c.Metrics, c.P2P = cfg.Center.PublicURL, "http://"+ports[3*i+1], "http://"+ports[3*i+2]+"/metrics", ports[3*i]
	}
	return nil
}

// reconfigure sets what changes from one start of a league to the next, addresses and what `hanse dev` was told, in a file that the
// operator may have edited since.
func (l *league) reconfigure(cmd *cobra.Command) error {
	return l.configure(func(home string, cfg *config) error {
		edits := []tomlEdit{
			{"center", "public_url", tomlString(cfg.Center.PublicURL)},
			{"api", "listen", tomlString(cfg.API.Listen)},
			{"api", "no_auth", strconv.FormatBool(cfg.API.NoAuth)},
			{"ledger", "p2p", tomlString(cfg.Ledger.P2P)},
			{"ledger", "rpc", tomlString(cfg.Ledger.RPC)},
			{"ledger", "metrics", tomlString(cfg.Ledger.Metrics)},
			{"ledger", "peers", tomlList(cfg.Ledger.Peers)},
		}
		if cmd.Flags().Changed("redis") {
			edits = append(edits, tomlEdit{"cache", "redis", tomlString(cfg.Cache.Redis)})
		}
		if cmd.Flags().Changed("contexts") {
			edits = append(edits, tomlEdit{"api", "contexts_dir", tomlString(cfg.API.ContextsDir)})
		}
		return editConfig(home, edits)
	})
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
