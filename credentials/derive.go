package credentials

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hanse-id/hanse/credentials/dataintegrity"
	"github.com/hanse-id/hanse/credentials/sdjwt"
	"github.com/hanse-id/hanse/did/jcs"
)

// everything is the JSON pointer of the whole.
const everything = ""

// maxReveal bounds how many pointers one derivation takes.
const maxReveal = 1024

// Derive makes, of a credential whose form lets its holder withhold parts (ecdsa-sd-2023, vc+sd-jwt, dc+sd-jwt), one that shows no
// more than the places that pointers name (JSON pointers, RFC 6901; "" is everything), and what its issuer made mandatory. input is
// what Verify takes. A *ProblemError says what is wrong with the credential or a pointer, also where nothing of a subject would be shown. Whether the issuer signed it is not
// checked: only a verifier has the key. contexts may be nil (EmbeddedContexts).
func Derive(_ context.Context, input []byte, pointers []string, contexts *Contexts) (*Secured, error) {
	if contexts == nil {
		contexts = EmbeddedContexts()
	}
	if len(input) > DefaultMaxBytes {
		return nil, unparsable(fmt.Sprintf("%d bytes, at most %d", len(input), DefaultMaxBytes))
	}
	if len(pointers) > maxReveal {
		return nil, malformed("", fmt.Sprintf("%d pointers, at most %d", len(pointers), maxReveal))
	}
	text := strings.TrimSpace(string(input))
	if text == "" {
		return nil, unparsable("empty input")
	}
	if text[0] != '{' && text[0] != '"' {
		return deriveToken(text, pointers)
	}
	v, err := jcs.Parse([]byte(text), jcs.Limits{MaxBytes: DefaultMaxBytes, MaxDepth: maxDepth})
	if err != nil {
		return nil, unparsable(err.Error())
	}
	document, ok := v.(map[string]any)
	if !ok {
		token, _ := v.(string)
		return deriveToken(token, pointers)
	}
	if types, _ := texts(document["type"]); slices.Contains(types, envelopedType) {
		return deriveEnvelope(document, pointers)
	}
	if sdjwt.IsJSON(document) {
		t, err := sdjwt.FromJSON(document, sdjwt.Limits{MaxBytes: DefaultMaxBytes, MaxDepth: maxDepth})
		if err != nil {
			return nil, tokenProblem(err)
		}
		return deriveDisclosures(t, pointers)
	}
	return deriveEmbedded(document, pointers, contexts)
}

func deriveEmbedded(document map[string]any, pointers []string, contexts *Contexts) (*Secured, error) {
	if _, ok := document["proof"]; !ok {
		return nil, malformed("/proof", "the credential has no proof: it is not secured")
	}
	unsecured := maps.Clone(document)
	delete(unsecured, "proof")
	if err := standing(unsecured, pointers); err != nil {
		return nil, err
	}
	shown, err := dataintegrity.Derive(document, pointers, contexts.lookup)
	switch {
	case errors.Is(err, dataintegrity.ErrUnsupported):
		return nil, malformed("/proof", "there is no base proof of "+string(FormECDSASD)+" to derive from")
	case errors.Is(err, dataintegrity.ErrSignature):
		return nil, malformed("/proof", "the credential is not what was signed: "+err.Error())
	case err != nil:
		return nil, malformed("", err.Error())
	}
	if err := showsSubject(unsecured, shown); err != nil {
		return nil, err
	}
	body, err := marshal(shown)
	if err != nil {
		return nil, err
	}
	delete(shown, "proof")
	return &Secured{Form: FormECDSASD, Credential: shown, Body: body}, nil
}

// deriveEnvelope derives from the SD-JWT in an EnvelopedVerifiableCredential, and envelops what it makes.
func deriveEnvelope(document map[string]any, pointers []string) (*Secured, error) {
	id, _ := document["id"].(string)
	media, compact, ok := strings.Cut(strings.TrimPrefix(id, "data:"), ",")
	if !ok || media != "application/"+string(FormSDJWT) && media != "application/"+string(FormSDJWTVC) {
		return nil, malformed("/id", "nothing of it can be withheld")
	}
	return deriveToken(compact, pointers)
}

// deriveToken leaves disclosures of an SD-JWT out.
func deriveToken(text string, pointers []string) (*Secured, error) {
	if !strings.Contains(text, "~") {
		return nil, unparsable("nothing of it can be withheld: neither an SD-JWT nor a document with a base proof")
	}
	t, err := sdjwt.Parse(text, sdjwt.Limits{MaxBytes: DefaultMaxBytes, MaxDepth: maxDepth})
	if err != nil {
		return nil, tokenProblem(err)
	}
	return deriveDisclosures(t, pointers)
}

func deriveDisclosures(t *sdjwt.Token, pointers []string) (*Secured, error) {
	reveal, err := disclosuresFor(t, pointers)
	if err != nil {
		return nil, err
	}
	compact, err := t.Present(reveal)
	if err != nil {
		return nil, tokenProblem(err)
	}
	shown, err := sdjwt.Parse(compact, sdjwt.Limits{MaxBytes: DefaultMaxBytes, MaxDepth: maxDepth})
	if err != nil {
		return nil, tokenProblem(err)
	}
	claims, err := shown.Claims()
	if err != nil {
		return nil, tokenProblem(err)
	}
	if t.JWT.Type != sdJWTVCType {
		whole, err := t.Claims()
		if err != nil {
			return nil, tokenProblem(err)
		}
		if err := showsSubject(whole, claims); err != nil {
			return nil, err
		}
	}
	return selectivelyDisclosed(t.JWT.Header["typ"], compact, claims)
}

// selectivelyDisclosed writes an SD-JWT in the container of its form.
func selectivelyDisclosed(kind any, compact string, claims map[string]any) (*Secured, error) {
	out := &Secured{Form: FormSDJWTVC, Credential: claims, Compact: compact}
	var err error
	if kind == string(FormSDJWT) {
		out.Form = FormSDJWT
		out.Body, err = envelope(sdJWTDataURL + compact)
	} else {
		out.Body, err = marshal(compact)
	}
	return out, err
}

// disclosuresFor lists the places that have to be disclosed to show what pointers name: what is there, around it, and inside.
func disclosuresFor(t *sdjwt.Token, pointers []string) ([]string, error) {
	claims, err := t.Claims()
	if err != nil {
		return nil, tokenProblem(err)
	}
	places, err := t.Places()
	if err != nil {
		return nil, tokenProblem(err)
	}
	if err := standing(claims, pointers); err != nil {
		return nil, err
	}
	var out []string
	for _, pointer := range pointers {
		for _, place := range places {
			if place == pointer || strings.HasPrefix(place, pointer+"/") || strings.HasPrefix(pointer, place+"/") {
				out = append(out, place)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// standing refuses pointers at whose place nothing stands.
func standing(document map[string]any, pointers []string) error {
	for _, pointer := range pointers {
		switch {
		case pointer != everything && pointer[0] != '/':
			return malformed("", fmt.Sprintf("%.256q is no JSON pointer: these begin with /", pointer))
		case !names(document, pointer):
			return malformed("", fmt.Sprintf("nothing stands at %.256s", pointer))
		}
	}
	return nil
}

// showsSubject refuses to show nothing of a subject that a document has: the data model knows no credential without claims.
func showsSubject(whole, shown map[string]any) error {
	if (&model{}).checkSubject(whole) == nil && (&model{}).checkSubject(shown) != nil {
		return malformed("/credentialSubject", "nothing of a subject is shown, and nobody accepts that: name something within /credentialSubject to show")
	}
	return nil
}

// names reports whether a JSON pointer names something.
func names(v any, pointer string) bool {
	if pointer == everything {
		return true
	}
	if pointer[0] != '/' {
		return false
	}
	for _, step := range strings.Split(pointer[1:], "/") {
		name := strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
		switch value := v.(type) {
		case map[string]any:
			child, ok := value[name]
			if !ok {
				return false
			}
			v = child
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(value) || strconv.Itoa(i) != name {
				return false
			}
			v = value[i]
		default:
			return false
		}
	}
	return true
}
