package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/did/keys"
)

// holderOf reads --holder: a did:key, or a file with the JWK of the holder's key. Of a file with a private key only the public part
// is taken: a center has no use for the rest.
func holderOf(cmd *cobra.Command, value string) (any, error) {
	if strings.HasPrefix(value, "did:") {
		return value, nil
	}
	key, err := publicFile(cmd, value)
	if err != nil {
		return nil, usage(fmt.Errorf("--holder %s: %w", value, err), "give a did:key, or a file with the JWK of the holder's key")
	}
	return key.JWK(), nil
}

// publicFile reads the public key of a file with a JWK, private or public (RFC 7518, section 6.2; RFC 8037, section 2).
func publicFile(cmd *cobra.Command, path string) (keys.Public, error) {
	text, err := readInput(cmd, path, 64<<10)
	if err != nil {
		return keys.Public{}, err
	}
	var whole map[string]any
	if err := json.Unmarshal(text, &whole); err != nil {
		return keys.Public{}, errors.New("not a JSON object")
	}
	public := map[string]any{}
	for _, name := range []string{"kty", "crv", "x", "y"} {
		if value, there := whole[name]; there {
			public[name] = value
		}
	}
	return keys.ParseJWK(public)
}
