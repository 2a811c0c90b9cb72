package credentials

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hanse-id/hanse/credentials/dataintegrity"
	"github.com/hanse-id/hanse/did"
)

// This file has what the data model says of presentations (VC Data Model 2.0 section 4.13, 1.1 section 4.10).

// readModel checks the document of a presentation, and picks its holder and its credentials out. Errors are *ProblemError with the
// pointer of the first member that breaks a rule.
func (p *presenting) readModel() error {
	base, err := p.Contexts.checkContext(p.document)
	if err != nil {
		return err
	}
	if base == contextV1 && p.opened.enveloped {
		return malformed("/@context/0", string(p.opened.form)+" cannot secure a presentation of data model 1.1")
	}
	for _, name := range sortedKeys(p.document) {
		if strings.HasPrefix(name, "@") && name != "@context" {
			return malformed(point("", name), "keyword is not allowed here")
		}
		// Contexts inside of a credential are its own check's to judge.
		if isNested(p.document[name]) && name != "@context" && name != "proof" && name != "verifiableCredential" {
			if err := p.Contexts.checkEmbedded(p.document[name]); err != nil {
				return within(err, point("", name))
			}
		}
	}
	m := &model{}
	for _, check := range []func(map[string]any) error{m.checkID, p.readType, p.readHolder, m.checkTyped, p.readCredentials} {
		if err := check(p.document); err != nil {
			return err
		}
	}
	return nil
}

func (p *presenting) readType(document map[string]any) error {
	list, ok := texts(document["type"])
	if !ok || len(list) > maxItems {
		return malformed("/type", "must be one or more types")
	}
	if err := refuseCredential(document); err != nil {
		return err
	}
	if !slices.Contains(list, presentationType) {
		return malformed("/type", "must include "+presentationType)
	}
	return checkNoEnvelope(list)
}

func (p *presenting) readHolder(document map[string]any) error {
	v, ok := document["holder"]
	if !ok {
		return nil
	}
	id := idOf(v)
	if !isURL(id) {
		return malformed("/holder", "must be a URL, or an object with a URL as id")
	}
	p.holder = did.DID(id)
	return nil
}

// readCredentials lists the credentials: secured ones, as objects. Strings are refused, and so is what nobody signed; inside of a
// token of data model 1.1 strings are such tokens again.
func (p *presenting) readCredentials(document map[string]any) error {
	v, ok := document["verifiableCredential"]
	if !ok {
		return nil
	}
	list, many := v.([]any)
	if !many {
		list = []any{v}
	}
	if len(list) > maxPresented {
		return malformed("/verifiableCredential", fmt.Sprintf("%d credentials, at most %d", len(list), maxPresented))
	}
	for i, item := range list {
		pointer := "/verifiableCredential"
		if many {
			pointer = point(pointer, i)
		}
		one, err := p.readCredential(item, pointer)
		if err != nil {
			return err
		}
		p.inside = append(p.inside, one)
	}
	return nil
}

func (p *presenting) readCredential(item any, pointer string) (presented, error) {
	switch v := item.(type) {
	case string:
		if p.opened.form != FormLegacyJWT {
			return presented{}, malformed(pointer, "must be an object: a token stands in an "+envelopedType)
		}
		return presented{input: []byte(v), legacy: true}, nil
	case map[string]any:
		types, _ := texts(v["type"])
		if _, secured := v["proof"]; !secured && !slices.Contains(types, envelopedType) {
			return presented{}, malformed(pointer, "has no proof: the credential is not secured")
		}
		input, err := marshal(v)
		return presented{input: input}, within(err, pointer)
	}
	return presented{}, malformed(pointer, "must be an object")
}

// madeFor says for which challenges and domains a presentation was made, one entry for each of its proofs.
type madeFor struct {
	challenge string
	domains   []string
	pointer   string // of the object that says so; empty: the claims of an envelope
}

// names reports whether a presentation was made for a domain: aud may name others beside it (RFC 7519 section 4.1.3), the domain of a
// proof may not (Data Integrity 1.0 section 4.4).
func (m madeFor) names(domain string) bool {
	if m.pointer != "" && slices.ContainsFunc(m.domains, func(one string) bool { return one != domain }) {
		return false
	}
	return slices.Contains(m.domains, domain)
}

// madeFor reads nonce and aud of an envelope, challenge and domain of embedded proofs.
func (p *presenting) madeFor() (list []madeFor) {
	if p.claims != nil {
		m := madeFor{}
		m.challenge, _ = p.claims["nonce"].(string)
		m.domains, _ = texts(p.claims["aud"])
		return []madeFor{m}
	}
	proofs, many, _ := objects(p.document["proof"])
	for i, proof := range proofs {
		if proof["type"] != dataintegrity.ProofType {
			continue
		}
		m := madeFor{pointer: "/proof"}
		if many {
			m.pointer = point(m.pointer, i)
		}
		m.challenge, _ = proof["challenge"].(string)
		m.domains, _ = texts(proof["domain"])
		list = append(list, m)
	}
	return list
}
