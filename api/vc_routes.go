package api

import (
	"net/http"

	"github.com/labstack/echo/v4"
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
			route{Method: http.MethodPost, Path: prefix + "/credentials/derive", Handler: a.derive, CORS: true},
			route{Method: http.MethodPost, Path: prefix + "/credentials/status", Scope: ScopeAny, Handler: a.setStatus},
			route{Method: http.MethodGet, Path: prefix + "/credentials/:id", Scope: ScopeAny, Handler: a.getCredential},
			route{Method: http.MethodDelete, Path: prefix + "/credentials/:id", Scope: ScopeAny, Handler: a.deleteCredential},
			route{Method: http.MethodPost, Path: prefix + "/status-lists", Scope: "write:/status-lists", Handler: a.createStatusList},
			route{Method: http.MethodGet, Path: prefix + "/status-lists/:id", Handler: a.getStatusList},
		)
	}
	for _, verb := range []string{"issue", "verify", "derive", "status"} { // these would be ids of credentials otherwise
		for _, prefix := range []string{"", "/vc-api"} {
			all = append(all, route{Method: http.MethodGet, Path: prefix + "/credentials/" + verb, Handler: postOnly, Hidden: true})
		}
	}
	a := credentialAPI{Server: s} // these have no older dialect
	return append(all,
		route{Method: http.MethodPost, Path: "/credentials/verify/batch", Handler: a.verifyBatch, CORS: true},
		route{Method: http.MethodPost, Path: bulkPath, Scope: ScopeAny, Handler: a.setStatusBulk, Body: bulkBody},
		route{Method: http.MethodGet, Path: bulkPath + "/:id", Scope: ScopeAny, Handler: a.getStatusJob},
	)
}

// postOnly answers a GET where only POST means something.
func postOnly(c echo.Context) error {
	c.Response().Header().Set(echo.HeaderAllow, http.MethodPost)
	return routerError(echo.ErrMethodNotAllowed)
}
