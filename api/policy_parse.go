package api

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hanse-id/hanse/credentials"
)

// ParsePolicy reads a policy from its JSON members (numbers as json.Number), as options.policy of POST /credentials/verify has them,
// for who verifies without a center. What they do not name is as own has it, and they cannot ask for less. The error names the member.
func ParsePolicy(members map[string]any, own credentials.Policy) (*credentials.Policy, error) {
	policy, err := readPolicy(&options{values: map[string]any{"policy": members}}, own)
	if edge, ok := errors.AsType[*Error](err); ok {
		at := strings.TrimPrefix(strings.TrimPrefix(edge.Pointer, "/options/policy"), "/")
		if at == "" {
			return nil, errors.New(edge.Detail)
		}
		return nil, fmt.Errorf("%s: %s", at, edge.Detail)
	}
	return policy, err
}
