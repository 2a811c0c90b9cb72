package api

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/web"
)

// issuerMetadata is JWT VC Issuer Metadata (draft-ietf-oauth-sd-jwt-vc, section "JWT VC Issuer Metadata") of the https URLs that are
// issuers here: the public URL for the center's own key, {public URL}/issuers/{name} for an issuer's. The ids of keys are the URLs of
// the verification methods, so that a token's kid is one whichever way its issuer is named.
type issuerMetadata struct {
	base   string // the public URL; "" where it is not https
	path   string // of the public URL
	center *CenterIdentity
	issued *issuance.Service
}

const issuerMetadataPath = "/.well-known/jwt-vc-issuer"

// issuerMetadataCache lets verifiers keep keys for a few minutes: a key that is taken away must not verify for long.
const issuerMetadataCache = "public, max-age=300"

// sdJWTVCRoutes serve metadata where verifiers of SD-JWT VCs look for it.
func (s *Server) sdJWTVCRoutes() []route {
	m := &issuerMetadata{center: s.opts.Center, issued: s.opts.Issuance}
	if rest, secure := strings.CutPrefix(s.opts.PublicURL, "https://"); secure {
		m.base = s.opts.PublicURL
		if _, path, deep := strings.Cut(rest, "/"); deep {
			m.path = "/" + path
		}
	}
	return []route{
		{Method: http.MethodGet, Path: issuerMetadataPath, Handler: m.getOwn},
		{Method: http.MethodGet, Path: issuerMetadataPath + "/issuers/:issuer", Handler: m.getIssuer},
	}
}

// getOwn answers for the center's own key.
func (m *issuerMetadata) getOwn(c echo.Context) error {
	if m.base == "" || m.path != "" {
		return m.absent()
	}
	if m.center == nil || m.center.Issuer == nil {
		return noCenterIdentity()
	}
	own := m.center.Issuer
	return m.send(c, m.base, []web.Assertion{{Method: own.Method, Key: own.Signer.Public(), JWK: true}})
}

// getIssuer answers for an issuer.
func (m *issuerMetadata) getIssuer(c echo.Context) error {
	name := pathParam(c, "issuer")
	if m.base == "" || m.path != "" || m.issued == nil {
		return m.absent()
	}
	one, ok := m.issued.Identity(name)
	if !ok {
		return m.absent()
	}
	return m.send(c, issuance.IssuerURL(m.base, name), one.Keys)
}

func (m *issuerMetadata) send(c echo.Context, issuer string, methods []web.Assertion) error {
	if err := knownQuery(c); err != nil {
		return err
	}
	list := []any{}
	for _, method := range methods {
		if method.JWK { // the others sign no tokens
			list = append(list, publishedKey(method.Method, method.Key))
		}
	}
	body, err := jcs.Marshal(map[string]any{"issuer": issuer, "jwks": map[string]any{"keys": list}})
	if err != nil {
		return err
	}
	return send(c, answer{status: http.StatusOK, media: mediaJSON, cache: issuerMetadataCache, body: body})
}

// publishedKey is a public JWK with its id, use and algorithm.
func publishedKey(id string, key keys.Public) map[string]any {
	jwk := key.JWK()
	jwk["kid"], jwk["use"], jwk["alg"] = id, "sig", string(key.Algorithm())
	if u, err := did.ParseURL(id); err != nil || u.Fragment == "" {
		delete(jwk, "kid")
	}
	return jwk
}

func (m *issuerMetadata) absent() error {
	detail := "no issuer of that name is here"
	if m.base == "" || m.path != "" {
		detail = "only an https origin has issuers that are URLs"
	}
	return &Error{Name: "not-found", Status: http.StatusNotFound, Detail: detail}
}
