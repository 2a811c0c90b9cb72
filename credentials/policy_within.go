package credentials

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hanse-id/hanse/did/jcs"
)

// Within reports which member of p asks for less than the same member of own, nil if none does: so that whoever may bring a
// policy can make one stricter and no laxer. Lists are within own's where they name nothing else; a jurisdiction where it is the
// same, or the country of own's subdivision, which fewer accreditations reach.
func (p Policy) Within(own Policy) error {
	switch {
	case own.RequireAccreditation && !p.RequireAccreditation:
		return errors.New("requireAccreditation cannot be lifted")
	case own.RequireLinkedDomain && !p.RequireLinkedDomain:
		return errors.New("requireLinkedDomain cannot be lifted")
	case !among(p.Centers, own.Centers):
		return fmt.Errorf("acceptedCenters must be some of %.256q", own.Centers)
	case own.RequireStatus && !p.RequireStatus:
		return errors.New("requireStatus cannot be lifted")
	case own.RequireHolder && !p.RequireHolder:
		return errors.New("requireHolderBinding cannot be lifted")
	case own.RequireSchema && !p.RequireSchema:
		return errors.New("requireSchema cannot be lifted")
	case len(own.Schema) > 0 && !sameJSON(p.Schema, own.Schema):
		return errors.New("schema must be the one that is asked for already")
	case own.MaxStatusAge > 0 && (p.MaxStatusAge <= 0 || p.MaxStatusAge > own.MaxStatusAge):
		return fmt.Errorf("maxStatusAge must be at most %d", own.MaxStatusAge/time.Second)
	case !among(p.Forms, own.Forms):
		return fmt.Errorf("forms must be some of %.256q", own.Forms)
	case !among(p.Algorithms, own.Algorithms):
		return fmt.Errorf("algorithms must be some of %.256q", own.Algorithms)
	case !among(p.Issuers, own.Issuers):
		return fmt.Errorf("issuers must be some of %.256q", own.Issuers)
	case !among(p.Types, own.Types):
		return fmt.Errorf("types must be some of %.256q", own.Types)
	case !among(p.LinkedDomains, own.LinkedDomains):
		return fmt.Errorf("linkedDomains must be some of %.256q", own.LinkedDomains)
	case own.MaxDepth > 0 && (p.MaxDepth <= 0 || p.MaxDepth > own.MaxDepth):
		return fmt.Errorf("maxDepth must be at most %d", own.MaxDepth)
	case own.Jurisdiction != "" && p.Jurisdiction != own.Jurisdiction && (p.Jurisdiction == "" || !strings.HasPrefix(own.Jurisdiction, p.Jurisdiction+"-")):
		return fmt.Errorf("jurisdiction must be %s", own.Jurisdiction)
	}
	return nil
}

// samePaths reports whether two policies take the same paths of accreditations. Which issuers, forms and algorithms they take
// is another question: it needs no path to be answered.
func (p Policy) samePaths(other Policy) bool {
	return p.MaxDepth == other.MaxDepth && p.Jurisdiction == other.Jurisdiction && slices.Equal(p.Centers, other.Centers)
}

// among reports whether a list names nothing that own does not; an empty own stands for everything.
func among[T comparable](list, own []T) bool {
	return len(own) == 0 || len(list) > 0 && !slices.ContainsFunc(list, func(item T) bool { return !slices.Contains(own, item) })
}

// sameJSON reports whether two JSON texts say the same.
func sameJSON(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	var canonical [2][]byte
	for i, text := range [][]byte{a, b} {
		v, err := jcs.Parse(text, jcs.Limits{MaxBytes: maxOwnSchema, MaxDepth: maxDepth})
		if err != nil {
			return false
		}
		if canonical[i], err = jcs.Marshal(v); err != nil {
			return false
		}
	}
	return bytes.Equal(canonical[0], canonical[1])
}
