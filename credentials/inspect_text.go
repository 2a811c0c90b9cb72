package credentials

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/hanse-id/hanse/did/jcs"
)

// unsecured reads an object that is no secured credential but may be a credential.
func unsecured(input []byte) (map[string]any, bool) {
	v, err := jcs.Parse(bytes.TrimSpace(input), jcs.Limits{MaxBytes: 16 * DefaultMaxBytes, MaxDepth: maxDepth})
	if err != nil {
		return nil, false
	}
	m, ok := v.(map[string]any)
	return m, ok
}

// describe fills in the members of the data model, as far as they have the right type.
func (i *Inspection) describe(c map[string]any) {
	i.ID, _ = c["id"].(string)
	i.Types, _ = texts(c["type"])
	i.Issuer = idOf(c["issuer"])
	if m, ok := c["issuer"].(map[string]any); ok {
		i.IssuerName, _ = m["name"].(string)
	}
	list, _, _ := objects(c["credentialSubject"])
	for _, subject := range list {
		if id := idOf(subject); id != "" {
			i.Subjects = append(i.Subjects, id)
		}
	}
	contexts, _ := c["@context"].([]any)
	for _, item := range contexts {
		url, ok := item.(string)
		if !ok {
			url = "(inline)"
		}
		i.Contexts = append(i.Contexts, url)
	}
	for _, f := range []struct {
		names [2]string
		to    *string
	}{{[2]string{"validFrom", "issuanceDate"}, &i.ValidFrom}, {[2]string{"validUntil", "expirationDate"}, &i.ValidUntil}} {
		for _, name := range f.names {
			if s, ok := c[name].(string); ok && *f.to == "" {
				*f.to = s
			}
		}
	}
	i.describeStatus(c)
	i.tell("/credentialSubject", c["credentialSubject"], 0)
}

// Bounds of what is told of claims.
const (
	maxClaims     = 100
	maxClaimBytes = 200
)

// tell goes through a value in order of its names and keeps its leaves; identifiers of subjects are told beside.
func (i *Inspection) tell(at string, v any, depth int) {
	if len(i.Claims) > maxClaims || depth > maxDepth {
		return
	}
	switch v := v.(type) {
	case nil:
	case map[string]any:
		for _, name := range sortedKeys(v) {
			if name != "id" || depth > 1 {
				i.tell(point(at, name), v[name], depth+1)
			}
		}
	case []any:
		for n, item := range v {
			i.tell(point(at, n), item, depth+1)
		}
	default:
		value, err := marshal(v)
		if err != nil {
			return
		}
		text := string(value)
		if len(text) > maxClaimBytes {
			text = strings.ToValidUTF8(text[:maxClaimBytes], "") + "…"
		}
		i.Claims = append(i.Claims, InspectedClaim{Path: at, Value: text})
	}
}

func (i *Inspection) describeStatus(c map[string]any) {
	list, _, _ := objects(c["credentialStatus"])
	for _, e := range list {
		types, _ := texts(e["type"])
		get := func(name string) string { s, _ := e[name].(string); return s }
		i.Status = append(i.Status, InspectedEntry{
			Type: strings.Join(types, " "), Purpose: get("statusPurpose"), Index: get("statusListIndex"), List: get("statusListCredential"),
			Accreditation: get("accreditation"),
		})
		if !slices.Contains(types, EntryType) && !slices.Contains(types, AccreditationEntryType) {
			i.warn("a status of type " + strings.Join(types, " ") + " is not evaluated here")
		}
	}
}

// Text writes the inspection for a person: one fact a line. Characters that a terminal would obey are made visible.
func (i *Inspection) Text(w io.Writer) error {
	var b strings.Builder
	line := func(label string, values ...string) {
		for _, v := range values {
			if v != "" {
				fmt.Fprintf(&b, "%-12s %s\n", label, printable(v))
				label = ""
			}
		}
	}
	fmt.Fprintln(&b, "Nothing below was verified.")
	line("form", i.Form)
	line("id", i.ID)
	line("type", strings.Join(i.Types, ", "))
	issuer := i.Issuer
	if i.IssuerName != "" {
		issuer += " (calls itself " + i.IssuerName + ")"
	}
	line("issuer", issuer)
	line("subject", i.Subjects...)
	line("valid from", i.ValidFrom)
	line("valid until", i.ValidUntil)
	for n, c := range i.Claims {
		if n == maxClaims {
			line("claim", "… and more")
			break
		}
		line("claim", c.Path+" "+c.Value)
	}
	for _, s := range i.Status {
		if s.Accreditation != "" && s.List == "" {
			line("status", fmt.Sprintf("that of accreditation %s (%s)", s.Accreditation, s.Type))
			continue
		}
		line("status", strings.TrimPrefix(fmt.Sprintf("%s, entry %s of %s (%s)", s.Purpose, s.Index, s.List, s.Type), ", "))
	}
	for _, p := range i.Proofs {
		line("signed", strings.TrimSpace(p.Type+" "+p.Algorithm))
		line("  by key", p.Method)
		line("  purpose", p.Purpose)
		line("  created", p.Created)
		line("  expires", p.Expires)
	}
	line("disclosed", i.Disclosed...)
	if i.Withheld {
		line("withheld", "something, or there are decoys")
	}
	line("context", i.Contexts...)
	line("size", fmt.Sprintf("%d bytes", i.Bytes))
	line("beware", i.Warnings...)
	_, err := io.WriteString(w, b.String())
	return err
}

// printable replaces control and invisible formatting characters, which could rewrite what a terminal shows.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) {
			return '\uFFFD'
		}
		return r
	}, s)
}
