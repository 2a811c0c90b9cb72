package main

import (
	"fmt"

	"github.com/hanse-id/hanse/api"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/credentials/issuermeta"
	"github.com/hanse-id/hanse/credentials/remote"
	"github.com/hanse-id/hanse/credentials/schema"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

// sources are where documents that credentials name come from, and what is kept of the keys that sign them.
type sources struct {
	contexts *credentials.Contexts
	keys     *keys.Cache
	schemas  credentials.SchemaSource
	types    credentials.TypeSource // nil: type metadata are skipped
}

// openSources opens folders, and puts behind them who is asked for what they do not hold.
func (c *center) openSources() (*sources, error) {
	s := sources{contexts: credentials.EmbeddedContexts(), keys: &keys.Cache{}}
	var err error
	if dir := c.cfg.API.ContextsDir; dir != "" {
		if s.contexts, err = s.contexts.With(dir); err != nil {
			return nil, fmt.Errorf("contexts of %s: %w", dir, err)
		}
	}
	if s.schemas, err = c.schemas(); err != nil {
		return nil, err
	}
	var types credentials.TypeSources
	if dir := c.cfg.Types.Dir; dir != "" {
		files, err := credentials.ReadTypes(dir)
		if err != nil {
			return nil, fmt.Errorf("types.dir: %w", err)
		}
		types = append(types, files)
	}
	if c.cfg.Types.Fetch {
		types = append(types, credentials.FetchTypes(c.guard, remote.Options{}))
	}
	if len(types) > 0 {
		s.types = types
	}
	return &s, nil
}

// verifier is the center's verifier. Trust is by the allow-list of hanse.toml and then by the ledger; a status by the ledger, and of
// lists that it does not know by fetching them.
func (c *center) verifier(resolver did.Resolver, s *sources) (*credentials.Verifier, error) {
	allow := credentials.AllowList{}
	for _, a := range c.cfg.Trust.Allow {
		allow[did.DID(a.Issuer)] = a.Types
	}
	v := &credentials.Verifier{
		Resolver: resolver, Contexts: s.contexts, Keys: s.keys, Compiled: &schema.Cache{}, Schemas: s.schemas, Types: s.types,
		Trust:   credentials.FirstOf(allow, api.NewLedgerTrust(c.ledger, nil)),
		Domains: &credentials.Domains{Fetch: c.guard, Resolver: resolver},
		Issuers: credentials.NewIssuerMetadata(c.guard, issuermeta.Options{}),
		Policy:  c.cfg.Trust.policy(),
	}
	if err := c.cfg.Policy.into(&v.Policy); err != nil {
		return nil, err
	}
	var err error
	if v.Decider, err = c.cfg.Policy.decider(); err != nil {
		return nil, err
	}
	status := api.NewLedgerStatus(c.ledger, nil)
	if c.cfg.Status.Fetch {
		status = status.Elsewhere(&credentials.ForeignStatus{Fetch: c.guard, Verifier: v}, c.cfg.Center.PublicURL)
	}
	v.Status = status
	return v, nil
}

// schemas are those of the folder, and those that the ledger has a record of.
func (c *center) schemas() (credentials.SchemaSource, error) {
	var files *credentials.SchemaFiles
	var fetcher credentials.Fetcher
	if dir := c.cfg.Schemas.Dir; dir != "" {
		var err error
		if files, err = credentials.OpenSchemaFiles(dir); err != nil {
			return nil, fmt.Errorf("schemas.dir: %w", err)
		}
	}
	if c.cfg.Schemas.Fetch {
		fetcher = c.guard
	}
	return api.NewLedgerSchemas(c.ledger, files, fetcher), nil
}
