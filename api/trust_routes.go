package api

import "net/http"

// trustRoutes are the ledger reads about who belongs to the league, what it decided, and who may issue what.
func (s *Server) trustRoutes() []route {
	return []route{
		{Method: http.MethodGet, Path: "/v1/league", Handler: s.getLeague},
		{Method: http.MethodGet, Path: "/v1/params", Handler: s.getParams},
		{Method: http.MethodGet, Path: "/v1/centers", Handler: s.listCenters},
		{Method: http.MethodGet, Path: "/v1/centers/:ref", Handler: s.getCenter},
		{Method: http.MethodGet, Path: "/v1/proposals", Handler: s.listProposals},
		{Method: http.MethodGet, Path: "/v1/proposals/:number", Handler: s.getProposal},
		{Method: http.MethodGet, Path: "/v1/accreditations", Handler: s.listAccreditations},
		{Method: http.MethodGet, Path: "/v1/accreditations/:id", Handler: s.getAccreditation},
		{Method: http.MethodGet, Path: "/v1/schemas", Handler: s.listSchemas},
		{Method: http.MethodGet, Path: "/v1/schemas/:digest", Handler: s.getSchema},
		{Method: http.MethodGet, Path: "/v1/recognitions", Handler: s.listRecognitions},
		{Method: http.MethodGet, Path: "/v1/trust/path", Handler: s.getTrustPath},
		{Method: http.MethodGet, Path: "/v1/trust/graph", Handler: s.getTrustGraph},
		{Method: http.MethodGet, Path: "/v1/dids/:did/recovery", Handler: s.getRecovery},
	}
}
