package dataintegrity

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/hanse-id/hanse/credentials/jsonld"
	"github.com/hanse-id/hanse/credentials/rdfc"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

// ECDSASD2023 lets a holder show parts of a document (vc-di-ecdsa section 3.6): every statement that is not mandatory is signed by
// itself with a key made for the document, and that key and the mandatory statements are signed by the issuer. What the issuer
// makes is a base proof, which is the holder's alone; Derive makes of it what is shown and verified.
const ECDSASD2023 = "ecdsa-sd-2023"

// statements are the canonical N-Quads of a document under labels that say nothing of what is withheld.
type statements struct {
	document *jsonld.Skolemized
	lines    []string          // in order
	labels   map[string]string // of the document's blank nodes
}

// newStatements canonicalizes a document, with labels made by an HMAC (vc-di-ecdsa section 3.4, createHmacIdLabelMapFunction).
func newStatements(unsecured map[string]any, key []byte, contexts jsonld.Contexts) (*statements, error) {
	document, err := jsonld.Skolemize(unsecured, pinnedOnly(contexts))
	if err != nil {
		return nil, rdfError(err)
	}
	canonical, err := rdfc.Canonicalize(document.Quads(), rdfc.Options{})
	if err != nil {
		return nil, rdfError(err)
	}
	s := &statements{document: document, labels: make(map[string]string, len(canonical.Labels))}
	for label, name := range canonical.Labels {
		s.labels[label] = hmacLabel(key, name)
	}
	if s.lines = s.relabel(document.Quads()); len(s.lines) > maxStatements {
		return nil, fmt.Errorf("%w: %d statements, at most %d", ErrMalformed, len(s.lines), maxStatements)
	}
	return s, nil
}

// hmacLabel is the label of the blank node that has a canonical name.
func hmacLabel(key []byte, name string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(name))
	return textLabel(mac.Sum(nil))
}

func textLabel(label []byte) string { return "u" + base64.RawURLEncoding.EncodeToString(label) }

// relabel writes quads with the labels of s, each once and in order.
func (s *statements) relabel(quads []rdfc.Quad) []string {
	lines := make([]string, len(quads))
	for i, q := range quads {
		lines[i] = relabelled(q, s.labels).String()
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

func relabelled(q rdfc.Quad, labels map[string]string) rdfc.Quad {
	for _, t := range []*rdfc.Term{&q.Subject, &q.Object, &q.Graph} {
		if t.Kind == rdfc.Blank {
			t.Value = labels[t.Value]
		}
	}
	return q
}

// group tells which of the statements pointers select.
func (s *statements) group(pointers []string) (map[int]bool, []rdfc.Quad, error) {
	quads, err := s.document.Select(pointers)
	if err != nil {
		return nil, nil, rdfError(err)
	}
	chosen := map[int]bool{}
	for _, line := range s.relabel(quads) {
		i, found := slices.BinarySearch(s.lines, line)
		if !found { // not reached: what is selected is in the whole
			return nil, nil, fmt.Errorf("%w: a selected statement is not the document's", ErrMalformed)
		}
		chosen[i] = true
	}
	return chosen, quads, nil
}

// mandatoryHash hashes the statements that everybody is shown.
func mandatoryHash(lines []string) []byte {
	sum := sha256.Sum256([]byte(strings.Join(lines, "")))
	return sum[:]
}

// baseMessage is what the issuer signs (vc-di-ecdsa section 3.5, serializeSignData): hash of the options ‖ key ‖ hash of the mandatory statements.
func baseMessage(options map[string]any, unsecured map[string]any, key []byte, mandatory []string, contexts jsonld.Contexts) ([]byte, error) {
	all := make(map[string]any, len(options)+1)
	for name, v := range options {
		all[name] = v
	}
	all["@context"] = unsecured["@context"]
	canonical, err := canonicalRDF(all, 0, contexts)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(canonical)
	return slices.Concat(sum[:], key, mandatoryHash(mandatory)), nil
}

// addBase makes the value of a base proof (vc-di-ecdsa section 3.6, Add Base Proof).
func addBase(ctx context.Context, unsecured, options map[string]any, signer keystore.Signer, o Options) (string, error) {
	if len(o.Previous) > 0 {
		return "", fmt.Errorf("%w: a proof of %s is made over no other proof", ErrMalformed, ECDSASD2023)
	}
	if len(o.Mandatory) > maxSelected {
		return "", fmt.Errorf("%w: %d mandatory pointers, at most %d", ErrMalformed, len(o.Mandatory), maxSelected)
	}
	v := &baseValue{hmac: make([]byte, hmacSize), mandatory: o.Mandatory}
	if _, err := rand.Read(v.hmac); err != nil {
		return "", err
	}
	statementSigner, err := keystore.GeneratePrivate(keys.ES256)
	if err != nil {
		return "", err
	}
	return v.sign(ctx, unsecured, options, signer, statementSigner, o.Contexts)
}

// sign fills in the signatures: of each statement by a key of its own, and of that by the issuer.
func (v *baseValue) sign(ctx context.Context, unsecured, options map[string]any, issuer, own keystore.Signer, contexts jsonld.Contexts) (string, error) {
	s, err := newStatements(unsecured, v.hmac, contexts)
	if err != nil {
		return "", err
	}
	chosen, _, err := s.group(v.mandatory)
	if err != nil {
		return "", err
	}
	v.key = slices.Concat(multikeyP256, own.Public().Bytes())
	var mandatory []string
	for i, line := range s.lines {
		if chosen[i] {
			mandatory = append(mandatory, line)
			continue
		}
		signature, err := own.Sign(ctx, []byte(line))
		if err != nil {
			return "", fmt.Errorf("signing: %w", err)
		}
		v.statements = append(v.statements, signature)
	}
	message, err := baseMessage(options, unsecured, v.key, mandatory, contexts)
	if err != nil {
		return "", err
	}
	if v.signature, err = issuer.Sign(ctx, message); err != nil {
		return "", fmt.Errorf("signing: %w", err)
	}
	return v.encode(), nil
}
