package api

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"sigs.k8s.io/yaml"
)

// openAPI is the description of the API (OpenAPI 3.1), the contract that SDKs are made from.
//
//go:embed openapi.yaml
var openAPI []byte

// spec is the description as this server serves it.
type spec struct {
	json []byte
	docs docsPage
}

// loadSpec reads the embedded description and names this server and version in it.
func loadSpec(opts Options) (*spec, error) {
	data, err := yaml.YAMLToJSONStrict(openAPI)
	if err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	var document map[string]any
	if err := json.Unmarshal(data, &document); err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	document["servers"] = []any{map[string]any{"url": opts.PublicURL}}
	if info, ok := document["info"].(map[string]any); ok && opts.Version != "" {
		info["version"] = opts.Version
	}
	text, err := encodeJSON(document)
	if err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	return &spec{json: text, docs: newDocsPage(document)}, nil
}
