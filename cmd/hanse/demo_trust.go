package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/hanse-id/hanse/api/client"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did"
)

// bankPolicy is what the bank asks for beyond a good signature.
var bankPolicy = map[string]any{"policy": map[string]any{"requireAccreditation": true}}

// actAs signs an operation with the control key of center i and submits it there.
func (s *story) actAs(ctx context.Context, i int, kind string, body map[string]any) (*client.Receipt, error) {
	home := s.l.m.Centers[i].Home
	store, err := openKeystore(s.cmd, home, home+"/passphrase", openOptions{})
	if err != nil {
		return nil, err
	}
	defer store.Close()
	signer, err := store.Signer(ctx, keyControl)
	if err != nil {
		return nil, err
	}
	by := did.DID(s.l.m.Centers[i].DID)
	d, err := draft(operationLife, s.l.m.League, kind, by, body)
	if err != nil {
		return nil, err
	}
	envelope, err := d.Sign(ctx, did.URL{DID: by, Fragment: "key-1"}, signer)
	if err != nil {
		return nil, err
	}
	receipt, err := s.center(i).Submit(ctx, envelope, 20*time.Second)
	if err != nil {
		return nil, err
	}
	if receipt.State != app.Committed || receipt.Code != exec.OK {
		return nil, fmt.Errorf("%s by %s is %s (%s)", kind, s.name(i), receipt.State, receipt.Code.Info().Name)
	}
	return receipt, nil
}

// entrust lets the centers decide that center 0 may accredit universities, and center 0 accredit the university.
func (s *story) entrust(ctx context.Context) error {
	content := map[string]any{
		"subject": s.l.m.Centers[0].DID, "action": "accredit", "resource": string(governance.TypeResource(diplomaType)),
	}
	s.command("hanse center propose trust.accredit --subject %s --action accredit --type %s --home %s", s.l.m.Centers[0].DID, diplomaType, s.l.m.Centers[0].Home)
	number, decision, err := s.decide(ctx, "trust.accredit", content, "it knows the universities of its country")
	if err != nil {
		return err
	}
	s.say("proposal %d is %s: %d of %d centers said yes, %d were needed", number, decision.State, decision.Tally.Yes, decision.Tally.Voters, decision.Tally.Needed)
	parent := decision.Operation
	s.command("hanse trust accredit %s --type %s --parent %s --home %s", s.university.DID, diplomaType, parent, s.l.m.Centers[0].Home)
	receipt, err := s.actAs(ctx, 0, "trust.accredit", map[string]any{
		"subject": string(s.university.DID), "action": "issue", "resource": string(governance.TypeResource(diplomaType)), "parent": parent.String(),
	})
	if err != nil {
		return err
	}
	s.accreditation = receipt.ID
	s.say("%s accredits the university at height %d: accreditation %s", s.name(0), receipt.Height, receipt.ID)
	return nil
}

// decide proposes something as center 0 and lets the others vote until it is executed.
func (s *story) decide(ctx context.Context, kind string, content map[string]any, reason string) (int64, *client.Proposal, error) {
	receipt, err := s.actAs(ctx, 0, "league.propose", map[string]any{"kind": kind, "content": content, "reason": reason})
	if err != nil {
		return 0, nil, err
	}
	made, err := proposalOf(ctx, s.center(0), receipt)
	if err != nil || made == nil {
		return 0, nil, errors.Join(err, fmt.Errorf("the proposal that operation %s made is not listed", receipt.ID))
	}
	number := made.Number
	for i := 1; ; i++ {
		decision, err := s.center(0).Proposal(ctx, number)
		if err != nil {
			return 0, nil, err
		}
		if decision.State == governance.Executed {
			return number, decision, nil
		}
		if decision.State != governance.Open || i == len(s.l.m.Centers) {
			return 0, nil, fmt.Errorf("proposal %d is %s after %d votes", number, decision.State, i)
		}
		s.command("hanse center vote %d yes --home %s", number, s.l.m.Centers[i].Home)
		if _, err := s.actAs(ctx, i, "league.vote", map[string]any{"proposal": number, "choice": "yes"}); err != nil {
			return 0, nil, err
		}
		if err := s.reaches(ctx, 0, i); err != nil {
			return 0, nil, err
		}
	}
}

// reaches waits until center i is where center j is: a center may be a block behind the one that took an operation.
func (s *story) reaches(ctx context.Context, i, j int) error {
	ahead, err := s.center(j).League(ctx)
	if err != nil {
		return err
	}
	return eventually(ctx, 20*time.Second, func() (bool, error) {
		head, err := s.center(i).League(ctx)
		return err == nil && head.Height >= ahead.Height, err
	})
}

// showPath lets the bank verify a diploma of the university, and prints the path that it is shown.
func (s *story) showPath(ctx context.Context) error {
	var err error
	if s.diploma, s.diplomaDate, err = s.university.diploma(ctx); err != nil {
		return err
	}
	if err := s.reaches(ctx, 1, 0); err != nil {
		return err
	}
	s.curl(`%s/credentials/verify -H 'Content-Type: application/json' -d '{"verifiableCredential":…,"options":{"report":"full","policy":{"requireAccreditation":true}}}'`, s.l.m.Centers[1].API)
	result, err := s.center(1).Verify(ctx, s.diploma, bankPolicy)
	if err != nil {
		return err
	}
	if !result.Verified || outcome(result, credentials.CheckAccreditation) != credentials.Pass {
		return fmt.Errorf("the bank does not accept the diploma: %s", summary(result))
	}
	s.say("the diploma of %s is accepted: %s", s.diplomaDate, summary(result))
	s.command("hanse trust path %s --type %s --api %s", s.university.DID, diplomaType, s.l.m.Centers[1].API)
	path, err := s.center(1).TrustPath(ctx, client.PathQuery{Issuer: string(s.university.DID), Type: diplomaType})
	if err != nil {
		return err
	}
	if !path.Held || len(path.Hops) < 2 {
		return fmt.Errorf("the path of the university has %d links: %s %s", len(path.Hops), path.Why, path.Detail)
	}
	for _, h := range path.Hops {
		s.say("  %s: %s, by %s, %s since %s, height %d", s.called(string(h.Subject)), rightOf(h), s.called(h.Authority), h.State, h.ValidFrom, h.Height)
	}
	return nil
}

// called is the name that the story has for a DID.
func (s *story) called(id string) string {
	if s.university != nil && id == string(s.university.DID) {
		return s.university.Name
	}
	if id == governance.LeagueURI(s.l.m.League) {
		return "the league"
	}
	for _, c := range s.l.m.Centers {
		if c.DID == id {
			return c.Name
		}
	}
	return id
}

// refuseMill lets a diploma mill with a DID and keys of its own issue a diploma in which nothing is wrong.
func (s *story) refuseMill(ctx context.Context) error {
	mill, receipt, err := s.openSchool(ctx, 2, "the mill")
	if err != nil {
		return err
	}
	s.say("%s: the mill registers %s at height %d; anybody may", s.name(2), mill.DID, receipt.Height)
	secured, _, err := mill.diploma(ctx)
	if err != nil {
		return err
	}
	if err := s.reaches(ctx, 1, 2); err != nil {
		return err
	}
	result, err := s.center(1).Verify(ctx, secured, nil)
	if err != nil {
		return err
	}
	if !result.Verified || outcome(result, credentials.CheckSignature) != credentials.Pass {
		return fmt.Errorf("the mill's diploma is technically wrong: %s", summary(result))
	}
	s.say("whoever asks for no accreditation accepts its diploma: %s", summary(result))
	if result, err = s.center(1).Verify(ctx, secured, bankPolicy); err != nil {
		return err
	}
	if result.Verified || result.Report.Decision != credentials.Reject || outcome(result, credentials.CheckAccreditation) != credentials.Fail {
		return fmt.Errorf("the mill's diploma is not refused for want of an accreditation: %s", summary(result))
	}
	s.say("refused under the bank's policy: %s", summary(result))
	return nil
}

// withdrawTrust revokes the university's accreditation. What was issued before stays good as of its date.
func (s *story) withdrawTrust(ctx context.Context) error {
	s.command("hanse trust revoke %s --because cessationOfOperation --home %s", s.accreditation, s.l.m.Centers[0].Home)
	receipt, err := s.actAs(ctx, 0, "trust.revoke", map[string]any{
		"accreditation": s.accreditation.String(), "reason": "cessationOfOperation",
	})
	if err != nil {
		return err
	}
	s.say("%s revokes the university's accreditation at height %d", s.name(0), receipt.Height)
	if err := s.reaches(ctx, 1, 0); err != nil {
		return err
	}
	later, _, err := s.university.diploma(ctx)
	if err != nil {
		return err
	}
	asOf := map[string]any{"policy": bankPolicy["policy"], "at": s.diplomaDate}
	for _, c := range []struct {
		what     string
		diploma  json.RawMessage
		options  map[string]any
		accepted bool
	}{
		{"the diploma of before, as of " + s.diplomaDate, s.diploma, asOf, true},
		{"the diploma of before, as of now", s.diploma, bankPolicy, false},
		{"a diploma issued after the revocation", later, bankPolicy, false},
	} {
		result, err := s.center(1).Verify(ctx, c.diploma, c.options)
		if err != nil {
			return err
		}
		if result.Verified != c.accepted {
			return fmt.Errorf("%s: verified %v: %s", c.what, result.Verified, summary(result))
		}
		s.say("%s: %s: %s", c.what, result.Report.Decision, summary(result))
	}
	return nil
}

// trustState is what the story remembers between the steps about accreditation.
type trustState struct {
	university    *school
	accreditation op.ID
	diploma       json.RawMessage
	diplomaDate   string
}
