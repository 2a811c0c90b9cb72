package api

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

var parameter = regexp.MustCompile(`:([a-zA-Z]+)`)

// specPath is an Echo path as OpenAPI writes it.
func specPath(path string) string {
	if rest, found := strings.CutSuffix(path, "*"); found {
		return rest + "{identifier}"
	}
	return parameter.ReplaceAllString(path, "{$1}")
}

func TestTheDescriptionAndTheRouteTableSayTheSame(t *testing.T) {
	c := startCenter(t)
	spec := c.client.Spec
	if err := spec.Validate(t.Context()); err != nil {
		t.Errorf("openapi.yaml is not a valid description: %v", err)
	}
	served := map[string]bool{}
	for _, r := range c.routes() {
		if r.Hidden {
			continue
		}
		name := r.Method + " " + specPath(r.Path)
		if served[name] {
			t.Errorf("%s is in the table twice", name)
		}
		served[name] = true
		item := spec.Paths.Value(specPath(r.Path))
		if item == nil || item.GetOperation(r.Method) == nil {
			t.Errorf("%s is served and not described", name)
			continue
		}
		checkSecurity(t, name, r, item.GetOperation(r.Method))
	}
	for path, item := range spec.Paths.Map() {
		for method := range item.Operations() {
			if !served[method+" "+path] {
				t.Errorf("%s %s is described and not served", method, path)
			}
		}
	}
}

// checkSecurity: what needs a key says so, and what is public does not.
func checkSecurity(t *testing.T, name string, r route, operation *openapi3.Operation) {
	t.Helper()
	needs, optional := operation.Security != nil && len(*operation.Security) > 0, false
	if needs {
		// An empty requirement beside others: some requests need a key and others do not.
		optional = slices.ContainsFunc(*operation.Security, func(r openapi3.SecurityRequirement) bool { return len(r) == 0 })
	}
	scope, _ := operation.Extensions["x-scope"].(string)
	if needs != (scope != "") {
		t.Errorf("%s: x-scope %q, security in the description: %v", name, scope, needs)
	}
	if r.Scope != "" && r.Scope != ScopeAny && scope != parameter.ReplaceAllString(r.Scope, "{$1}") {
		t.Errorf("%s: x-scope %q, scope %q in the table", name, scope, r.Scope)
	}
	needs = needs && !optional
	if needs != (r.Scope != "") {
		t.Errorf("%s: scope %q in the table, security in the description: %v", name, r.Scope, needs)
	}
}

func TestOperationsAreNamedOnceAndTagged(t *testing.T) {
	c := startCenter(t)
	seen := map[string]string{}
	for path, item := range c.client.Spec.Paths.Map() {
		for method, operation := range item.Operations() {
			if operation.OperationID == "" || seen[operation.OperationID] != "" {
				t.Errorf("%s %s: operationId %q is missing or taken by %s", method, path, operation.OperationID, seen[operation.OperationID])
			}
			seen[operation.OperationID] = method + " " + path
			if len(operation.Tags) != 1 || c.client.Spec.Tags.Get(operation.Tags[0]) == nil {
				t.Errorf("%s %s: tags %v are not one of the description's", method, path, operation.Tags)
			}
		}
	}
}

func TestPagesLoadNothingFromElsewhere(t *testing.T) {
	c := startCenter(t)
	for _, path := range []string{"/docs", "/"} {
		page := c.client.With("Accept", "text/html").Get(t, path).Want(t, 200)
		if got := page.Header.Get("Content-Type"); got != "text/html; charset=utf-8" {
			t.Errorf("%s: content type %q", path, got)
		}
		policy := page.Header.Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", path, policy)
		}
		body := string(page.Body)
		for _, foreign := range []string{"<script", "src=", "@import", "url("} {
			if strings.Contains(body, foreign) {
				t.Errorf("%s contains %q", path, foreign)
			}
		}
		style := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindStringSubmatch(body)
		if len(style) != 2 || style[1] != docsCSS {
			t.Errorf("%s: the style is not what the policy's hash is of", path)
		}
	}
	docs := string(c.client.Get(t, "/docs").Body)
	for _, r := range c.routes() {
		if !r.Hidden && !strings.Contains(docs, specPath(r.Path)) {
			t.Errorf("/docs does not mention %s", r.Path)
		}
	}
}

func TestTheDescriptionNamesThisServer(t *testing.T) {
	c := startCenter(t)
	if got := c.client.Spec.Servers[0].URL; got != "https://center.example" {
		t.Errorf("server %q", got)
	}
	if got := c.client.Spec.Info.Version; got != "test" {
		t.Errorf("version %q", got)
	}
	landing := c.client.Get(t, "/").Want(t, 200).JSON(t)
	if landing["league"] != "test" || landing["name"] != "hanse" {
		t.Errorf("landing %v", landing)
	}
	if !slices.Contains(c.methodNames(), "hanse") {
		t.Error("methods lack hanse")
	}
}
