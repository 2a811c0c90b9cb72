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
	if _, err := t.Claims(); err != nil {
		return nil, err
	}
	o := &opening{token: t, byDigest: map[string]int{}, used: make([]bool, len(t.Disclosures)), seen: map[string]bool{}, paths: map[string][]int{}}
	for i, d := range t.Disclosures {
		o.byDigest[t.digest(d.Encoded)] = i
	}
	_, err := o.object(t.JWT.Payload, "", 0)
	return o.paths, err
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

// Expected is what a verifier asks of a key binding.
type Expected struct {
	Audience string
	Nonce    string
	Now      time.Time
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
	if aud, ok := claims["aud"].(string); !ok || aud != e.Audience {
		return fmt.Errorf("%w: made for another audience", ErrBinding)
	}
	if nonce, ok := claims["nonce"].(string); !ok || nonce != e.Nonce {
		return fmt.Errorf("%w: another nonce", ErrBinding)
	}
	return e.checkTime(claims["iat"])
}

func (e Expected) checkTime(iat any) error {
	number, ok := iat.(json.Number)
	seconds, err := number.Int64()
	if !ok || err != nil || seconds < 0 {
		return fmt.Errorf("%w: iat is not a number of seconds", ErrBinding)
	}
	if e.MaxAge == 0 {
		e.MaxAge = 5 * time.Minute
	}
	if e.Skew == 0 {
		e.Skew = time.Minute
	}
	switch age := e.Now.Unix() - seconds; {
	case age > int64(e.MaxAge/time.Second):
		return fmt.Errorf("%w: made %d s ago", ErrBinding, age)
	case -age > int64(e.Skew/time.Second):
		return fmt.Errorf("%w: made in the future", ErrBinding)
	}
	return nil
}
