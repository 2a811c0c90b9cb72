package api

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/did"
)

// traits is what DIF did-traits says of a method: how its DIDs behave.
type traits struct {
	Updatable          bool `json:"updatable"`
	Deactivatable      bool `json:"deactivatable"`
	Deletable          bool `json:"deletable"`
	Enumerable         bool `json:"enumerable"`
	GloballyResolvable bool `json:"globallyResolvable"`
	HistoryAvailable   bool `json:"historyAvailable"`
	ImmutableHistory   bool `json:"immutableHistory"`
	HumanReadable      bool `json:"humanReadable"`
	PreRotationOfKeys  bool `json:"preRotationOfKeys"`
	SelfCertifying     bool `json:"selfCertifying"`
	SelfCreation       bool `json:"selfCreation"`
	MultiSignature     bool `json:"multiSignature"`
	Fees               bool `json:"fees"`
}

// methodTraits is the one table of what this service knows of methods.
var methodTraits = map[string]traits{
	"hanse": {
		Updatable: true, Deactivatable: true, GloballyResolvable: true, HistoryAvailable: true, ImmutableHistory: true,
		PreRotationOfKeys: true, SelfCertifying: true, SelfCreation: true, MultiSignature: true,
	},
	"key": {GloballyResolvable: true, SelfCertifying: true, SelfCreation: true},
	"jwk": {GloballyResolvable: true, SelfCertifying: true, SelfCreation: true},
	"web": {Updatable: true, Deactivatable: true, Deletable: true, GloballyResolvable: true, HumanReadable: true},
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
		view[name] = map[string]any{"versions": methodTraits[name].HistoryAvailable, "representations": slices.Clone(documentOffers)}
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
