package credentials

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/hanse-id/hanse/credentials/dataintegrity"
	"github.com/hanse-id/hanse/credentials/statuslist"
)

// This file has how an issuer secures a credential of which its holder may show parts (ecdsa-sd-2023).

// binding are the members by which a credential can be refused: a holder that withheld one of them would show more than was given.
var binding = []string{
	"issuer", "validFrom", "validUntil", "issuanceDate", "expirationDate", "credentialStatus", "credentialSchema", "termsOfUse",
}

// mandatoryPointers are an issuer's, and beside them what no holder may withhold. Without any, everything is mandatory but the
// claims about the subjects.
func mandatoryPointers(given []string, credential map[string]any) []string {
	out := slices.Clone(given)
	add := func(pointer string) {
		if !slices.ContainsFunc(out, func(p string) bool { return p == pointer || strings.HasPrefix(pointer, p+"/") }) {
			out = append(out, pointer)
		}
	}
	for _, name := range sortedKeys(credential) {
		switch {
		case name == "@context" || name == "proof": // shown with every part
		case given == nil && name != "credentialSubject", slices.Contains(binding, name):
			add(point("", name))
		}
	}
	if given != nil {
		return out
	}
	if subjects, ok := credential["credentialSubject"].([]any); ok {
		for i, item := range subjects {
			if subject, ok := item.(map[string]any); ok && subject["id"] != nil {
				add(point(point("/credentialSubject", i), "id"))
			}
		}
	} else if subject, ok := credential["credentialSubject"].(map[string]any); ok && subject["id"] != nil {
		add("/credentialSubject/id")
	}
	return out
}

// isPublic reports whether a credential is published and not held: a status list, a copy of an accreditation.
func isPublic(credential map[string]any) bool {
	types, _ := texts(credential["type"])
	return slices.Contains(types, statuslist.CredentialType) || slices.Contains(types, AccreditationType)
}

// secureSelective makes a base proof, for the holder to derive others from. Where nobody is the holder, one that shows everything
// is derived at once.
func secureSelective(ctx context.Context, i *Issuer, credential map[string]any) (*Secured, error) {
	public := isPublic(credential)
	o := dataintegrity.Options{
		Suite: string(i.Form), Method: i.Method, Created: i.now().Truncate(time.Second), Contexts: i.contexts().lookup,
		Mandatory: []string{everything},
	}
	if !public {
		o.Mandatory = mandatoryPointers(i.Mandatory, credential)
	}
	signed, err := dataintegrity.Add(ctx, credential, i.Signer, o)
	if err == nil && public {
		signed, err = dataintegrity.Derive(signed, nil, o.Contexts)
	}
	if errors.Is(err, dataintegrity.ErrMalformed) {
		return nil, malformed("", err.Error())
	}
	if err != nil {
		return nil, err
	}
	body, err := marshal(signed)
	if err != nil {
		return nil, err
	}
	return &Secured{Credential: credential, Body: body}, nil
}
