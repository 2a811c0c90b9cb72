package credentials

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hanse-id/hanse/credentials/sdjwt"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

// Holder says how a presentation binds a credential to who presents it.
type Holder struct {
	DID      did.DID       // whose key signed the presentation, established; empty: unsigned, or none
	Audience string        // aud that a key binding must have (SD-JWT); empty: not asked
	Nonce    string        // nonce that a key binding must have; empty: not asked
	MaxAge   time.Duration // of a key binding; default 5 min

	keys []keys.Public // that signed the presentation
}

// checkHolder checks that who presents the credential is whom it is about, or has the key it is bound to. A key binding that does
// not hold, and the key of another than the credential is bound to, are errors; that the subject is another is a warning unless the
// policy requires the holder, because credentials may be presented by others (VC Data Model 2.0 section 4.13).
func (r *run) checkHolder(ctx context.Context) Check {
	h := r.opts.Holder
	binding := r.opened.sd != nil && r.opened.sd.Binding != nil
	switch signature, done := r.checks[CheckSignature]; {
	case !done || signature.Outcome != Pass: // whom it is bound to is nobody's word then
		return skip("not evaluated: the issuer's signature was not established")
	case binding:
		return r.checkKeyBinding(ctx, h)
	case h == nil:
		return skip("a credential alone binds no holder")
	case h.DID == "" && (h.Nonce != "" || h.Audience != ""):
		return fail(&Problem{Type: ProblemCryptography, Title: "nobody proved to hold the credential",
			Detail: "a challenge or domain was asked for, and neither a key binding nor a presentation's signature answers"})
	case h.DID == "":
		return skip("nobody proved to hold the credential")
	}
	return r.checkPresenter(ctx, h)
}

// checkKeyBinding checks a KB-JWT with the key that the credential is bound to (RFC 9901 section 7.3). Without a presentation
// audience, nonce and age are not asked for: what is left says who made it, and over which disclosures.
func (r *run) checkKeyBinding(ctx context.Context, h *Holder) Check {
	key, bound, c := r.boundKey(ctx)
	if !bound {
		return fail(&Problem{Type: ProblemCryptography, Title: "key binding does not hold", Detail: "the credential is bound to no key", Pointer: "/cnf"})
	}
	if c.Outcome != Pass {
		return c
	}
	expected := sdjwt.Expected{}
	if h != nil {
		expected = sdjwt.Expected{Audience: h.Audience, Nonce: h.Nonce, Now: r.at, MaxAge: h.MaxAge, Skew: r.Skew}
	}
	if err := r.opened.sd.CheckBinding(key, expected); err != nil {
		return fail(&Problem{Type: ProblemCryptography, Title: "key binding does not hold", Detail: beside(sdjwt.ErrBinding.Error(), err)})
	}
	// Without a nonce the key binding may be a copy of what somebody saw: then the presentation must be signed with the key too.
	if h != nil && h.DID != "" && h.Nonce == "" && !h.has(key) {
		return presentedByAnother(c)
	}
	c.Note = "bound to the key " + key.Multikey()
	if h == nil || h.Nonce == "" {
		c.note("no nonce was asked for: whoever saw the presentation can repeat it")
	}
	return c
}

// checkPresenter compares the signer of the presentation with the key that the credential is bound to, or else with its subjects.
func (r *run) checkPresenter(ctx context.Context, h *Holder) Check {
	key, bound, c := r.boundKey(ctx)
	if c.Outcome != Pass {
		return c
	}
	if bound {
		if !h.has(key) {
			return presentedByAnother(c)
		}
		c.Note = "the presentation is signed with the key that the credential is bound to"
		return c
	}
	named := slices.DeleteFunc(slices.Clone(r.model.subjects), func(id string) bool { return id == "" })
	if len(named) == 0 {
		return skip("the credential names neither a subject nor a key")
	}
	for _, id := range named {
		if id != h.DID.String() {
			c.Outcome, c.Severity = Fail, SeverityWarning
			c.Problem = &Problem{Type: ProblemCryptography, Title: "presented by another", Pointer: r.subjectPointer(),
				Detail: fmt.Sprintf("%.256q is not the holder of the presentation", id)}
			return c
		}
	}
	c.Note = "the subject signed the presentation"
	return c
}

// has reports whether the presentation was signed with a key.
func (h *Holder) has(key keys.Public) bool {
	return slices.Contains(h.keys, key) || did.DID(key.DIDKey()) == h.DID
}

// presentedByAnother fails a check because the presentation was signed with another key than the credential is bound to.
func presentedByAnother(c Check) Check {
	c.Outcome = Fail
	c.Problem = &Problem{Type: ProblemCryptography, Title: "presented by another", Detail: "the credential is bound to another key", Pointer: "/cnf"}
	return c
}

func (r *run) subjectPointer() string {
	if r.opened.claims {
		return "/sub"
	}
	return "/credentialSubject"
}
