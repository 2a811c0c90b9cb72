package governance

import (
	"fmt"
	"strings"

	"github.com/hanse-id/hanse/app/exec"
)

// Bounds of a center's record that are not parameters.
const (
	maxSponsors   = 8
	maxCenterName = 32
	maxAPIBytes   = 512
)

// Found writes the centers of a genesis, with everything that is kept of them: records, names, keys, counts and the
// validator set. Their order does not matter.
func Found(s exec.Store, centers []Center) error {
	members := counts{}
	for i := range centers {
		c := &centers[i]
		c.Status, c.N, c.Cause = Active, 1, causeGenesis
		if err := enter(s, c); err != nil {
			return fmt.Errorf("center %s: %w", c.Name, err)
		}
		if err := PutCenter(s, *c); err != nil {
			return err
		}
		members.active, members.members = members.active+1, members.members+1
	}
	if err := members.put(s); err != nil {
		return err
	}
	return PutValidators(s, Wanted(centers))
}

// enter takes the name and keys of a new center.
func enter(s exec.Store, c *Center) error {
	if err := claimName(s, c.Name, c.DID); err != nil {
		return err
	}
	if err := claimKey(s, c.Validator, c.DID, useValidator); err != nil {
		return err
	}
	for _, key := range c.Sponsors {
		if err := claimKey(s, key, c.DID, useSponsor); err != nil {
			return err
		}
	}
	return nil
}

// CheckName says whether a center may have this name: lower-case letters, digits and inner '-'.
func CheckName(name string) error {
	if name == "" || len(name) > maxCenterName || name[0] == '-' || name[len(name)-1] == '-' ||
		strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" { // Trim stops at the first other character
		return fmt.Errorf("name is not 1 to %d lower-case letters, digits and inner '-'", maxCenterName)
	}
	return nil
}

// CheckAPI says whether a center's API may have this public URL.
func CheckAPI(url string) error {
	printable := strings.IndexFunc(url, func(c rune) bool { return c <= ' ' || c > '~' }) < 0
	if len(url) > maxAPIBytes || !strings.HasPrefix(url, "https://") && !strings.HasPrefix(url, "http://") || !printable {
		return fmt.Errorf("api %.64q is not an http URL", url)
	}
	return nil
}

// CheckSponsors says whether a center may have these sponsor keys: 1 to 8 Ed25519 multikeys, none twice.
func CheckSponsors(multikeys []string) error {
	if len(multikeys) == 0 || len(multikeys) > maxSponsors {
		return fmt.Errorf("%d sponsor keys, 1 to %d expected", len(multikeys), maxSponsors)
	}
	for i, text := range multikeys {
		if err := CheckKey(text); err != nil {
			return err
		}
		for _, other := range multikeys[:i] {
			if text == other {
				return fmt.Errorf("sponsor key %s is there twice", text)
			}
		}
	}
	return nil
}

// CheckPower says whether a center's validator may have this power.
func CheckPower(power int64) error {
	if power < 1 || power > MaxPower {
		return fmt.Errorf("power %d is not within 1 and %d", power, int64(MaxPower))
	}
	return nil
}
