// Package fetch is the one guard through which every outbound request goes (did:web, domain linkages, foreign status lists, type
// metadata, keys): what a stranger's document names is asked for over HTTPS only, never at a private, loopback or link-local
// address, and never for longer, further or more than is allowed.
//
//	guard := fetch.New(fetch.Options{})
//	response, err := guard.Get(ctx, "https://university.example/.well-known/did.json", "application/did")
//	if e, ok := errors.AsType[*fetch.Error](err); ok && e.Kind == fetch.Refused { … } // nothing was sent, or an answer led astray
//
// Where an address is checked matters more than that it is: a name can point to a public address when somebody looks and to a
// private one when somebody connects. So every address of a name is checked after it was looked up, and the very address of a
// connection again before the first packet (net.Dialer.Control). Redirects begin from the start.
package fetch
