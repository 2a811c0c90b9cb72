package governance

import (
	"fmt"
	"strings"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

// Every validator and sponsor key that a center ever had is remembered, so that none comes back: neither at another center
// nor for another purpose. CometBFT halts on a validator set with a key twice, and evidence against an old key must find its
// center.

const keyPrefix = "g/k/"

// What a key was for.
const (
	useValidator = "validator"
	useSponsor   = "sponsor"
)

func keyKey(multikey string) []byte { return append([]byte(keyPrefix), multikey...) }

type keyUse struct {
	center did.DID
	use    string
}

func decodeKey(data []byte) (keyUse, error) {
	m, err := object.Parse(data)
	if err != nil {
		return keyUse{}, fmt.Errorf("key: %w", err)
	}
	k := keyUse{center: did.DID(m.String("center")), use: m.String("use")}
	if k.use != useValidator && k.use != useSponsor {
		m.Fail("use", "unknown")
	}
	return k, m.Done()
}

// claimKey takes a key for a center. CodeKeyReused if any center ever had it.
func claimKey(s exec.Store, multikey string, center did.DID, use string) error {
	if s.Get(keyKey(multikey)) != nil {
		return exec.Errorf(exec.CodeKeyReused, "%s: is, or was, a key of a center", multikey)
	}
	return putValue(s, string(keyKey(multikey)), map[string]any{"center": string(center), "use": use})
}

// ValidatorOf finds the center that has or had a validator key; "" if none ever had.
func ValidatorOf(r exec.Reader, key string) (did.DID, error) {
	data := r.Get(keyKey(key))
	if data == nil {
		return "", nil
	}
	k, err := decodeKey(data)
	if err != nil || k.use != useValidator {
		return "", err
	}
	return k.center, nil
}

// ValidatorKeys lists every validator key ever used, with its center.
func ValidatorKeys(r exec.Reader) (map[string]did.DID, error) {
	all := map[string]did.DID{}
	for key, data := range r.Range([]byte(keyPrefix), exec.PrefixEnd(keyPrefix)) {
		k, err := decodeKey(data)
		if err != nil {
			return nil, err
		}
		if k.use == useValidator {
			all[strings.TrimPrefix(string(key), keyPrefix)] = k.center
		}
	}
	return all, nil
}

// CheckKey says whether text is the multikey of an Ed25519 key, in its one form: what validator and sponsor keys are.
func CheckKey(text string) error {
	key, err := keys.ParseMultikey(text)
	switch {
	case err != nil:
		return fmt.Errorf("key %q: %w", text, err)
	case key.Algorithm() != keys.EdDSA:
		return fmt.Errorf("key %s is not an Ed25519 key", text)
	}
	return nil
}

const namePrefix = "g/m/"

func nameKey(name string) []byte { return append([]byte(namePrefix), name...) }

// claimName gives a name to a center. CodeExists if another member has it. That of a center that was removed is free:
// the league decides who is admitted under it.
func claimName(s exec.Store, name string, center did.DID) error {
	holder, err := ByName(s, name)
	switch {
	case err != nil:
		return err
	case holder != nil && holder.DID != center && holder.Status != Removed:
		return exec.Errorf(exec.CodeExists, "name %s: is that of another center", name)
	}
	return putValue(s, string(nameKey(name)), map[string]any{"center": string(center)})
}

// ByName reads the present record of the center that has this name, or had it last; nil if there never was one.
func ByName(r exec.Reader, name string) (*Center, error) {
	data := r.Get(nameKey(name))
	if data == nil {
		return nil, nil
	}
	m, err := object.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("name %s: %w", name, err)
	}
	d := did.DID(m.String("center"))
	if err := m.Done(); err != nil {
		return nil, fmt.Errorf("name %s: %w", name, err)
	}
	return Get(r, d)
}
