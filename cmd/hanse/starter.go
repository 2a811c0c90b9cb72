package main

import (
	"bytes"
	_ "embed"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"
)

//go:embed starter.toml.tmpl
var starterText string

var starterTemplate = template.Must(template.New("hanse.toml").Funcs(template.FuncMap{
	"q":    tomlString,
	"list": tomlList,
}).Parse(starterText))

// writeConfig writes hanse.toml into a home.
func writeConfig(home string, c *config) error {
	var b bytes.Buffer
	if err := starterTemplate.Execute(&b, c); err != nil {
		return err
	}
	return writePrivate(filepath.Join(home, "hanse.toml"), b.Bytes())
}

// starterConfig is what `hanse init` writes before it knows better.
func starterConfig() *config {
	return &config{
		ConfigVersion: configVersion,
		Center:        centerConfig{Replica: "main"},
		API:           apiConfig{Listen: "127.0.0.1:7080", RatePerSecond: 200},
		Ledger:        ledgerConfig{P2P: "127.0.0.1:26656", RPC: "127.0.0.1:26657", Metrics: "127.0.0.1:26660"},
		Cache:         cacheConfig{MaxMiB: 64},
		Log:           logConfig{Level: "info", Format: "auto"},
	}
}

// tomlString writes a basic TOML string; Go's quoting of ASCII is a subset of it, other characters stand as they are.
func tomlString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < 0x20 || r == 0x7f:
			b.WriteString(`\u` + strings.Repeat("0", 4-len(strconv.FormatInt(int64(r), 16))) + strconv.FormatInt(int64(r), 16))
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func tomlList(items []string) string {
	quoted := make([]string, len(items))
	for i, s := range items {
		quoted[i] = tomlString(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
