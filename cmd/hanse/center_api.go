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
)

func (c *center) openAPI(ctx context.Context) error {
	league, err := c.ledger.Head(ctx)
	if err != nil {
		return err
	}
	if c.did, err = c.ownDID(league.League); err != nil {
		return err
	}
	contexts := credentials.EmbeddedContexts()
	if dir := c.cfg.API.ContextsDir; dir != "" {
		if contexts, err = contexts.With(dir); err != nil {
			return fmt.Errorf("contexts of %s: %w", dir, err)
		}
	}
	c.issuance, err = issuance.New(ctx, issuance.Options{
		Ledger: c.ledger, Store: c.issued, Keys: c.keys,
		Center:    issuance.Center{DID: c.did, Control: []string{keyControl}},
		PublicURL: strings.TrimRight(c.cfg.Center.PublicURL, "/"),
		Replica:   c.cfg.Center.Replica, Operator: keyOperator,
		Contexts: contexts, Log: c.log, Restored: c.restored,
	})
	if err != nil {
		return err
	}
	c.onClose(c.issuance.Close)
	resolver := resolve.NewRouter(map[string]did.Resolver{
		"hanse": resolve.NewHanse(league.League, c.ledger), "key": resolve.Key{}, "jwk": resolve.JWK{},
	})
	identity, err := c.identity(ctx, contexts)
	if err != nil {
		return err
	}
	verifier := c.verifier(resolver, contexts)
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

// verifier is the center's verifier: status and trust by the ledger, trust by the allow-list of hanse.toml before that,
// linked domains by fetching.
func (c *center) verifier(resolver did.Resolver, contexts *credentials.Contexts) *credentials.Verifier {
	allow := credentials.AllowList{}
	for _, a := range c.cfg.Trust.Allow {
		allow[did.DID(a.Issuer)] = a.Types
	}
	guard := fetch.New(fetch.Options{AllowLoopback: c.loopback})
	c.onClose(func() error { guard.Close(); return nil })
	return &credentials.Verifier{
		Resolver: resolver, Contexts: contexts, Status: api.NewLedgerStatus(c.ledger, nil),
		Trust:   credentials.FirstOf(allow, api.NewLedgerTrust(c.ledger, nil)),
		Domains: &credentials.Domains{Fetch: guard, Resolver: resolver},
		Policy:  c.cfg.Trust.policy(),
	}
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
