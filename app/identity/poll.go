package identity

import (
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
)

// authorize finds each signature's key, counts principals as if all were good, and only then verifies: what cannot be
// authorised costs no signature check. Every one of authorities must have given its control.
func authorize(env *exec.Env, authorities ...*authority) error {
	p, err := take(env, authorities)
	if err != nil {
		return err
	}
	for i := range authorities {
		if err := p.decide(i); err != nil {
			return err
		}
	}
	return p.verify(env)
}

// authorizeAny is authorize where one of authorities suffices. Every signature must have a part in one of them.
func authorizeAny(env *exec.Env, authorities ...*authority) error {
	p, err := take(env, authorities)
	if err != nil {
		return err
	}
	var refusal error
	for i := range authorities {
		err := p.decide(i)
		if err == nil {
			return p.verify(env)
		}
		if refusal == nil || !p.ballots[i].empty() { // what the signers tried
			refusal = err
		}
	}
	return refusal
}

// poll is what the signatures of an operation say, before any was verified.
type poll struct {
	authorities []*authority
	ballots     []ballot // one an authority
	checks      []op.Check
}

// take finds the key of every signature and enters it into the ballots.
func take(env *exec.Env, authorities []*authority) (*poll, error) {
	p := &poll{
		authorities: authorities, ballots: make([]ballot, len(authorities)), checks: make([]op.Check, 0, len(env.Op.Signatures)),
	}
	for _, s := range env.Op.Signatures {
		key, err := count(env, s, authorities, p.ballots)
		if err != nil {
			return nil, err
		}
		p.checks = append(p.checks, s.Check(key))
	}
	return p, nil
}

// decide compares the ballot of authority i with what it asks for.
func (p *poll) decide(i int) error { return p.authorities[i].decide(&p.ballots[i]) }

// verify asks about every signature, also after a bad one: hints for parallel verification list every question.
func (p *poll) verify(env *exec.Env) error {
	good := true
	for _, c := range p.checks {
		good = env.Verify(c) && good
	}
	if !good {
		return exec.Errorf(exec.CodeBadSignature, "a signature does not verify")
	}
	return nil
}
