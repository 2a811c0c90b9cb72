package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did/keys"
)

// maxSchemaFile bounds a JSON Schema of the configuration.
const maxSchemaFile = 1 << 20

// minHookTimeout is the least in which a policy service can be expected to answer.
const minHookTimeout = time.Millisecond

// policyConfig is what this center's verifier asks for beside trust. A request's own policy can ask for more, not for less.
type policyConfig struct {
	Forms         []string      `koanf:"forms"`          // securing forms that are taken; none named: all
	Algorithms    []string      `koanf:"algorithms"`     // of issuers' keys that are taken; none named: all
	Issuers       []string      `koanf:"issuers"`        // DIDs, or https URLs; none named: any
	MaxStatusAge  time.Duration `koanf:"max_status_age"` // 0: not asked
	RequireStatus bool          `koanf:"require_status"`
	RequireHolder bool          `koanf:"require_holder"`
	RequireSchema bool          `koanf:"require_schema"`
	SchemaFile    string        `koanf:"schema_file"`  // a JSON Schema that every credential must satisfy
	HookURL       string        `koanf:"hook_url"`     // a service that has the last word
	HookTimeout   time.Duration `koanf:"hook_timeout"` // what it does not answer in time is a no; 0: 500 ms
}

// sourceConfig is where documents that credentials name come from: a folder, and the place that they are named by only if asked to.
type sourceConfig struct {
	Dir   string `koanf:"dir"`
	Fetch bool   `koanf:"fetch"`
}

// issuingConfig is about what issuers issue.
type issuingConfig struct {
	Templates string `koanf:"templates"` // a file of credential types; others are kept over the API
}

// statusConfig is about status lists that this ledger does not know.
type statusConfig struct {
	Fetch bool `koanf:"fetch"` // false: their credentials' status is indeterminate
}

func (c *policyConfig) validate() error {
	switch {
	case c.MaxStatusAge != 0 && c.MaxStatusAge < time.Second: // a number without a unit is read as nanoseconds
		return hinted(fmt.Errorf("policy.max_status_age is %s, less than a second", c.MaxStatusAge), `write it with its unit: "10m"`)
	case c.HookTimeout != 0 && c.HookTimeout < minHookTimeout:
		return hinted(fmt.Errorf("policy.hook_timeout is %s, less than %s", c.HookTimeout, minHookTimeout), `write it with its unit: "500ms"`)
	case c.HookTimeout != 0 && c.HookURL == "":
		return errors.New("policy.hook_timeout is given, and policy.hook_url is not")
	}
	if _, err := c.decider(); err != nil {
		return hinted(err, "write it as https://policy.bank.example/decide, and hook_timeout as 500ms, at most 10s")
	}
	var p credentials.Policy
	if err := c.into(&p); err != nil {
		return err
	}
	if err := p.Check(); err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	return nil
}

// into adds what is asked for to a policy. It reads the schema file.
func (c *policyConfig) into(p *credentials.Policy) error {
	for _, name := range c.Forms {
		p.Forms = append(p.Forms, credentials.Form(name))
	}
	for _, name := range c.Algorithms {
		p.Algorithms = append(p.Algorithms, keys.Algorithm(name))
	}
	p.Issuers, p.MaxStatusAge = c.Issuers, c.MaxStatusAge
	p.RequireStatus, p.RequireHolder, p.RequireSchema = c.RequireStatus, c.RequireHolder, c.RequireSchema
	if c.SchemaFile == "" {
		return nil
	}
	info, err := os.Stat(c.SchemaFile)
	if err != nil {
		return fmt.Errorf("policy.schema_file: %w", err)
	}
	if info.Size() > maxSchemaFile {
		return fmt.Errorf("policy.schema_file %s: %d bytes, at most %d", c.SchemaFile, info.Size(), maxSchemaFile)
	}
	if p.Schema, err = os.ReadFile(c.SchemaFile); err != nil {
		return fmt.Errorf("policy.schema_file: %w", err)
	}
	return nil
}

// decider is the service that has the last word; nil where none is configured.
func (c *policyConfig) decider() (credentials.Decider, error) {
	if c.HookURL == "" {
		return nil, nil
	}
	d, err := credentials.NewHTTPDecider(c.HookURL, c.HookTimeout, nil)
	if err != nil {
		return nil, fmt.Errorf("policy.hook_url: %w", err)
	}
	return d, nil
}
