package api

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
)

//go:embed docs.css
var docsCSS string

//go:embed docs.html
var docsHTML string

var docsTemplate = template.Must(template.New("docs").Parse(docsHTML))

// docsPage is the view of /docs.
type docsPage struct {
	Title    string
	About    string
	Version  string
	Sections []docsSection
	CSS      template.CSS
}

type docsSection struct {
	Name  string
	About string
	Calls []docsCall
}

type docsCall struct {
	Method, Path, Summary, About, Scope string
	ScopeSometimes                      bool // a key is needed by some requests only; About says by which
	Parameters                          []docsItem
	Bodies                              []docsBody
	Answers                             []docsAnswer
}

type docsItem struct{ Name, About string }

// docsBody is a request body or an answer in one media type.
type docsBody struct {
	Media   string
	About   string       // of the whole, where it is no object with known members
	Members []docsMember // sorted, those that are required first
	Example string
}

type docsMember struct {
	Name, Type, About string
	Required          bool
	Members           []docsMember // of an object inside, one level
}

type docsAnswer struct {
	Name, About string
	Examples    []docsBody
}

// operatingRoutes are those of interfaces.md, section 10.
func (s *Server) operatingRoutes() []route {
	return []route{
		{Method: http.MethodGet, Path: "/livez", Handler: s.livez},
		{Method: http.MethodGet, Path: "/readyz", Handler: s.readyz},
		{Method: http.MethodGet, Path: "/openapi.json", Handler: s.openapi},
		{Method: http.MethodGet, Path: "/docs", Handler: s.docs, Hidden: true},
		{Method: http.MethodGet, Path: "/docs/", Handler: s.docs, Hidden: true},
		{Method: http.MethodGet, Path: "/", Handler: s.landing, Hidden: true},
	}
}

func (s *Server) openapi(c echo.Context) error {
	return send(c, answer{status: http.StatusOK, media: mediaJSON, cache: cacheRevalidate, body: s.spec.json})
}

// docs shows the description as a page that loads nothing from anywhere.
func (s *Server) docs(c echo.Context) error {
	page := s.spec.docs
	page.Version = s.opts.Version
	return s.sendPage(c, "docs", page)
}

// LandingView is what / says.
type LandingView struct {
	Name    string            `json:"name"`
	League  string            `json:"league"`
	Version string            `json:"version,omitempty"`
	Links   map[string]string `json:"links"`
}

func (s *Server) landing(c echo.Context) error {
	view := LandingView{Name: "hanse", League: s.opts.League, Version: s.opts.Version, Links: map[string]string{
		"docs": s.link("/docs"), "openapi": s.link("/openapi.json"), "league": s.link("/v1/league"), "ready": s.link("/readyz?verbose"),
	}}
	c.Response().Header().Add(echo.HeaderVary, echo.HeaderAccept)
	if !prefersHTML(c) {
		return sendJSON(c, http.StatusOK, cacheRevalidate, view)
	}
	return s.sendPage(c, "landing", map[string]any{"View": view, "CSS": template.CSS(docsCSS)}) // our own embedded file
}

func (s *Server) sendPage(c echo.Context, name string, view any) error {
	var b bytes.Buffer
	if err := docsTemplate.ExecuteTemplate(&b, name, view); err != nil {
		return err
	}
	digest := sha256.Sum256([]byte(docsCSS))
	c.Response().Header().Set("Content-Security-Policy",
		"default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(digest[:])+"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	return send(c, answer{status: http.StatusOK, media: "text/html; charset=utf-8", cache: cacheRevalidate, body: b.Bytes()})
}

// newDocsPage gathers the page from a description, grouped by tag in the order of the description's tags.
func newDocsPage(document map[string]any) docsPage {
	info := object(document["info"])
	page := docsPage{Title: text(info["title"]), About: text(info["description"]), CSS: template.CSS(docsCSS)} // our own embedded file
	for _, tag := range array(document["tags"]) {
		t := object(tag)
		section := docsSection{Name: text(t["name"]), About: text(t["description"])}
		section.Calls = docsCalls(document, section.Name)
		page.Sections = append(page.Sections, section)
	}
	return page
}

func docsCalls(document map[string]any, tag string) []docsCall {
	var calls []docsCall
	schemas := docsSchemas{document}
	for path, item := range object(document["paths"]) {
		for method, raw := range object(item) {
			operation := object(raw)
			if !slices.Contains(array(operation["tags"]), any(tag)) {
				continue
			}
			call := docsCall{
				Method: strings.ToUpper(method), Path: path, Summary: text(operation["summary"]),
				About: text(operation["description"]), Scope: text(operation["x-scope"]),
			}
			call.ScopeSometimes = slices.ContainsFunc(array(operation["security"]), func(v any) bool { return len(object(v)) == 0 })
			call.Bodies = schemas.bodies(object(object(operation["requestBody"])["content"]))
			for _, p := range slices.Concat(array(object(item)["parameters"]), array(operation["parameters"])) {
				p := schemas.resolve(object(p))
				if name := text(p["name"]); name != "" {
					call.Parameters = append(call.Parameters, docsItem{name, text(p["description"])})
				}
			}
			for status, answer := range object(operation["responses"]) {
				call.Answers = append(call.Answers, schemas.answer(status, object(answer)))
			}
			slices.SortFunc(call.Answers, func(a, b docsAnswer) int { return strings.Compare(a.Name, b.Name) })
			calls = append(calls, call)
		}
	}
	slices.SortFunc(calls, func(a, b docsCall) int { return strings.Compare(a.Path+a.Method, b.Path+b.Method) })
	return calls
}

// object, array and text read JSON values; a value of another kind reads as empty.
func object(v any) map[string]any { m, _ := v.(map[string]any); return m }
func array(v any) []any           { a, _ := v.([]any); return a }
func text(v any) string           { s, _ := v.(string); return s }
