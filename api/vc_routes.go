package api

import (
	"net/http"
)

// credentialAPI serves interfaces.md sections 4 and 5 in one of two dialects: VCALM, and under /vc-api the status codes
// and options of the VC-API that deployed clients rely on.
type credentialAPI struct {
	*Server
	older bool
}

// credentialRoutes mounts both dialects: the same handlers, the same scopes.
func (s *Server) credentialRoutes() []route {
	var all []route
	for _, a := range []credentialAPI{{Server: s}, {Server: s, older: true}} {
		prefix := ""
		if a.older {
			prefix = "/vc-api"
		}
		all = append(all,
			route{Method: http.MethodPost, Path: prefix + "/issuers/:issuer/credentials/issue", Scope: "write:/issuers/:issuer/credentials/issue", Handler: a.issueAs},
			route{Method: http.MethodPost, Path: prefix + "/credentials/issue", Scope: ScopeAny, Handler: a.issue},
			route{Method: http.MethodPost, Path: prefix + "/credentials/verify", Handler: a.verify, CORS: true},
			route{Method: http.MethodPost, Path: prefix + "/credentials/status", Scope: ScopeAny, Handler: a.setStatus},
			route{Method: http.MethodGet, Path: prefix + "/credentials/:id", Scope: ScopeAny, Handler: a.getCredential},
			route{Method: http.MethodDelete, Path: prefix + "/credentials/:id", Scope: ScopeAny, Handler: a.deleteCredential},
			route{Method: http.MethodPost, Path: prefix + "/status-lists", Scope: "write:/status-lists", Handler: a.createStatusList},
			route{Method: http.MethodGet, Path: prefix + "/status-lists/:id", Handler: a.getStatusList},
		)
	}
	return all
}
