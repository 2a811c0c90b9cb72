package api

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/did"
)

// traits are the traits of a DID method under their names in DIF DID Traits 1.0.0 (identity.foundation/did-traits/v1.0.0,
// "JSON Schema Data Model"). All are written, also those that are false. What the specification asks of a method's
// cryptography is said for the algorithms that this service knows; an omitted one counts as false there.
type traits struct {
	Name                        string `json:"name"`
	SupportsUpdate              bool   `json:"supportsUpdate"`
	SupportsUpdateServices      bool   `json:"supportsUpdateServiceEndpoints"`
	SupportsDeactivate          bool   `json:"supportsDeactivate"`
	SupportsDelete              bool   `json:"supportsDelete"`
	TransactionalFees           bool   `json:"transactionalFees"`
	SelfCertifying              bool   `json:"selfCertifying"`
	SupportsUpdateVerification  bool   `json:"supportsUpdateVerificationMethods"`
	PrerotationOfKeys           bool   `json:"prerotationOfKeys"`
	MultisigVerificationMethod  bool   `json:"multisigVerificationMethod"`
	HumanReadable               bool   `json:"humanReadable"`
	Enumerable                  bool   `json:"enumerable"`
	ResolvableLocally           bool   `json:"resolvableLocally"`
	ResolvableGlobally          bool   `json:"resolvableGlobally"`
	History                     bool   `json:"history"`
	HistorySigned               bool   `json:"historySigned"`
	LongTermAvailability        bool   `json:"longTermAvailability"`
	HostingNotRequired          bool   `json:"hostingNotRequired"`
	HostedCentrally             bool   `json:"hostedCentrally"`
	HostedDecentrally           bool   `json:"hostedDecentrally"`
	KeyValidation               bool   `json:"keyValidation"`
	CryptographicAlgorithmP256  bool   `json:"cryptographicAlgorithmECDSAsecp256r1"`
	CryptographicAlgorithmEdDSA bool   `json:"cryptographicAlgorithmEd25519"`
}

// derived are the traits of a method whose DIDs are a public key and nothing else.
func derived(name string) traits {
	return traits{
		Name: name, SelfCertifying: true, ResolvableGlobally: true, HostingNotRequired: true, LongTermAvailability: true,
		KeyValidation: true, CryptographicAlgorithmP256: true, CryptographicAlgorithmEdDSA: true,
	}
}

// methodTraits is the one table of what this service knows of methods.
var methodTraits = map[string]traits{
	"hanse": { // enumerable: /export and /v1/events name every DID that is created
		Name: "hanse", SupportsUpdate: true, SupportsUpdateServices: true, SupportsDeactivate: true, SelfCertifying: true,
		SupportsUpdateVerification: true, PrerotationOfKeys: true, MultisigVerificationMethod: true, Enumerable: true,
		ResolvableGlobally: true, History: true, HistorySigned: true, LongTermAvailability: true, HostedDecentrally: true,
		KeyValidation: true, CryptographicAlgorithmP256: true, CryptographicAlgorithmEdDSA: true,
	},
	"key": derived("key"),
	"jwk": derived("jwk"),
	"web": { // what a host says today: nothing about a document says who wrote it, or what stood there before
		Name: "web", SupportsUpdate: true, SupportsUpdateServices: true, SupportsDeactivate: true, SupportsUpdateVerification: true,
		HumanReadable: true, ResolvableGlobally: true, HostedCentrally: true,
		CryptographicAlgorithmP256: true, CryptographicAlgorithmEdDSA: true,
	},
}

// exampleDIDs resolve everywhere: the methods need no ledger.
var exampleDIDs = map[string][]string{
	"key": {"did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"},
	"jwk": {"did:jwk:eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6ImFjYklRaXVNczNpOF91c3pFakoydHBUdFJNNEVVM3l6OTFQSDZDZEgyVjAiLCJ5IjoiX0tjeUxqOXZXTXB0bm1LdG00NkdxRHo4d2Y3NEk1TEtncmwyR3pIM25TRSJ9"},
}

// methodNames lists the methods that the resolver knows.
func (s *Server) methodNames() []string {
	if router, ok := s.opts.Resolver.(interface{ Methods() []string }); ok {
		return router.Methods()
	}
	return []string{"hanse", "jwk", "key"}
}

func (s *Server) methods(c echo.Context) error {
	if err := knownQuery(c); err != nil {
		return err
	}
	return sendJSON(c, http.StatusOK, cacheRevalidate, s.methodNames())
}

func (s *Server) traits(c echo.Context) error {
	if err := knownQuery(c); err != nil {
		return err
	}
	view := map[string]traits{}
	for _, name := range s.methodNames() {
		view[name] = methodTraits[name]
	}
	return sendJSON(c, http.StatusOK, cacheRevalidate, view)
}

func (s *Server) properties(c echo.Context) error {
	if err := knownQuery(c); err != nil {
		return err
	}
	view := map[string]map[string]any{}
	for _, name := range s.methodNames() {
		view[name] = map[string]any{"versions": methodTraits[name].History, "representations": slices.Clone(documentOffers)}
		if name == "hanse" {
			view[name]["league"] = s.opts.League
			view[name]["proof"] = "ics23-smt"
		}
	}
	return sendJSON(c, http.StatusOK, cacheRevalidate, view)
}

func (s *Server) testIdentifiers(c echo.Context) error {
	if err := knownQuery(c); err != nil {
		return err
	}
	view := map[string][]string{}
	for _, name := range s.methodNames() {
		view[name] = append([]string{}, exampleDIDs[name]...)
	}
	if w := NewWebIdentities(s.opts.PublicURL, s.opts.Center, nil); view["web"] != nil && w.own() != nil {
		view["web"] = append(view["web"], w.base.String())
	}
	if known := slices.Contains(s.methodNames(), "hanse"); known {
		dids, err := s.testDIDs(c)
		if err != nil {
			return err
		}
		for _, id := range dids {
			view["hanse"] = append(view["hanse"], id.String())
		}
	}
	return sendJSON(c, http.StatusOK, cacheRevalidate, view)
}

// testDIDs are the configured ones, or else those of the centers, which are public anyway.
func (s *Server) testDIDs(c echo.Context) ([]did.DID, error) {
	if len(s.opts.TestDIDs) > 0 {
		return s.opts.TestDIDs, nil
	}
	centers, err := s.opts.Ledger.Centers(c.Request().Context())
	if err != nil {
		return nil, ledgerError(err)
	}
	var dids []did.DID
	for _, center := range centers {
		dids = append(dids, center.DID)
	}
	return dids, nil
}
