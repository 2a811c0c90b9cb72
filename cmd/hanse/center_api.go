package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/hanse-id/hanse/api"
	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/fetch"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/resolve"
	"github.com/hanse-id/hanse/did/web"
)

// openGuard makes the one guard through which everything goes that the center asks of others.
func (c *center) openGuard(context.Context) error {
	o := fetch.Options{AllowLoopback: c.loopback, AllowHosts: c.hosts}
	if file := c.cfg.Fetch.CAFile; file != "" {
		roots, err := fetch.WithSystemRoots(file)
		if err != nil {
			return fmt.Errorf("fetch.ca_file: %w", err)
		}
		o.Roots = roots
	}
	c.guard = fetch.New(o)
	c.onClose(func() error { c.guard.Close(); return nil })
	return nil
}

func (c *center) openAPI(ctx context.Context) error {
	league, err := c.ledger.Head(ctx)
	if err != nil {
		return err
	}
	if c.did, err = c.ownDID(league.League); err != nil {
		return err
	}
	sources, err := c.openSources()
	if err != nil {
		return err
	}
	if err := c.openIssuing(ctx, sources); err != nil {
		return err
	}
	identity, err := c.identity(ctx, sources.contexts)
	if err != nil {
		return err
	}
	hosted := api.NewWebIdentities(c.cfg.Center.PublicURL, identity, c.issuance)
	resolver := resolve.NewRouter(map[string]did.Resolver{
		"hanse": resolve.NewHanse(league.League, c.ledger), "key": resolve.Key{Keys: sources.keys}, "jwk": resolve.JWK{},
		"web": web.New(c.guard, web.Options{Own: hosted.Document}),
	})
	verifier, err := c.verifier(resolver, sources)
	if err != nil {
		return err
	}
	proxies, err := prefixes(c.cfg.API.TrustedProxies)
	if err != nil {
		return err
	}
	c.registrar = &registrar{home: c.home, league: league.League, center: c.did, ledger: c.ledger, keys: c.keys, log: c.log}
	c.server, err = api.New(api.Options{
		League: league.League, PublicURL: c.cfg.Center.PublicURL, Version: versionOf().Version,
		Ledger: c.ledger, Resolver: resolver, Issuance: c.issuance, Keys: c.apiKeys, Keystore: c.keys, Cache: c.cache, Center: identity,
		Verifier: verifier, Log: c.log, Metrics: c.registry,
		Limits: limits(c.cfg.API.RatePerSecond), NoAuth: c.cfg.API.NoAuth,
		CORSOrigins: c.cfg.API.CORSOrigins, TrustedProxies: proxies, TestDIDs: []did.DID{c.did},
		Checks: c.checks(),
	})
	return err
}

// openIssuing opens the service that issues, with its templates and what they are checked against.
func (c *center) openIssuing(ctx context.Context, s *sources) error {
	templates, err := c.templates()
	if err != nil {
		return err
	}
	c.issuance, err = issuance.New(ctx, issuance.Options{
		Ledger: c.ledger, Store: c.issued, Keys: c.keys,
		Center:    issuance.Center{DID: c.did, Control: []string{keyControl}},
		PublicURL: strings.TrimRight(c.cfg.Center.PublicURL, "/"),
		Replica:   c.cfg.Center.Replica, Operator: keyOperator,
		Contexts: s.contexts, Log: c.log, Restored: c.restored,
		Schemas: s.schemas, Types: s.types, Trust: api.NewLedgerTrust(c.ledger, nil), Templates: templates,
	})
	if err != nil {
		return err
	}
	c.onClose(c.issuance.Close)
	return nil
}

// templates are the credential types of the configuration.
func (c *center) templates() ([]issuance.Template, error) {
	if c.cfg.Issuing.Templates == "" {
		return nil, nil
	}
	list, err := issuance.ReadTemplates(c.cfg.Issuing.Templates)
	if err != nil {
		return nil, fmt.Errorf("issuing.templates: %w", err)
	}
	return list, nil
}

// ownDID is the DID of this center: the ledger's word where it has one, and otherwise what its descriptor says, because a
// center follows the league before it is admitted.
func (c *center) ownDID(league string) (did.DID, error) {
	if id := c.node.Center().DID; id != "" {
		return id, nil
	}
	d, err := readDescriptor(c.home)
	if err != nil {
		return "", fmt.Errorf("center %s is not of league %s, and its descriptor cannot be read: %w", c.cfg.Center.Name, league, err)
	}
	return centerDID(league, d)
}

// identity is the center as an issuer; nil where its DID document does not list the assertion key of this keystore.
func (c *center) identity(ctx context.Context, contexts *credentials.Contexts) (*api.CenterIdentity, error) {
	signer, err := c.keys.Signer(ctx, keyAssertion)
	if err != nil {
		return nil, fmt.Errorf("key %q: %w", keyAssertion, err)
	}
	method := string(c.did) + "#key-2-jwk" // as createBody has it
	version, err := c.ledger.DID(ctx, c.did, did.At{})
	switch {
	case errors.Is(err, did.ErrNotFound): // it is to be admitted
	case err != nil:
		return nil, err
	default:
		if method = assertionMethod(version.Document, signer.Public()); method == "" {
			c.log.Warn("the center's DID document does not list its assertion key: it signs no copies of accreditations and no domain linkage", "did", c.did)
			return nil, nil
		}
	}
	return &api.CenterIdentity{DID: c.did, Issuer: &credentials.Issuer{
		DID: c.did, Method: method, Form: credentials.FormJWT, Signer: signer, Contexts: contexts,
	}}, nil
}

// assertionMethod is the method that lists a key for JOSE; "" if there is none.
func assertionMethod(doc *did.Document, key keys.Public) string {
	if doc == nil {
		return ""
	}
	for _, m := range doc.MethodsFor(did.AssertionMethod) {
		if k, err := m.Key(); err == nil && k == key && m.Type == did.JSONWebKey {
			return doc.Absolute(m.ID)
		}
	}
	return ""
}

// limits maps rate_per_second to the API's limits: 0 means none; a key may do ten times what an address may.
func limits(rate float64) api.Limits {
	if rate <= 0 {
		return api.Limits{Rate: -1, KeyRate: -1}
	}
	return api.Limits{Rate: rate, KeyRate: 10 * rate}
}

func prefixes(texts []string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, text := range texts {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("api.trusted_proxies %q is not a network like 10.0.0.0/8", text)
		}
		all = append(all, p)
	}
	return all, nil
}
