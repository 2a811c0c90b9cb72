package auth

import (
	"fmt"
	"strings"
)

// Everything is the scope that allows everything; "admin" is its other name.
const (
	Everything = "*"
	Admin      = "admin"
)

// Allows reports whether k carries a scope that covers needed, for example "write:/issuers/demo/credentials/issue".
// A scope covers itself; "*" and "admin" cover everything; a path segment "*" covers any one segment, and a last "**" any rest.
func (k Key) Allows(needed string) bool {
	for _, scope := range k.Scopes {
		if covers(scope, needed) {
			return true
		}
	}
	return false
}

func covers(scope, needed string) bool {
	if scope == Everything || scope == Admin || scope == needed {
		return true
	}
	have, want := strings.Split(scope, "/"), strings.Split(needed, "/")
	for i, segment := range have {
		if segment == "**" && i == len(have)-1 {
			return len(want) >= i
		}
		if i >= len(want) || (segment != want[i] && segment != "*") || (segment == "*" && want[i] == "") {
			return false
		}
	}
	return len(have) == len(want)
}

// checkScope refuses what could never be needed: a scope is "*", "admin", or "<verb>:/<path>".
func checkScope(scope string) error {
	if scope == Everything || scope == Admin {
		return nil
	}
	verb, path, found := strings.Cut(scope, ":")
	if !found || (verb != "read" && verb != "write") || !strings.HasPrefix(path, "/") || len(scope) > 256 || strings.ContainsAny(scope, " \t\r\n,") {
		return fmt.Errorf("%w: scope %q is not *, admin, read:/… or write:/…", ErrInvalid, scope)
	}
	return nil
}
