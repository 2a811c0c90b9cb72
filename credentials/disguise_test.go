package credentials

import (
	"encoding/json"
	"strings"
	"testing"
)

const (
	credIRI   = "https://www.w3.org/2018/credentials#"
	statusIRI = "https://www.w3.org/ns/credentials/status#"
	examples  = "https://www.w3.org/ns/credentials/examples#"
)

// addContext appends an inline context, of which RDF keeps nothing but what it makes of terms.
func addContext(document, context map[string]any) {
	document["@context"] = append(document["@context"].([]any), context)
}

// renamed moves a member of an object to another name.
func renamed(object map[string]any, from, to string, value any) {
	delete(object, from)
	object[to] = value
}

// Whoever holds a credential of a form that signs RDF can say what it says in other words. What it is refused by cannot be hidden so.
func TestWhatACredentialIsRefusedByCannotBeSaidInOtherWords(t *testing.T) {
	const dateTime = "http://www.w3.org/2001/XMLSchema#dateTime"
	revoked := statusFunc(func(StatusQuery) (StatusResult, error) { return StatusResult{Value: 1}, nil })
	for _, issuer := range rdfIssuers(t) {
		v := newVerifier()
		v.Status = revoked
		list := "https://issuer.example/lists/1"
		good := issue(t, issuer, degree(issuer.DID, map[string]any{
			"validUntil": "2026-02-01T00:00:00Z",
			"credentialStatus": map[string]any{"id": list + "#5", "type": EntryType, "statusPurpose": "revocation",
				"statusListIndex": "5", "statusListCredential": list},
		})).Body
		plain := verify(t, v, good)
		if s, _ := plain.Check(CheckStatus); s.Outcome == Pass || s.Outcome == Skip {
			t.Fatalf("the credential is not revoked: %+v", s)
		}
		for name, disguise := range map[string]func(d map[string]any){
			"IRI of a time": func(d map[string]any) {
				renamed(d, "validUntil", credIRI+"validUntil", map[string]any{"@value": d["validUntil"], "@type": dateTime})
			},
			"alias of a time": func(d map[string]any) {
				addContext(d, map[string]any{"until": map[string]any{"@id": credIRI + "validUntil", "@type": dateTime}})
				renamed(d, "validUntil", "until", d["validUntil"])
			},
			"prefix": func(d map[string]any) {
				addContext(d, map[string]any{"c": credIRI})
				renamed(d, "validUntil", "c:validUntil", map[string]any{"@value": d["validUntil"], "@type": dateTime})
			},
			"alias of @nest": func(d map[string]any) {
				addContext(d, map[string]any{"more": "@nest"})
				renamed(d, "validUntil", "more", map[string]any{"validUntil": d["validUntil"]})
			},
			"the same node elsewhere": func(d map[string]any) {
				addContext(d, map[string]any{"more": "@included"})
				renamed(d, "validUntil", "more", map[string]any{"id": d["id"], "type": baseType, "validUntil": d["validUntil"]})
			},
			"IRI of the status": func(d map[string]any) {
				renamed(d, "credentialStatus", credIRI+"credentialStatus", d["credentialStatus"])
			},
			"alias of the status": func(d map[string]any) {
				addContext(d, map[string]any{"s": map[string]any{"@id": credIRI + "credentialStatus", "@type": "@id"}})
				renamed(d, "credentialStatus", "s", d["credentialStatus"])
			},
			"IRI of the entry's type": func(d map[string]any) {
				d["credentialStatus"] = map[string]any{"id": list + "#5", "type": statusIRI + EntryType, statusIRI + "statusPurpose": "revocation",
					statusIRI + "statusListIndex": "5", statusIRI + "statusListCredential": map[string]any{"id": list}}
			},
			"alias of the entry's type": func(d map[string]any) {
				addContext(d, map[string]any{"Nothing": statusIRI + EntryType})
				d["credentialStatus"] = map[string]any{"id": list + "#5", "type": "Nothing", statusIRI + "statusPurpose": "revocation",
					statusIRI + "statusListIndex": "5", statusIRI + "statusListCredential": map[string]any{"id": list}}
			},
		} {
			t.Run(string(issuer.Form)+"/"+name, func(t *testing.T) {
				d := parseJSON(t, good)
				disguise(d)
				report := verify(t, v, toJSON(t, d))
				wantDecision(t, report, Reject)
				c := want(t, report, CheckSignature, Fail, ProblemCryptography)
				if !strings.Contains(c.Problem.Title, "not written as") {
					t.Errorf("it was not the disguise that was refused: %+v", c.Problem) // the test would prove nothing
				}
			})
		}
	}
}

// An entry's members decide which bit is read: none of them can be hidden, with an id of the entry or without one.
func TestMembersOfStatusEntriesCannotBeSaidInOtherWords(t *testing.T) {
	for _, issuer := range rdfIssuers(t) {
		for _, id := range []any{nil, "https://issuer.example/lists/1#5"} {
			entry := map[string]any{"type": EntryType, "statusPurpose": "message", "statusListIndex": "5", "statusListCredential": "https://issuer.example/lists/1",
				"statusSize": json.Number("2"), "statusMessage": []any{}}
			for i, code := range []string{"0x0", "0x1", "0x2", "0x3"} {
				entry["statusMessage"] = append(entry["statusMessage"].([]any), map[string]any{"status": code, "message": string(rune('a' + i))})
			}
			if id != nil {
				entry["id"] = id
			}
			good := issue(t, issuer, degree(issuer.DID, map[string]any{"credentialStatus": entry})).Body
			want(t, verify(t, newVerifier(), good), CheckSignature, Pass, "")
			d := parseJSON(t, good)
			e := d["credentialStatus"].(map[string]any)
			const integer = "https://www.w3.org/2001/XMLSchema#integer" // as the context has it
			renamed(e, "statusSize", statusIRI+"statusSize", map[string]any{"@value": "2", "@type": integer})
			c := want(t, verify(t, newVerifier(), toJSON(t, d)), CheckSignature, Fail, ProblemCryptography)
			if !strings.HasPrefix(c.Problem.Pointer, "/credentialStatus") {
				t.Errorf("%s: %+v", issuer.Form, c.Problem)
			}
		}
	}
}

// A type counts as what the issuer signed: an inline context cannot lend it a name that a policy takes, or that somebody is
// accredited for.
func TestInlineContextsGiveTypesNoOtherNames(t *testing.T) {
	for _, issuer := range rdfIssuers(t) {
		good := issue(t, issuer, degree(issuer.DID, nil)).Body
		v := newVerifier()
		var asked []string
		v.Trust = trustFunc(func(q TrustQuery) (TrustResult, error) { asked = q.Types; return TrustResult{Accredited: true}, nil })
		v.Policy = Policy{Types: []string{"ExampleDoctorate"}}
		d := parseJSON(t, good)
		addContext(d, map[string]any{"ExampleDoctorate": examples + "ExampleDegreeCredential"})
		d["type"] = []any{baseType, "ExampleDoctorate"}
		report := verify(t, v, toJSON(t, d))
		want(t, report, CheckAccreditation, Fail, ProblemNotAccepted)
		v.Policy = Policy{}
		wantDecision(t, verify(t, v, toJSON(t, d)), Accept)
		if len(asked) != 2 || asked[1] != examples+"ExampleDegreeCredential" {
			t.Errorf("%s: accreditation was asked for %q", issuer.Form, asked)
		}
		more := parseJSON(t, good) // a context that says nothing of the type changes nothing
		addContext(more, map[string]any{"colour": "https://x.example/colour"})
		v.Policy = Policy{Types: []string{"ExampleDegreeCredential"}}
		wantDecision(t, verify(t, v, toJSON(t, more)), Accept)
	}
}

// Every term that the checks read is the only one that the data model's contexts have for its IRI: disguised relies on it.
func TestReservedTermsAreCalledWhatTheirIRIsEndWith(t *testing.T) {
	var walk func(context any)
	count := 0
	walk = func(context any) {
		m, _ := context.(map[string]any)
		prefixes := map[string]string{"cred:": credIRI}
		for term, definition := range m {
			if strings.HasPrefix(term, "@") {
				continue
			}
			id, _ := definition.(string)
			if object, ok := definition.(map[string]any); ok {
				id, _ = object["@id"].(string)
				walk(object["@context"])
			}
			for short, long := range prefixes {
				if rest, ok := strings.CutPrefix(id, short); ok {
					id = long + rest
				}
			}
			for _, prefix := range reserved {
				if name, ok := strings.CutPrefix(id, prefix); ok && name != "" {
					if count++; name != term {
						t.Errorf("%s is called %s", id, term)
					}
				}
			}
		}
	}
	for _, url := range []string{contextV1, contextV2} {
		walk(EmbeddedContexts().byURL[url].document)
	}
	if count < 40 {
		t.Errorf("only %d terms were looked at", count)
	}
}
