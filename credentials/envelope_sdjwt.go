package credentials

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/hanse-id/hanse/credentials/jose"
	"github.com/hanse-id/hanse/credentials/sdjwt"
	"github.com/hanse-id/hanse/credentials/statuslist"
)

// This file has the forms that are SD-JWTs (RFC 9901): how a credential becomes one, and how it is taken out again. A vc+sd-jwt
// holds a document of the VC data model (VC-JOSE-COSE section 3.2), a dc+sd-jwt plain claims (draft-ietf-oauth-sd-jwt-vc).

// Names of the SD-JWT forms: media types without "application/".
const (
	sdJWTType      = "vc+sd-jwt"
	sdJWTDataURL   = "data:application/vc+sd-jwt,"
	sdJWTVCType    = "dc+sd-jwt"
	sdJWTVCDataURL = "data:application/dc+sd-jwt,"
)

func secureSDJWT(ctx context.Context, i *Issuer, credential map[string]any) (*Secured, error) {
	disclosable := i.Disclosable
	if disclosable == nil {
		disclosable = claimPointers(credential)
	}
	compact, err := issueSDJWT(ctx, i, credential, sdjwt.IssueOptions{
		Type: sdJWTType, ContentType: envelopeContent, KeyID: i.Method, Disclosable: disclosable, Decoys: i.Decoys,
	})
	if err != nil {
		return nil, err
	}
	body, err := envelope(sdJWTDataURL + compact)
	return &Secured{Credential: credential, Body: body, Compact: compact}, err
}

// secureSDJWTVC secures what an issuer of SD-JWT VCs is given: see claimSet. The body is the SD-JWT as a JSON string.
func secureSDJWTVC(ctx context.Context, i *Issuer, credential map[string]any) (*Secured, error) {
	set, err := parseClaimSet(i, credential)
	if err != nil {
		return nil, err
	}
	compact, err := issueSDJWT(ctx, i, set.claims, sdjwt.IssueOptions{
		Type: sdJWTVCType, KeyID: i.Method, Disclosable: set.disclosable, Decoys: set.decoys,
	})
	if err != nil {
		return nil, err
	}
	body, err := marshal(compact)
	return &Secured{Credential: set.claims, Body: body, Compact: compact}, err
}

// alwaysSigned are the members of a document that nobody may withhold: those that say what it is, and those by which it can be refused
// (RFC 9901 section 9.7).
var alwaysSigned = append([]string{"@context", "type", "iss", "nbf", "exp", "iat", "aud", "cnf", "status"}, binding...)

// notWithheld says of a member that it has to be signed as it is.
const notWithheld = "must not be selectively disclosed"

// MayWithhold reports whether an issuer may let holders withhold what a JSON pointer names: a place in the document of a vc+sd-jwt,
// or in the claims of a dc+sd-jwt. Of other forms nothing is disclosable.
func (f Form) MayWithhold(pointer string) bool {
	switch f {
	case FormSDJWT:
		return !slices.Contains(alwaysSigned, firstToken(pointer))
	case FormSDJWTVC:
		return !slices.Contains(alwaysShown, firstToken(pointer))
	}
	return false
}

// checkDisclosable refuses to make disclosable what is one of names, or within one of them.
func checkDisclosable(pointers, names []string, within string) error {
	for _, pointer := range pointers {
		if name := firstToken(pointer); slices.Contains(names, name) {
			return malformed(within+point("", name), notWithheld)
		}
	}
	return nil
}

// refuseWithheld refuses a token whose holder could withhold one of names, or something within, whether it is shown or not.
func refuseWithheld(t *sdjwt.Token, claims map[string]any, names []string) error {
	name := withheld(t.JWT.Payload, claims, names)
	if name == "" {
		return nil
	}
	return &ProblemError{Problem: Problem{Type: ProblemCryptography, Title: "signature is not acceptable", Pointer: point("", name), Detail: notWithheld}}
}

// closedAtTop reports whether digests beside the members of the document stay closed: of members that are withheld, or decoys.
func (o *opened) closedAtTop() bool {
	if o.sd == nil {
		return false
	}
	digests, _ := o.sd.JWT.Payload["_sd"].([]any)
	shown := 0
	for name := range o.credential {
		if _, signed := o.sd.JWT.Payload[name]; !signed {
			shown++
		}
	}
	return len(digests) > shown
}

func issueSDJWT(ctx context.Context, i *Issuer, payload map[string]any, o sdjwt.IssueOptions) (string, error) {
	compact, err := sdjwt.Issue(ctx, payload, i.Signer, o)
	if errors.Is(err, sdjwt.ErrMalformed) || errors.Is(err, jose.ErrMalformed) {
		return "", malformed("", err.Error())
	}
	return compact, err
}

// claimPointers names the claims of a credential about one subject: every member of credentialSubject but its id. Nobody holds
// a status list, so nothing of it can be withheld.
func claimPointers(credential map[string]any) (list []string) {
	if types, _ := texts(credential["type"]); slices.Contains(types, statuslist.CredentialType) {
		return nil
	}
	subject, _ := credential["credentialSubject"].(map[string]any)
	for _, name := range sortedKeys(subject) {
		if name != "id" && name != "type" && name != "@context" {
			list = append(list, point("/credentialSubject", name))
		}
	}
	return list
}

// openSDJWT opens what was disclosed. Its typ says which of the forms it is, and want, where given, which of them it has to be. A
// key binding stays beside the claims (opened.sd): whether it holds is the holder check's to say.
func openSDJWT(text, want string, limits jose.Limits) (*opened, error) {
	t, err := sdjwt.Parse(text, sdjwt.Limits{MaxBytes: limits.MaxBytes, MaxDepth: limits.MaxDepth})
	if err != nil {
		return nil, tokenProblem(err)
	}
	return openParsedSDJWT(t, want)
}

// openSDJWTJSON opens the JSON serialization of either form (RFC 9901 section 8).
func openSDJWTJSON(object map[string]any, limits jose.Limits) (*opened, error) {
	t, err := sdjwt.FromJSON(object, sdjwt.Limits{MaxBytes: limits.MaxBytes, MaxDepth: limits.MaxDepth})
	if err != nil {
		return nil, tokenProblem(err)
	}
	return openParsedSDJWT(t, "")
}

func openParsedSDJWT(t *sdjwt.Token, want string) (*opened, error) {
	claims, err := t.Claims()
	if err != nil {
		return nil, tokenProblem(err)
	}
	if want == "" && t.JWT.Type == sdJWTVCType {
		want = sdJWTVCType
	}
	var o *opened
	if want == sdJWTVCType {
		o, err = openSDJWTVC(t, claims)
	} else {
		o, err = openDocumentSDJWT(t, claims)
	}
	if err == nil {
		o.sd = t
	}
	return o, err
}

// openDocumentSDJWT opens a vc+sd-jwt. Drafts of SD-JWT VC before November 2024 gave plain claims this very typ: they are told
// apart by what they are, and refused in words.
func openDocumentSDJWT(t *sdjwt.Token, claims map[string]any) (*opened, error) {
	if _, document := claims["@context"]; !document && claims["vct"] != nil && t.JWT.Type == sdJWTType {
		return nil, unparsable("claims with a vct and without @context, of typ " + sdJWTType + ": an SD-JWT VC has typ " + sdJWTVCType)
	}
	if slices.Contains(presentationTypes, t.JWT.Type) {
		return nil, unparsable(isPresentation)
	}
	if err := t.JWT.CheckType(sdJWTType); err != nil { // the names are those of a document
		return nil, tokenProblem(err)
	}
	if err := refuseWithheld(t, claims, alwaysSigned); err != nil {
		return nil, err
	}
	return openJOSE(t.JWT, FormSDJWT, sdJWTType, claims)
}

// openSDJWTVC opens a dc+sd-jwt. A kid may be relative to the issuer's DID.
func openSDJWTVC(t *sdjwt.Token, claims map[string]any) (*opened, error) {
	if err := t.JWT.CheckType(sdJWTVCType); err != nil {
		return nil, tokenProblem(err)
	}
	if err := refuseWithheld(t, claims, alwaysShown); err != nil {
		return nil, err
	}
	method := t.JWT.KeyID
	if issuer, _ := claims["iss"].(string); strings.HasPrefix(method, "#") && strings.HasPrefix(issuer, "did:") {
		method = issuer + method
	}
	return &opened{
		form: FormSDJWTVC, credential: claims, claims: true, token: t.JWT, enveloped: true, algorithm: t.JWT.CheckAlgorithm,
		ignored: t.JWT.Ignored, proofs: []proof{{pointer: "kid", method: method, verify: t.JWT.Verify, question: t.JWT.Question}},
	}, nil
}
