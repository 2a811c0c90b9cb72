package credentials

import "slices"

// This file tells credentials and presentations apart where one is verified as the other.

// What is said of the wrong kind of document.
const (
	isPresentation = "this is a presentation and no credential: verify it as a presentation"
	isCredential   = "this is a credential and no presentation: verify it as a credential"
)

// presentationTypes are the typ of secured presentations, and credentialTypes those of credentials, as far as they are tokens and messages.
var (
	presentationTypes = []string{jwtPresentation, sdJWTPresentation, cosePresentation}
	credentialTypes   = []string{jwtType, sdJWTType, sdJWTVCType, coseType}
)

// refusePresentation refuses a document that is verified as a credential and is a presentation.
func refusePresentation(document map[string]any) error {
	types, _ := texts(document["type"])
	presented := slices.Contains(types, presentationType) || slices.Contains(types, envelopedPresented)
	if presented && !slices.Contains(types, baseType) {
		return malformed("/type", isPresentation)
	}
	return nil
}

// refuseCredential refuses a document that is verified as a presentation and is a credential.
func refuseCredential(document map[string]any) error {
	types, _ := texts(document["type"])
	issued := slices.Contains(types, baseType) || slices.Contains(types, envelopedType)
	if issued && !slices.Contains(types, presentationType) {
		return malformed("/type", isCredential)
	}
	return nil
}
