package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/knadh/koanf/parsers/toml/v2"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
)

// configVersion is the version of hanse.toml that this binary writes and reads.
const configVersion = 1

// config is hanse.toml. Precedence: flag, then HANSE_SECTION__KEY, then the file, then the default.
type config struct {
	ConfigVersion int            `koanf:"config_version"`
	Center        centerConfig   `koanf:"center"`
	API           apiConfig      `koanf:"api"`
	Ledger        ledgerConfig   `koanf:"ledger"`
	Cache         cacheConfig    `koanf:"cache"`
	Keystore      keystoreConfig `koanf:"keystore"`
	Fetch         fetchConfig    `koanf:"fetch"`
	Trust         trustConfig    `koanf:"trust"`
	Policy        policyConfig   `koanf:"policy"`
	Schemas       sourceConfig   `koanf:"schemas"`
	Types         sourceConfig   `koanf:"types"`
	Issuing       issuingConfig  `koanf:"issuing"`
	Status        statusConfig   `koanf:"status"`
	Log           logConfig      `koanf:"log"`
	Advanced      advancedConfig `koanf:"advanced"`
}

type centerConfig struct {
	Name      string `koanf:"name"`
	PublicURL string `koanf:"public_url"` // every link derives from it
	Replica   string `koanf:"replica"`    // tags this replica's leases
}

type apiConfig struct {
	Listen         string   `koanf:"listen"`
	NoAuth         bool     `koanf:"no_auth"`
	TrustedProxies []string `koanf:"trusted_proxies"` // CIDRs whose X-Forwarded-For counts
	CORSOrigins    []string `koanf:"cors_origins"`
	RatePerSecond  float64  `koanf:"rate_per_second"` // by principal; 0: none
	ContextsDir    string   `koanf:"contexts_dir"`
	TLSCert        string   `koanf:"tls_cert"` // PEM, with intermediates; absent: plain http, for a proxy that has the certificate
	TLSKey         string   `koanf:"tls_key"`
}

type ledgerConfig struct {
	P2P      string   `koanf:"p2p"`
	External string   `koanf:"external"`
	RPC      string   `koanf:"rpc"`
	Metrics  string   `koanf:"metrics"`
	Peers    []string `koanf:"peers"`
}

type cacheConfig struct {
	Redis     string `koanf:"redis"`      // redis://host:port/db; empty: in process only
	RedisFile string `koanf:"redis_file"` // file that holds the URL, when it has a password
	HMACFile  string `koanf:"hmac_file"`  // key that the center's replicas share; default: HOME/cache.key
	MaxMiB    int64  `koanf:"memory_mib"` // in-process cache
}

type keystoreConfig struct {
	PassphraseFile string `koanf:"passphrase_file"` // absent: the prompt asks
	Sponsor        string `koanf:"sponsor"`         // name of the key that signs batches; absent: "sponsor"
}

// fetchConfig is about what the center asks of others: did:web documents, linked domains, status lists, metadata.
type fetchConfig struct {
	CAFile string `koanf:"ca_file"` // certificate authorities beside the system's, PEM
}

// trustConfig is what this center's verifier asks for. A request's own policy can ask for more, not for less.
type trustConfig struct {
	Required      bool          `koanf:"required"`       // accreditation decides instead of warning
	Centers       []string      `koanf:"centers"`        // DIDs of centers in which a path has to end, or which recognise the one it ends in
	Types         []string      `koanf:"types"`          // credential types of which a credential must have one
	MaxDepth      int           `koanf:"max_depth"`      // accreditations on a path; 0: any
	Jurisdiction  string        `koanf:"jurisdiction"`   // ISO 3166 code that the accreditation must reach
	LinkedDomains []string      `koanf:"linked_domains"` // origins, one of which the issuer must be linked with
	Allow         []allowConfig `koanf:"allow"`          // trusted here, whatever the ledger says
}

// allowConfig says which credential types ("*": all) an issuer is trusted for.
type allowConfig struct {
	Issuer string   `koanf:"issuer"`
	Types  []string `koanf:"types"`
}

type logConfig struct {
	Level  string `koanf:"level"`
	Format string `koanf:"format"` // json, text, or auto: text on a terminal
}

type advancedConfig struct {
	CometBFT map[string]any `koanf:"cometbft"`
}

var configDefaults = map[string]any{
	"config_version":      configVersion,
	"center.replica":      "main",
	"api.listen":          "127.0.0.1:7080",
	"api.rate_per_second": 200.0,
	"ledger.p2p":          "127.0.0.1:26656",
	"ledger.rpc":          "127.0.0.1:26657",
	"ledger.metrics":      "127.0.0.1:26660",
	"cache.memory_mib":    64,
	"status.fetch":        true,
	"log.level":           "info",
	"log.format":          "auto",
}

// setting is one value of a configuration and where it came from: "default", "file", "environment" or "flag".
type setting struct {
	Name  string `json:"name"`
	Value any    `json:"value"`
	From  string `json:"from"`
}

// loadConfig reads the configuration of a home. flags maps setting names to values given on the command line.
func loadConfig(home string, flags map[string]any) (*config, []setting, error) {
	k, from := koanf.New("."), map[string]string{}
	layer := func(name string, p koanf.Provider, parser koanf.Parser) error {
		part := koanf.New(".")
		if err := part.Load(p, parser); err != nil {
			return err
		}
		for _, key := range part.Keys() {
			from[key] = name
		}
		return k.Merge(part)
	}
	path := filepath.Join(home, "hanse.toml")
	if err := layer("default", confmap.Provider(configDefaults, "."), nil); err != nil {
		return nil, nil, err
	}
	if err := layer("file", file.Provider(path), toml.Parser()); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, nil, hinted(fmt.Errorf("%s has no hanse.toml", home), "make a center with 'hanse init --home %s', or a league with 'hanse dev'", home)
		}
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := layer("environment", environment(), nil); err != nil {
		return nil, nil, err
	}
	if err := layer("flag", confmap.Provider(flags, "."), nil); err != nil {
		return nil, nil, err
	}
	if err := checkKeys(k.Keys()); err != nil {
		return nil, nil, err
	}
	cfg := &config{}
	if err := k.Unmarshal("", cfg); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	all := make([]setting, 0, len(from))
	for _, key := range k.Keys() {
		all = append(all, setting{Name: key, Value: redacted(k.Get(key)), From: from[key]})
	}
	return cfg, all, cfg.validate()
}

// redacted hides the password of a URL.
func redacted(value any) any {
	text, _ := value.(string)
	if u, err := url.Parse(text); err == nil && u.User != nil {
		return u.Redacted()
	}
	return value
}

// noPassword refuses a URL with a password on the command line, where every process of the machine can read it.
func noPassword(flag, value string) error {
	if u, err := url.Parse(value); err == nil && u.User != nil {
		if _, has := u.User.Password(); has {
			return usage(fmt.Errorf("%s has a password in it", flag), "secrets never stand on a command line: put the URL into a file of mode 0600 and name it as cache.redis_file in hanse.toml")
		}
	}
	return nil
}

// environment reads HANSE_SECTION__KEY. Variables without "__" belong to commands (HANSE_API, HANSE_HOME).
func environment() koanf.Provider {
	return env.Provider(".", env.Opt{Prefix: "HANSE_", TransformFunc: func(key, value string) (string, any) {
		section, name, found := strings.Cut(strings.ToLower(strings.TrimPrefix(key, "HANSE_")), "__")
		if !found {
			return "", nil
		}
		return section + "." + strings.ReplaceAll(name, "__", "."), value
	}})
}

// settings lists every setting by its dotted name, in file order; open tables end in ".*".
func settings() []string {
	var names []string
	var walk func(t reflect.Type, prefix string)
	walk = func(t reflect.Type, prefix string) {
		for i := range t.NumField() {
			f := t.Field(i)
			name := prefix + f.Tag.Get("koanf")
			switch {
			case f.Type.Kind() == reflect.Struct:
				walk(f.Type, name+".")
			case f.Type.Kind() == reflect.Map:
				names = append(names, name+".*")
			default:
				names = append(names, name)
			}
		}
	}
	walk(reflect.TypeFor[config](), "")
	return names
}
