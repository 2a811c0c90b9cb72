package api

import "net/http"

// presentationRoutes mounts presentations and challenges in both dialects.
func (s *Server) presentationRoutes() []route {
	var all []route
	for _, a := range []credentialAPI{{Server: s}, {Server: s, older: true}} {
		prefix := ""
		if a.older {
			prefix = "/vc-api"
		}
		all = append(all,
			route{Method: http.MethodPost, Path: prefix + "/presentations/verify", Handler: a.verifyPresentation, CORS: true},
			route{Method: http.MethodPost, Path: prefix + "/challenges", Handler: a.createChallenge, CORS: true},
		)
	}
	return all
}
