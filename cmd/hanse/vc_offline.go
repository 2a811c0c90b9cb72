package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/api/client"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/credentials/issuermeta"
	"github.com/hanse-id/hanse/credentials/schema"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/fetch"
	"github.com/hanse-id/hanse/did/resolve"
	"github.com/hanse-id/hanse/did/web"
)

// addOffline adds the flags of commands that verify at a center or, with --offline, without one.
func addOffline(cmd *cobra.Command) {
	f := cmd.Flags()
	f.Bool("offline", false, "ask no center: issuers that are did:key and did:jwk, no ledger, and no status but what --fetch finds")
	f.Bool("fetch", false, "with --offline: fetch what the credential names, over https: did:web documents, keys of https issuers, status lists")
	f.StringArray("allow-host", nil, "with --fetch: HOST:PORT that may be fetched from over https though it is this machine, for tests (repeatable)")
	f.String("contexts", "", "with --offline: folder of more JSON-LD contexts, with an index.json")
	f.String("schemas", "", "with --offline: folder of JSON Schemas that credentials may name")
	f.String("types", "", "with --offline: folder of type metadata of SD-JWT VCs")
	cmd.MarkFlagsMutuallyExclusive("offline", "api")
}

// isOffline reports whether a command shall ask no center, and refuses flags that mean nothing then or otherwise.
func isOffline(cmd *cobra.Command) (bool, error) {
	offline, err := cmd.Flags().GetBool("offline")
	if fetches, _ := cmd.Flags().GetBool("fetch"); err == nil && offline && !fetches && cmd.Flags().Changed("allow-host") {
		return false, usagef("--allow-host is for --fetch: without it nobody is asked")
	}
	if err != nil || offline {
		return offline, err
	}
	for _, name := range []string{"fetch", "allow-host", "contexts", "schemas", "types"} {
		if cmd.Flags().Changed(name) {
			return false, usagef("--%s is for --offline: a center has its own", name)
		}
	}
	return false, nil
}

// offlineVerifier makes a verifier of the flags. The function that it returns, where there is no error, ends it.
func offlineVerifier(cmd *cobra.Command) (*credentials.Verifier, func(), error) {
	f := cmd.Flags()
	methods := map[string]did.Resolver{"key": resolve.Key{}, "jwk": resolve.JWK{}}
	v := &credentials.Verifier{Contexts: credentials.EmbeddedContexts(), Compiled: &schema.Cache{}}
	if dir, _ := f.GetString("contexts"); dir != "" {
		var err error
		if v.Contexts, err = v.Contexts.With(dir); err != nil {
			return nil, nil, fmt.Errorf("--contexts: %w", err)
		}
	}
	if dir, _ := f.GetString("schemas"); dir != "" {
		files, err := credentials.OpenSchemaFiles(dir)
		if err != nil {
			return nil, nil, fmt.Errorf("--schemas: %w", err)
		}
		v.Schemas = files
	}
	if dir, _ := f.GetString("types"); dir != "" {
		files, err := credentials.ReadTypes(dir)
		if err != nil {
			return nil, nil, fmt.Errorf("--types: %w", err)
		}
		v.Types = files
	}
	if ask, _ := f.GetBool("fetch"); ask {
		guard, err := guardOf(cmd)
		if err != nil {
			return nil, nil, err
		}
		methods["web"] = web.New(guard, web.Options{})
		v.Resolver = resolve.NewRouter(methods)
		askOthers(v, guard)
		return v, guard.Close, nil
	}
	v.Resolver = resolve.NewRouter(methods)
	return v, func() {}, nil
}

// askOthers lets a verifier fetch what credentials name.
func askOthers(v *credentials.Verifier, guard *fetch.Guard) {
	v.Status = &credentials.ForeignStatus{Fetch: guard, Verifier: v}
	v.Domains = &credentials.Domains{Fetch: guard, Resolver: v.Resolver}
	v.Issuers = credentials.NewIssuerMetadata(guard, issuermeta.Options{})
}

// guardOf makes the guard through which a command fetches, which trusts --ca too.
func guardOf(cmd *cobra.Command) (*fetch.Guard, error) {
	o := fetch.Options{}
	o.AllowHosts, _ = cmd.Flags().GetStringArray("allow-host")
	for i, host := range o.AllowHosts {
		if _, port, err := net.SplitHostPort(host); err != nil || port == "" {
			return nil, usage(fmt.Errorf("--allow-host %q is not HOST:PORT", host), "for example --allow-host localhost:7080")
		}
		o.AllowHosts[i] = strings.ToLower(host)
	}
	if ca := authorityOf(cmd); ca != "" {
		roots, err := fetch.WithSystemRoots(ca)
		if err != nil {
			return nil, fmt.Errorf("--ca: %w", err)
		}
		o.Roots = roots
	}
	return fetch.New(o), nil
}

// offlineHint says whom to ask where a verification without a center left something open. Nothing, where no answer is missing.
func offlineHint(cmd *cobra.Command, reports ...*credentials.Report) string {
	offline, _ := cmd.Flags().GetBool("offline")
	open := slices.ContainsFunc(reports, func(r *credentials.Report) bool {
		return r != nil && slices.ContainsFunc(r.Checks, func(c credentials.Check) bool { return c.Outcome == credentials.Indeterminate })
	})
	fetches, _ := cmd.Flags().GetBool("fetch")
	switch {
	case !offline || !open:
		return ""
	case fetches:
		return "ask a center: leave out --offline and --fetch, and name it with --api URL"
	default:
		return "ask a center (leave out --offline), or the hosts that the credential names (add --fetch)"
	}
}

// reportsOf are the reports on a presentation and on the credentials inside.
func reportsOf(r *credentials.PresentationReport) []*credentials.Report {
	if r == nil {
		return nil
	}
	all := []*credentials.Report{&r.Report}
	for _, c := range r.Credentials {
		all = append(all, c.Report)
	}
	return all
}

// verifyOffline verifies a credential here and answers as a center would.
func verifyOffline(cmd *cobra.Command, input []byte, opts credentials.VerifyOptions) (*client.Verification, error) {
	verifier, end, err := offlineVerifier(cmd)
	if err != nil {
		return nil, err
	}
	defer end()
	ctx, cancel := context.WithTimeout(cmd.Context(), time.Minute)
	defer cancel()
	report, _, err := verifier.Verify(ctx, input, opts)
	if err != nil {
		return nil, fmt.Errorf("the verification was not completed: %w", err)
	}
	result := &client.Verification{Verified: report.Verified(), Report: report}
	result.ProblemDetails, _ = report.Problems()
	result.Raw, err = json.Marshal(result)
	return result, err
}
