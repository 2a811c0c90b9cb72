package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// devReadyTimeout bounds how long `hanse dev` waits for its centers.
const devReadyTimeout = 120 * time.Second

func devCommand() *cobra.Command {
	opts := leagueOptions{League: "dev"}
	var reset bool
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "Run a whole league on this machine",
		Long: `Runs a league of trust centers on this machine, each a process of its own, and prints a short map when
all are ready. DIR/dev.json holds the same map for programs. Ctrl-C stops everything; a second start with
the same home resumes where the first one ended.

Every center has an issuer "demo" (a registered did:hanse, vc+jwt), which it accredits for ExampleDegreeCredential,
and one did:key issuer per securing form that is named after it. The league is a hybrid one: anybody reads and mirrors
its ledger. Its rules let every center accredit of its own right for types that begin with "Example".

With --tls the APIs answer https://localhost:PORT, every center has a did:web and an issuer "web" with one, and centers may
fetch from each other. Clients need DIR/tls/ca.pem: --ca or HANSE_CA for hanse, --cacert for curl, NODE_EXTRA_CA_CERTS for Node.

Every center is configured by DIR/center-x/hanse.toml, which is yours to edit between two starts: a start sets anew only its addresses
and peers, and what flags of this command say. HANSE_SECTION__KEY variables (HANSE_POLICY__HOOK_URL=…) reach all centers, before the file.`,
		Example: `  hanse dev
  hanse dev --centers 7 --home /tmp/league --api 127.0.0.1:9000
  hanse dev --redis redis://127.0.0.1:6379/0 --no-auth
  hanse dev --tls --api 127.0.0.1:7443`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if opts.Home == "" {
				dir, err := stateDir()
				if err != nil {
					return err
				}
				opts.Home = filepath.Join(dir, "dev")
			}
			return runDev(cmd, opts, reset)
		},
	}
	f := cmd.Flags()
	f.IntVar(&opts.Centers, "centers", 4, "number of centers; three of four must be up for the league to go on")
	f.StringVar(&opts.Home, "home", "", "directory of the league (default: the state directory of this user)")
	f.StringVar(&opts.API, "api", "127.0.0.1:7080", "address of the first center's API; center i uses port+i")
	f.StringVar(&opts.Redis, "redis", "", "Redis URL for the centers' caches (default: in process)")
	f.StringVar(&opts.Contexts, "contexts", "", "folder of more JSON-LD contexts, with an index.json")
	f.BoolVar(&opts.NoAuth, "no-auth", false, "no tokens needed; loopback only")
	f.BoolVar(&opts.Loopback, "allow-loopback-fetch", false, "fetch from this machine too (linked domains, status lists, metadata), also over plain http")
	f.BoolVar(&opts.TLS, "tls", false, "answer https on localhost, with a certificate of an authority that is made for this league (DIR/tls/ca.pem)")
	f.BoolVar(&reset, "reset", false, "delete the league that the home holds and start afresh")
	return cmd
}

func runDev(cmd *cobra.Command, opts leagueOptions, reset bool) (err error) {
	if opts.Home, err = filepath.Abs(opts.Home); err != nil {
		return err
	}
	if opts.Contexts != "" {
		if opts.Contexts, err = filepath.Abs(opts.Contexts); err != nil {
			return err
		}
	}
	if err := opts.validate(); err != nil {
		return err
	}
	unlock, err := lockDir(opts.Home)
	if err != nil {
		return err
	}
	defer unlock()
	if reset {
		if err := resetLeague(opts.Home); err != nil {
			return err
		}
	}
	l, err := openLeague(cmd, opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.stop()) }()
	begin := time.Now()
	if err := l.start(cmd.Context(), devReadyTimeout); err != nil {
		if cmd.Context().Err() != nil {
			return nil // interrupted while starting: stop, and that is all
		}
		return err
	}
	note(cmd, "ready after %.1f s", time.Since(begin).Seconds())
	fmt.Fprint(cmd.OutOrStdout(), printable(l.mapText()))
	return l.watch(cmd.Context())
}

// watch waits for the end; a center that ends by itself ends the league, with its reason.
func (l *league) watch(ctx context.Context) error {
	ended := make(chan int, len(l.centers))
	for i, p := range l.centers {
		go func() { <-p.done; ended <- i }()
	}
	select {
	case <-ctx.Done():
		return nil
	case i := <-ended:
		p := l.centers[i]
		return hinted(fmt.Errorf("%s ended by itself (%v):\n%s", l.m.Centers[i].Name, p.err, p.logTail()), "its log is %s", p.log)
	}
}

// resetLeague deletes what a dev league keeps in a home, and refuses a directory that is something else.
func resetLeague(home string) error {
	entries, err := os.ReadDir(home)
	if err != nil {
		return err
	}
	for _, e := range entries {
		ours := e.Name() == "dev.json" || e.Name() == "lock" || e.Name() == "tls" || strings.HasPrefix(e.Name(), "center-")
		if !ours {
			return hinted(fmt.Errorf("%s holds %s, which no dev league made", home, e.Name()), "give another --home")
		}
	}
	for _, e := range entries {
		if e.Name() == "lock" {
			continue
		}
		if err := os.RemoveAll(filepath.Join(home, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// mapText is the short map that `hanse dev` prints: URLs, DIDs, token, three curl lines.
func (l *league) mapText() string {
	var b strings.Builder
	first := l.m.Centers[0]
	fmt.Fprintf(&b, "\nleague %s\n", l.m.League)
	for _, c := range l.m.Centers {
		fmt.Fprintf(&b, "  %-9s %s  %s\n", c.Name, c.API, c.DID)
	}
	fmt.Fprintf(&b, "issuers of %s\n", first.Name)
	for _, i := range first.Issuers {
		fmt.Fprintf(&b, "  %-20s %-15s %s\n", i.Name, i.Format, i.DID)
	}
	tokenHeader := ""
	if !l.opts.NoAuth {
		fmt.Fprintf(&b, "token of %s\n  %s\n", first.Name, first.Token)
		tokenHeader = " -H 'Authorization: Bearer " + first.Token + "'"
	}
	last := l.m.Centers[len(l.m.Centers)-1]
	demo := first.Issuers[0].DID
	fmt.Fprintf(&b, "everything as JSON\n  %s\n\ntry\n", filepath.Join(l.opts.Home, "dev.json"))
	curl, ca := "curl -s", ""
	if l.m.CA != "" {
		curl, ca = "curl -s --cacert "+l.m.CA, " --ca "+l.m.CA
	}
	fmt.Fprintf(&b, "  %s %s/1.0/identifiers/%s\n", curl, last.API, demo)
	fmt.Fprintf(&b, "  %s %s/issuers/demo/credentials/issue%s -H 'Content-Type: application/json' -d '%s' | tee /tmp/vc.json\n", curl, first.API, tokenHeader, sampleRequest(demo))
	fmt.Fprintf(&b, "  %s %s/credentials/verify -H 'Content-Type: application/json' -d @/tmp/vc.json\n", curl, last.API)
	fmt.Fprintf(&b, "  hanse trust path %s --type %s --api %s%s\n\nCtrl-C stops everything.\n", demo, devType, last.API, ca)
	return b.String()
}

// sampleRequest is an issue request that works when pasted.
func sampleRequest(issuer string) string {
	return `{"credential":{"@context":["https://www.w3.org/ns/credentials/v2","https://www.w3.org/ns/credentials/examples/v2"],` +
		`"type":["VerifiableCredential","ExampleDegreeCredential"],"issuer":"` + issuer + `",` +
		`"credentialSubject":{"id":"did:example:ada","degree":{"type":"ExampleBachelorDegree","name":"Bachelor of Science"}}}}`
}
