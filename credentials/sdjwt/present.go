package sdjwt

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hanse-id/hanse/credentials/jose"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

// Present writes the token with only the disclosures that the named places (JSON pointers into Claims) need: themselves and
// those around them. A pointer that names nothing that can be disclosed is ErrMalformed. A KB-JWT is left out.
func (t *Token) Present(reveal []string) (string, error) {
	places, err := t.places()
	if err != nil {
		return "", err
	}
	keep := make([]bool, len(t.Disclosures))
	for _, at := range reveal {
		trail, ok := places[at]
		if !ok {
			return "", fmt.Errorf("%w: nothing to disclose at %.64q", ErrMalformed, at)
		}
		for _, i := range trail {
			keep[i] = true
		}
	}
	var kept []Disclosure
	for i, d := range t.Disclosures {
		if keep[i] {
			kept = append(kept, d)
		}
	}
	return join(t.JWT.Compact, kept), nil
}

// Places lists the JSON pointers that Present takes, in byte order.
func (t *Token) Places() ([]string, error) {
	places, err := t.places()
	if err != nil {
		return nil, err
	}
	list := make([]string, 0, len(places))
	for at := range places {
		list = append(list, at)
	}
	slices.Sort(list)
	return list, nil
}

func (t *Token) places() (map[string][]int, error) {
	o, _, err := t.open(true)
	if err != nil {
		return nil, err
	}
	return o.paths, nil
}

// bindingType is the typ of a KB-JWT (section 4.3).
const bindingType = "kb+jwt"

// Binding is what a KB-JWT says.
type Binding struct {
	Audience string
	Nonce    string
	IssuedAt time.Time
}

// Bind appends a KB-JWT by holder to a presentation (an SD-JWT that ends in a tilde).
func Bind(ctx context.Context, presentation string, holder keystore.Signer, b Binding) (string, error) {
	if !strings.HasSuffix(presentation, "~") {
		return "", fmt.Errorf("%w: has a key binding already", ErrMalformed)
	}
	t, err := Parse(presentation, Limits{})
	if err != nil {
		return "", err
	}
	compact, err := jose.Sign(ctx, map[string]any{
		"aud": b.Audience, "nonce": b.Nonce, "iat": json.Number(fmt.Sprint(b.IssuedAt.Unix())), "sd_hash": t.digest(presentation),
	}, holder, jose.SignOptions{Type: bindingType})
	return presentation + compact, err
}

// Expected is what a verifier asks of a key binding. A verifier of presentations asks for all of it.
type Expected struct {
	Audience string        // empty: any
	Nonce    string        // empty: any
	Now      time.Time     // zero: whenever it was made, and for (nbf, exp)
	MaxAge   time.Duration // of iat; 0: 5 min
	Skew     time.Duration // of iat in the future; 0: 60 s
}

// CheckBinding checks that the holder of key made this very presentation for this audience and nonce, recently (section 7.3).
// The token must have a KB-JWT: whether one is needed is the verifier's policy, never what was sent. Errors wrap ErrBinding.
func (t *Token) CheckBinding(key keys.Public, e Expected) error {
	if t.Binding == nil {
		return fmt.Errorf("%w: there is none", ErrBinding)
	}
	if err := t.Binding.CheckType(bindingType); err != nil {
		return fmt.Errorf("%w: %w", ErrBinding, err)
	}
	if err := t.Binding.Verify(key); err != nil {
		return fmt.Errorf("%w: %w", ErrBinding, err)
	}
	claims := t.Binding.Payload
	hash, _ := claims["sd_hash"].(string)
	if subtle.ConstantTimeCompare([]byte(hash), []byte(t.digest(t.presented))) != 1 {
		return fmt.Errorf("%w: sd_hash is of another presentation", ErrBinding)
	}
	if aud, ok := claims["aud"].(string); !ok || e.Audience != "" && aud != e.Audience {
		return fmt.Errorf("%w: made for another audience", ErrBinding)
	}
	if nonce, ok := claims["nonce"].(string); !ok || e.Nonce != "" && nonce != e.Nonce {
		return fmt.Errorf("%w: another nonce", ErrBinding)
	}
	return e.checkTimes(claims)
}

// checkTimes checks iat, and nbf and exp where the holder gave them (RFC 7519 section 4.1).
func (e Expected) checkTimes(claims map[string]any) error {
	times := map[string]int64{}
	for _, name := range []string{"iat", "nbf", "exp"} {
		v, given := claims[name]
		if !given && name != "iat" {
			continue
		}
		number, ok := v.(json.Number)
		seconds, err := number.Int64()
		if !ok || err != nil || seconds < 0 {
			return fmt.Errorf("%w: %s is not a number of seconds", ErrBinding, name)
		}
		times[name] = seconds
	}
	if e.Now.IsZero() {
		return nil
	}
	if e.MaxAge == 0 {
		e.MaxAge = 5 * time.Minute
	}
	if e.Skew == 0 {
		e.Skew = time.Minute
	}
	now, skew := e.Now.Unix(), int64(e.Skew/time.Second)
	exp, ends := times["exp"]
	switch age := now - times["iat"]; {
	case age > int64(e.MaxAge/time.Second):
		return fmt.Errorf("%w: made %d s ago", ErrBinding, age)
	case -age > skew:
		return fmt.Errorf("%w: made in the future", ErrBinding)
	case times["nbf"] > now+skew:
		return fmt.Errorf("%w: not yet valid", ErrBinding)
	case ends && exp <= now:
		return fmt.Errorf("%w: no longer valid", ErrBinding)
	}
	return nil
}
