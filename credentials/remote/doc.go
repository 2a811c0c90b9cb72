// Package remote keeps what was fetched for a while: metadata that strangers publish and that many credentials name, such as type
// metadata and issuers' keys.
//
//	documents := remote.New(guard, remote.Options{})
//	document, err := documents.Get(ctx, "https://issuer.example/.well-known/jwt-vc-issuer")
//	if errors.Is(err, remote.ErrAbsent) { … } // the server answered that there is none
//
// Everything is bounded: the size of a document, how many are kept and of what size together, and how long. Who asks for what is
// being fetched already waits for that answer. Failures are not kept.
package remote
