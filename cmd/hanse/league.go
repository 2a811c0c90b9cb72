package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/app/governance"
)

// leagueOptions say what league `hanse dev` and `hanse demo` run on this machine.
type leagueOptions struct {
	League   string
	Centers  int
	Home     string
	API      string // host:port of the first center; center i listens on port+i
	Redis    string
	Contexts string
	NoAuth   bool
	Loopback bool             // linked domains are fetched from this machine too
	TLS      bool             // the APIs answer https, with a certificate of the league's own authority
	Params   map[string]int64 // ledger parameters other than the defaults
}

// devMap is dev.json: what a program needs to use a running dev league.
type devMap struct {
	League  string      `json:"league"`
	Centers []devCenter `json:"centers"`
	CA      string      `json:"ca,omitempty"` // file with the authority that signed the APIs' certificate; absent: plain http
	Ready   bool        `json:"ready"`
}

// devCenter is one center of a dev league. API, RPC and Metrics are URLs; P2P is host:port.
type devCenter struct {
	Name    string      `json:"name"`
	DID     string      `json:"did"`
	API     string      `json:"api"`
	Metrics string      `json:"metrics"`
	RPC     string      `json:"rpc"`
	P2P     string      `json:"p2p"`
	Token   string      `json:"token"`
	PID     int         `json:"pid"`
	Home    string      `json:"home"`
	Issuers []devIssuer `json:"issuers"`
}

// devIssuer is one of a center's issuers.
type devIssuer struct {
	Name   string `json:"name"`
	DID    string `json:"did"`
	Format string `json:"format"`
}

// league is a dev league: its homes, and its centers' processes once started.
type league struct {
	opts    leagueOptions
	m       devMap
	centers []*centerProcess
}

// tlsHosts are the addresses that a league with TLS can listen on, so that localhost leads there.
var tlsHosts = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback, net.IPv4zero, net.IPv6zero}

func (o *leagueOptions) validate() error {
	host, port, err := net.SplitHostPort(o.API)
	if err != nil {
		return usagef("--api %q is not HOST:PORT", o.API)
	}
	first, err := strconv.Atoi(port)
	if err != nil || first < 1 || first+o.Centers > 65536 {
		return usagef("--api %q: the port must leave room for %d centers (center i uses port+i)", o.API, o.Centers)
	}
	if o.Centers < 1 || o.Centers > 16 {
		return usagef("--centers %d: a dev league has 1 to 16", o.Centers)
	}
	if err := noPassword("--redis", o.Redis); err != nil {
		return err
	}
	if ip := net.ParseIP(host); o.TLS && host != "" && host != "localhost" && !slices.ContainsFunc(tlsHosts, ip.Equal) {
		return usage(fmt.Errorf("--tls is for https://localhost: nobody would answer there with --api %s", o.API), "give --api 127.0.0.1:%s", port)
	}
	if o.NoAuth && !isLoopback(host) {
		return usage(fmt.Errorf("--no-auth is refused on %s", host), "only a loopback address may go without tokens: --api 127.0.0.1:%s", port)
	}
	return nil
}

// apiOf is the address of center i.
func (o *leagueOptions) apiOf(i int) string {
	host, port, _ := net.SplitHostPort(o.API)
	first, _ := strconv.Atoi(port)
	return net.JoinHostPort(host, strconv.Itoa(first+i))
}

// portsFree says which center's API could not listen, before anything is made.
func (o *leagueOptions) portsFree() error {
	for i := range o.Centers {
		listener, err := net.Listen("tcp", o.apiOf(i))
		if err != nil {
			return hinted(fmt.Errorf("the API of %s: %w", centerLetter(i), err), "choose other ports with --api HOST:PORT; center i uses port+i")
		}
		listener.Close()
	}
	return nil
}

// publicURL is the URL that links name: an unspecified address is reached as loopback, and https by a name, because a did:web has
// no address in it.
func publicURL(address string, https bool) string {
	host, port, _ := net.SplitHostPort(address)
	if https {
		return "https://" + net.JoinHostPort("localhost", port)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// openLeague makes the homes of a new league, or resumes the one that Home holds.
func openLeague(cmd *cobra.Command, opts leagueOptions) (*league, error) {
	if err := opts.validate(); err != nil {
		return nil, err
	}
	l := &league{opts: opts}
	data, err := readPrivate(filepath.Join(opts.Home, "dev.json"))
	switch {
	case errors.Is(err, os.ErrNotExist):
		err = l.create(cmd)
	case err != nil:
		return nil, err
	default:
		if err := json.Unmarshal(data, &l.m); err != nil {
			return nil, hinted(fmt.Errorf("%s/dev.json: %w", opts.Home, err), "start afresh with --reset")
		}
		err = l.resume(cmd)
	}
	if err != nil {
		return nil, err
	}
	l.m.Ready = false
	return l, l.save()
}

// save writes dev.json. It holds tokens, so only its owner may read it.
func (l *league) save() error {
	text, err := json.MarshalIndent(l.m, "", "  ")
	if err != nil {
		return err
	}
	return writePrivate(filepath.Join(l.opts.Home, "dev.json"), append(text, '\n'))
}

// create makes all centers, their issuers and the genesis.
func (l *league) create(cmd *cobra.Command) error {
	if err := l.opts.portsFree(); err != nil {
		return err
	}
	note(cmd, "making a league of %d centers in %s", l.opts.Centers, l.opts.Home)
	l.m.League = l.opts.League
	if l.opts.TLS {
		l.m.CA = l.tls().ca()
	}
	descriptors := make([]descriptor, l.opts.Centers)
	for i := range descriptors {
		if _, err := os.Stat(l.home(i)); err == nil {
			return hinted(fmt.Errorf("%s was left by a start that did not finish", l.home(i)), "start afresh with --reset")
		}
		d, err := l.createCenter(cmd, i)
		if err != nil {
			return fmt.Errorf("%s: %w", centerLetter(i), err)
		}
		descriptors[i] = *d
	}
	genesis, err := assembleGenesis(devCharter(l.opts), descriptors)
	if err != nil {
		return err
	}
	for i := range descriptors {
		if err := installGenesis(l.home(i), genesis, descriptors); err != nil {
			return err
		}
		if err := l.describe(cmd, i, &descriptors[i]); err != nil {
			return err
		}
	}
	return l.configure(writeConfig)
}

// devCharter: anyone may read everything, and centers may accredit for types that begin with "Example" of their own right.
func devCharter(opts leagueOptions) leagueCharter {
	return leagueCharter{League: opts.League, Profile: governance.Hybrid, Params: opts.Params, Resources: []governance.Resource{"prefix:Example"}}
}

func centerLetter(i int) string { return "center-" + string(rune('a'+i)) }

func (l *league) home(i int) string { return filepath.Join(l.opts.Home, centerLetter(i)) }

func (l *league) createCenter(cmd *cobra.Command, i int) (*descriptor, error) {
	cfg := starterConfig()
	cfg.Center.Name = centerLetter(i)
	cfg.API.Listen = l.opts.apiOf(i)
	cfg.Center.PublicURL = publicURL(cfg.API.Listen, l.opts.TLS)
	cfg.Keystore.PassphraseFile = filepath.Join(l.home(i), "passphrase")
	return initCenter(cmd, initOptions{Home: l.home(i), Config: cfg, Open: openOptions{New: true, Generate: true}, Recovery: centerRecovery})
}

// describe makes center i's issuers and token, and its entry of dev.json.
func (l *league) describe(cmd *cobra.Command, i int, d *descriptor) error {
	center, err := centerDID(l.m.League, d)
	if err != nil {
		return err
	}
	store, err := openKeystore(cmd, l.home(i), filepath.Join(l.home(i), "passphrase"), openOptions{})
	if err != nil {
		return err
	}
	defer store.Close()
	issuers, err := createDevIssuers(cmd.Context(), l.home(i), l.m.League, store, l.opts.TLS)
	if err != nil {
		return err
	}
	token, err := createAPIKey(cmd.Context(), l.home(i), "dev", []string{"*"}, time.Time{})
	if err != nil {
		return err
	}
	l.m.Centers = append(l.m.Centers, devCenter{
		Name: d.Center.Name, DID: center.String(), Token: token, Home: l.home(i), Issuers: issuers,
	})
	return nil
}

// resume takes up a league that an earlier run made.
func (l *league) resume(cmd *cobra.Command) error {
	if n := len(l.m.Centers); cmd.Flags().Changed("centers") && n != l.opts.Centers {
		return hinted(fmt.Errorf("%s holds a league of %d centers, not %d", l.opts.Home, n, l.opts.Centers), "leave --centers out, give another --home, or start afresh with --reset")
	}
	if l.opts.TLS && l.m.CA == "" {
		return hinted(fmt.Errorf("%s holds a league without TLS", l.opts.Home), "leave --tls out, give another --home, or start afresh with --reset")
	}
	l.opts.TLS = l.m.CA != ""
	l.opts.Centers = len(l.m.Centers)
	if err := l.opts.portsFree(); err != nil {
		return err
	}
	for i := range l.m.Centers {
		l.m.Centers[i].PID = 0
	}
	note(cmd, "resuming league %s of %d centers in %s", l.m.League, l.opts.Centers, l.opts.Home)
	return l.reconfigure(cmd)
}

// start runs every center and waits until all are ready.
func (l *league) start(ctx context.Context, timeout time.Duration) error {
	for i := range l.m.Centers {
		if err := l.startCenter(i); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for i := range l.m.Centers {
		if err := l.awaitReady(ctx, i); err != nil {
			return err
		}
	}
	l.m.Ready = true
	return l.save()
}

// startCenter runs center i; it may have run before.
func (l *league) startCenter(i int) error {
	p, err := startProcess(l.m.Centers[i].Home, l.fetchFlags()...)
	if err != nil {
		return fmt.Errorf("%s: %w", l.m.Centers[i].Name, err)
	}
	if i < len(l.centers) {
		l.centers[i] = p
	} else {
		l.centers = append(l.centers, p)
	}
	l.m.Centers[i].PID = p.pid()
	return nil
}

// stop ends every center, politely first, and says so in dev.json.
func (l *league) stop() error {
	var all []error
	for _, p := range l.centers {
		p.terminate()
	}
	for _, p := range slices.Backward(l.centers) {
		all = append(all, p.wait(15*time.Second))
	}
	for i := range l.m.Centers {
		l.m.Centers[i].PID = 0
	}
	l.m.Ready = false
	return errors.Join(append(all, l.save())...)
}
