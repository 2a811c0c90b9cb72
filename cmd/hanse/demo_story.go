package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/api/client"
	"github.com/hanse-id/hanse/credentials"
)

// leastIssued is how many credentials of the input must be issuable for the story to mean something.
const leastIssued = 6

// story is the demo: a league, the credentials it works with, and what it has found so far.
type story struct {
	cmd    *cobra.Command
	out    io.Writer
	l      *league
	inputs []demoInput
	signed []demoInput
	step   int
	issued []issuedCredential
	trustState
}

// issuedCredential is one credential that the demo issuer issued.
type issuedCredential struct {
	Name    string
	ID      string
	Secured json.RawMessage
	Expired bool // its validity had ended before it was issued: verifying must say so
}

func newStory(cmd *cobra.Command, l *league, inputs, signed []demoInput) *story {
	return &story{cmd: cmd, out: cmd.OutOrStdout(), l: l, inputs: inputs, signed: signed}
}

// tell plays every step; the first that is not as it should be ends it.
func (s *story) tell() error {
	begin := time.Now()
	for _, step := range []struct {
		title string
		play  func(context.Context) error
	}{
		{"A university registers a DID at one center, and every center resolves it", s.register},
		{"An issuer at that center issues credentials", s.issue},
		{"A bank verifies them at another center", s.verify},
		{"A tampered copy is refused", s.tamper},
		{"Credentials that others signed, in their own form, verify too", s.foreign},
		{"The centers let one of them accredit universities, and it accredits this one", s.entrust},
		{"The bank asks for an accreditation, and is shown the path", s.showPath},
		{"A diploma mill's technically perfect credential is refused", s.refuseMill},
		{"A center is killed, and the others go on", s.kill},
		{"It comes back and catches up", s.comeBack},
		{"The issuer revokes a credential, and every center says so", s.revoke},
		{"The university loses its accreditation: what it issued before stays good as of its date", s.withdrawTrust},
	} {
		s.step++
		fmt.Fprintf(s.out, "\n%d. %s\n", s.step, step.title)
		if err := step.play(s.cmd.Context()); err != nil {
			return fmt.Errorf("step %d (%s): %w", s.step, strings.ToLower(step.title[:1])+step.title[1:], err)
		}
	}
	fmt.Fprintf(s.out, "\nEvery step went as it should, in %.0f s.\n", time.Since(begin).Seconds())
	return nil
}

// center returns a client of center i.
func (s *story) center(i int) *client.Client {
	c := s.l.m.Centers[i]
	return client.New(c.API, client.Options{Token: c.Token, Agent: "hanse-demo"})
}

func (s *story) name(i int) string { return s.l.m.Centers[i].Name }

// say prints what came back; curl prints the command that does the same.
func (s *story) say(format string, args ...any) {
	fmt.Fprintf(s.out, "   %s\n", printable(fmt.Sprintf(format, args...)))
}

// command prints the command line that does the same.
func (s *story) command(format string, args ...any) {
	fmt.Fprintf(s.out, "   $ %s\n", fmt.Sprintf(format, args...))
}

func (s *story) curl(format string, args ...any) {
	fmt.Fprintf(s.out, "   $ curl -s %s\n", fmt.Sprintf(format, args...))
}

const curlAuth = `-H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json'`

// issue lets center 0's demo issuer issue every input.
func (s *story) issue(ctx context.Context) error {
	issuer := s.l.m.Centers[0].Issuers[0].DID
	s.curl("%s/issuers/demo/credentials/issue %s -d @request.json", s.l.m.Centers[0].API, curlAuth)
	for _, in := range s.inputs {
		if err := s.issueOne(ctx, issuer, in); err != nil {
			return err
		}
	}
	if len(s.issued) < leastIssued {
		return fmt.Errorf("%d credentials were issued, at least %d must be: their contexts may be missing (--contexts)", len(s.issued), leastIssued)
	}
	return nil
}

func (s *story) issueOne(ctx context.Context, issuer string, in demoInput) error {
	credential := map[string]any{}
	if err := json.Unmarshal(in.JSON, &credential); err != nil {
		return fmt.Errorf("%s: %w", in.Name, err)
	}
	id := "urn:uuid:" + uuid.NewString()
	credential["id"] = id
	if object, ok := credential["issuer"].(map[string]any); ok {
		object["id"] = issuer
	} else {
		credential["issuer"] = issuer
	}
	body, err := json.Marshal(credential)
	if err != nil {
		return err
	}
	secured, err := s.center(0).Issue(ctx, "demo", body, nil, id)
	var refused *client.Problem
	if errors.As(err, &refused) && refused.Status >= 400 && refused.Status < 500 {
		s.say("%-40s refused, as it should be: %s", in.Name, refused.Detail)
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", in.Name, err)
	}
	until, _ := credential["validUntil"].(string)
	end, _ := time.Parse(time.RFC3339, until)
	s.issued = append(s.issued, issuedCredential{Name: in.Name, ID: id, Secured: secured, Expired: !end.IsZero() && end.Before(time.Now())})
	s.say("%-40s issued: %s, %d bytes", in.Name, id, len(secured))
	return nil
}

// verify checks every issued credential at center 1.
func (s *story) verify(ctx context.Context) error {
	s.curl(`%s/credentials/verify -H 'Content-Type: application/json' -d '{"verifiableCredential":…,"options":{"report":"full"}}'`, s.l.m.Centers[1].API)
	for _, c := range s.issued {
		result, err := s.center(1).Verify(ctx, c.Secured, nil)
		if err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
		if c.Expired {
			if result.Report.Decision != credentials.Reject || outcome(result, credentials.CheckValidity) != credentials.Fail || outcome(result, credentials.CheckSignature) != credentials.Pass {
				return fmt.Errorf("%s has expired, yet its report says %s", c.Name, summary(result))
			}
			s.say("%-40s genuine but expired, as it says itself: %s", c.Name, summary(result))
			continue
		}
		if !result.Verified || result.Report.Decision != credentials.Accept {
			return fmt.Errorf("%s is not accepted: %s", c.Name, summary(result))
		}
		s.say("%-40s accepted: %s", c.Name, summary(result))
	}
	return nil
}

// outcome returns what a check found.
func outcome(v *client.Verification, id credentials.CheckID) credentials.Outcome {
	for _, c := range v.Report.Checks {
		if c.ID == id {
			return c.Outcome
		}
	}
	return ""
}

// summary writes a report in one line: the checks that did not pass, or how many did.
func summary(v *client.Verification) string {
	var parts []string
	passed := 0
	for _, c := range v.Report.Checks {
		switch {
		case c.Outcome == credentials.Pass:
			passed++
		case c.Severity == credentials.SeverityWarning && c.Problem != nil:
			parts = append(parts, fmt.Sprintf("%s warns (%s)", c.ID, c.Problem.Title))
		case c.Outcome != credentials.Skip && c.Problem != nil:
			parts = append(parts, fmt.Sprintf("%s %s (%s: %s)", c.ID, c.Outcome, c.Problem.Title, c.Problem.Detail))
		case c.Outcome != credentials.Skip:
			parts = append(parts, fmt.Sprintf("%s %s", c.ID, c.Outcome))
		}
	}
	return strings.Join(append([]string{fmt.Sprintf("%d checks passed", passed)}, parts...), ", ")
}

// valid returns the first issued credential that is valid now.
func (s *story) valid() (issuedCredential, error) {
	for _, c := range s.issued {
		if !c.Expired {
			return c, nil
		}
	}
	return issuedCredential{}, fmt.Errorf("every credential of the input has expired")
}

// tamper changes one claim of a genuine credential and leaves everything else, the signature too, as it was.
func (s *story) tamper(ctx context.Context) error {
	c, err := s.valid()
	if err != nil {
		return err
	}
	copied, err := forge(c.Secured)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Name, err)
	}
	result, err := s.center(1).Verify(ctx, copied, nil)
	if err != nil {
		return err
	}
	if result.Verified || result.Report.Decision != credentials.Reject || outcome(result, credentials.CheckSignature) != credentials.Fail {
		return fmt.Errorf("a tampered copy of %s is not rejected: %s", c.Name, summary(result))
	}
	s.say("the name in %s changed: %s", c.Name, summary(result))
	return nil
}

// forge writes another name into the payload of an enveloped vc+jwt.
func forge(secured json.RawMessage) (json.RawMessage, error) {
	envelope, claims := map[string]any{}, map[string]any{}
	if err := json.Unmarshal(secured, &envelope); err != nil {
		return nil, err
	}
	link, _ := envelope["id"].(string)
	parts := strings.Split(link, ".")
	if len(parts) != 3 {
		return nil, fmt.Errorf("%.40q is no enveloped JWS", link)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return nil, err
	}
	claims["name"] = "Doctor of Everything"
	if payload, err = json.Marshal(claims); err != nil {
		return nil, err
	}
	parts[1] = base64.RawURLEncoding.EncodeToString(payload)
	envelope["id"] = strings.Join(parts, ".")
	return json.Marshal(envelope)
}

// foreign verifies credentials that another implementation signed, and a copy of each with one digit of its date changed.
func (s *story) foreign(ctx context.Context) error {
	if len(s.signed) == 0 {
		s.say("(none in this set: --credentials DIR takes them from DIR/signed)")
	}
	for _, in := range s.signed {
		result, err := s.center(1).Verify(ctx, in.JSON, nil)
		if err != nil {
			return fmt.Errorf("%s: %w", in.Name, err)
		}
		if outcome(result, credentials.CheckAlgorithm) == credentials.Pass && outcome(result, credentials.CheckDataModel) == credentials.Fail {
			s.say("%-40s undecided here: its contexts are not pinned (--contexts)", "signed/"+in.Name)
			continue
		}
		if outcome(result, credentials.CheckSignature) != credentials.Pass {
			return fmt.Errorf("signed/%s is genuine, and its report says %s", in.Name, summary(result))
		}
		s.say("%-40s genuine: %s", "signed/"+in.Name, summary(result))
	}
	return nil
}
