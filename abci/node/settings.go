package node

import (
	"fmt"
	"net"
	"strings"
)

// put sets the value at a dotted name.
func put(tree map[string]any, name string, value any) error {
	head, rest, nested := strings.Cut(name, ".")
	if group, ok := value.(map[string]any); ok {
		for k, v := range group {
			if err := put(tree, name+"."+k, v); err != nil {
				return err
			}
		}
		return nil
	}
	if !nested {
		if _, taken := tree[head]; taken {
			return &SettingError{name, "given twice"}
		}
		tree[head] = value
		return nil
	}
	group, ok := tree[head].(map[string]any)
	if !ok {
		if _, taken := tree[head]; taken {
			return &SettingError{name, "given twice"}
		}
		group = map[string]any{}
		tree[head] = group
	}
	return put(group, rest, value)
}

func join(list []string) string { return strings.Join(list, ",") }

// resolve gives an address with port 0 a free port. Another process may take the port before we listen on it;
// starting the node then fails.
func resolve(name, address string) (string, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", &SettingError{name, err.Error()}
	}
	if port != "0" {
		return address, nil
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return "", &SettingError{name, err.Error()}
	}
	defer listener.Close()
	_, port, err = net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return "", fmt.Errorf("setting %s: %w", name, err)
	}
	return net.JoinHostPort(host, port), nil
}
