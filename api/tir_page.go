package api

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/did"
)

// tirBase is where the facade of the EBSI Trusted Issuers Registry stands.
const tirBase = "/trusted-issuers-registry/v5"

// Page sizes of the Trusted Issuers Registry.
const (
	defaultTirPage = 10
	maxTirPage     = 50
)

// TirPageView is a page of a collection (EBSI TIR v5). Pages have numbers from 1. Total is exact: the ledger counts the DIDs
// that were accredited, and what each was given, so that any page costs the same.
type TirPageView[T any] struct {
	Self     string       `json:"self"`
	Items    []T          `json:"items"`
	Total    int64        `json:"total"`
	PageSize int          `json:"pageSize"`
	Links    TirLinksView `json:"links"`
}

// TirLinksView has the URLs of pages. At an end, next and prev are the last and the first page themselves.
type TirLinksView struct {
	First string `json:"first"`
	Prev  string `json:"prev"`
	Next  string `json:"next"`
	Last  string `json:"last"`
}

// TirIDView links to an attribute or a revision.
type TirIDView struct {
	ID   string `json:"id"`
	Href string `json:"href"`
}

// tirPage is what a request asks for.
type tirPage struct {
	number int64 // from 1
	size   int
}

// first is the place of the first item of the page in its collection, from 0.
func (p tirPage) first() int64 { return (p.number - 1) * int64(p.size) }

// readTirPage reads page[after] and page[size]. Other parameters but those named are refused.
func readTirPage(c echo.Context, others ...string) (tirPage, error) {
	if err := tirQuery(c, append(others, "page[after]", "page[size]")...); err != nil {
		return tirPage{}, err
	}
	number, err := tirNumber(c, "page[after]", 1, 1_000_000_000)
	if err != nil {
		return tirPage{}, err
	}
	size, err := tirNumber(c, "page[size]", defaultTirPage, maxTirPage)
	return tirPage{number, int(size)}, err
}

func tirQuery(c echo.Context, names ...string) error {
	var unknown []string
	for name := range c.QueryParams() {
		if !slices.Contains(names, name) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown)
	return tirBadRequest("property " + unknown[0] + " should not exist")
}

func tirNumber(c echo.Context, name string, fallback, most int64) (int64, error) {
	values, given := c.QueryParams()[name]
	if !given {
		return fallback, nil
	}
	n, err := strconv.ParseInt(values[0], 10, 64)
	switch {
	case err != nil || len(values) > 1:
		return 0, tirBadRequest(name + " must be a number conforming to the specified constraints")
	case n < 1:
		return 0, tirBadRequest(name + " must not be less than 1")
	case n > most:
		return 0, tirBadRequest(name + " must not be greater than " + strconv.FormatInt(most, 10))
	}
	return n, nil
}

// tirVersion reads version: whether the older form of an answer is asked for.
func tirVersion(c echo.Context) (deprecated bool, err error) {
	switch values := c.QueryParams()["version"]; {
	case len(values) == 0, len(values) == 1 && values[0] == "latest":
		return false, nil
	case len(values) == 1 && values[0] == "deprecated":
		return true, nil
	}
	return false, tirBadRequest("version must be one of the following values: deprecated, latest")
}

// tirPageOf makes the view of a page of the collection at a URL; query is what its links have after the page.
func tirPageOf[T any](base, query string, p tirPage, total int64, items []T) TirPageView[T] {
	at := func(number int64) string {
		return base + "?page[after]=" + strconv.FormatInt(number, 10) + "&page[size]=" + strconv.Itoa(p.size) + query
	}
	last := max(1, (total+int64(p.size)-1)/int64(p.size))
	if items == nil {
		items = []T{}
	}
	return TirPageView[T]{
		Self: at(p.number), Items: items, Total: total, PageSize: p.size,
		Links: TirLinksView{First: at(1), Prev: at(min(max(1, p.number-1), last)), Next: at(min(p.number+1, last)), Last: at(last)},
	}
}

// tirURL is the absolute URL of an issuer, or of something beneath it.
func (s *Server) tirURL(issuer did.DID, rest string) string {
	return s.link(tirBase + "/issuers/" + url.PathEscape(string(issuer)) + rest)
}

// tirIssuerParam reads the DID of the path.
func tirIssuerParam(c echo.Context) (did.DID, error) {
	id, err := did.Parse(pathParam(c, "did"))
	if err != nil {
		return "", tirBadRequest("did must be a valid DID")
	}
	return id, nil
}

// tirProblem is an error as the Trusted Issuers Registry says it: no problem type, but a title that clients know.
func tirProblem(status int, title, detail string) *Error {
	return &Error{Name: "about:blank", Status: status, Title: title, Detail: detail}
}

func tirBadRequest(details ...string) *Error {
	text, _ := json.Marshal(details) // strings always marshal
	return tirProblem(http.StatusBadRequest, "Bad Request", string(text))
}

func tirIssuerNotFound(issuer did.DID) *Error {
	return tirProblem(http.StatusNotFound, "Issuer Not Found", "Issuer "+string(issuer)+" not found")
}

func tirAttributeNotFound(id string) *Error {
	return tirProblem(http.StatusNotFound, "Attribute Not Found", "Attribute "+shorten(id)+" not found")
}

func tirRevisionNotFound(id string) *Error {
	return tirProblem(http.StatusNotFound, "Revision Not Found", "Revision "+shorten(id)+" not found")
}

// shorten keeps what is shown back of a text to 80 bytes.
func shorten(text string) string {
	if len(text) > 80 {
		return text[:80] + "…"
	}
	return text
}
