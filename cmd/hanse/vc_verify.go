package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/api"
	"github.com/hanse-id/hanse/api/client"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did/jcs"
)

// verifySpec says how a credential is verified.
type verifySpec struct {
	at, policy string
	accredited bool
}

func vcVerifyCommand() *cobra.Command {
	var spec verifySpec
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Verify a credential, at a center or without one, and say what every check found",
		Long: `Verifies a secured credential: a JSON document, an enveloped credential, or a compact JWS or SD-JWT.
Exit code 0: accepted, 3: not accepted (the report says which check and why).

An issuer without an accreditation is a warning, unless the center's configuration or your policy asks for one:
--require-accreditation, or --policy FILE with {requireAccreditation, acceptedCenters, types, maxDepth, jurisdiction,
requireLinkedDomain, linkedDomains, forms, algorithms, issuers, maxStatusAge, requireStatus, requireHolderBinding,
requireSchema, schema}. A policy can ask for more than the center's configuration does, not for less.

With --offline no center is asked. Issuers that are did:key and did:jwk need nobody; --fetch asks the hosts of did:web
issuers and of status lists, with --allow-host also one of this machine. What nobody was asked about is
skipped or indeterminate, and the report says so.`,
		Example: `  hanse vc verify --input signed.json
  hanse vc verify --input signed.json --require-accreditation
  hanse vc verify --at 2026-01-31T12:00:00Z -o json < signed.json
  hanse vc verify --offline --input signed.json`,
		Args: cobra.NoArgs,
	}
	addAPI(cmd)
	addInput(cmd)
	addOutput(cmd)
	addOffline(cmd)
	cmd.Flags().StringVar(&spec.at, "at", "", "verify as of this instant (RFC 3339, UTC)")
	cmd.Flags().BoolVar(&spec.accredited, "require-accreditation", false, "refuse an issuer without an accreditation")
	cmd.Flags().StringVar(&spec.policy, "policy", "", "file with a policy; what it does not name stays as the center has it")
	cmd.MarkFlagsMutuallyExclusive("require-accreditation", "policy")
	cmd.MarkFlagsMutuallyExclusive("require-accreditation", "offline")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		offline, err := isOffline(cmd)
		if err != nil {
			return err
		}
		input, err := inputOf(cmd)
		if err != nil {
			return err
		}
		if first := input[0]; (first == '{' || first == '[') && !json.Valid(input) {
			return &cliError{Code: exitNotVerified, Err: errors.New("the input begins like JSON, and is broken"), Hint: "give the secured credential whole, as 'hanse vc issue' printed it"}
		}
		ask := spec.remotely
		if offline {
			ask = spec.locally
		}
		result, err := ask(cmd, input)
		if err != nil {
			return err
		}
		if err := show(cmd, result.Raw, func(w io.Writer) { printReport(w, result) }); err != nil {
			return err
		}
		if !result.Verified {
			return &cliError{Code: exitNotVerified, Hint: offlineHint(cmd, result.Report)}
		}
		return nil
	}
	return cmd
}

// instant reads --at; zero without one.
func (s *verifySpec) instant() (time.Time, error) {
	if s.at == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse("2006-01-02T15:04:05Z", s.at)
	if err != nil || strings.Contains(s.at, ".") {
		return at, usage(fmt.Errorf("--at %q is not an instant in UTC, to the second", s.at), "write it as 2026-01-31T12:00:00Z")
	}
	return at, nil
}

// remotely asks a center.
func (s *verifySpec) remotely(cmd *cobra.Command, input []byte) (*client.Verification, error) {
	c, err := clientOf(cmd)
	if err != nil {
		return nil, err
	}
	options := map[string]any{}
	if _, err := s.instant(); err != nil {
		return nil, err
	}
	if s.at != "" {
		options["at"] = s.at
	}
	if s.accredited {
		options["policy"] = map[string]any{"requireAccreditation": true}
	}
	if s.policy != "" {
		if options["policy"], err = readJSON(cmd, s.policy); err != nil {
			return nil, err
		}
	}
	result, err := c.Verify(cmd.Context(), asJSON(input), options)
	return result, ofPolicyFile(err, s.policy)
}

// locally asks nobody, or with --fetch those that the credential names.
func (s *verifySpec) locally(cmd *cobra.Command, input []byte) (*client.Verification, error) {
	at, err := s.instant()
	if err != nil {
		return nil, err
	}
	opts := credentials.VerifyOptions{At: at}
	if s.policy != "" {
		if opts.Policy, err = readPolicy(cmd, s.policy); err != nil {
			return nil, err
		}
	}
	return verifyOffline(cmd, input, opts)
}

// ofPolicyFile says of a member that a center does not take where it stands in the file, as without a center; other errors it leaves.
func ofPolicyFile(err error, path string) error {
	p, ok := errors.AsType[*client.Problem](err)
	if !ok || path == "" || p.Status != http.StatusBadRequest {
		return err
	}
	member, found := strings.CutPrefix(p.Pointer, "/options/policy")
	if !found {
		return err
	}
	place := path
	if member != "" {
		place += ": " + strings.ReplaceAll(member[1:], "/", ".")
	}
	return usage(fmt.Errorf("%s: %s", place, p.Detail), policyHint)
}

const policyHint = "see 'hanse vc verify --help' for the members of a policy"

// readPolicy reads a policy as a center would.
func readPolicy(cmd *cobra.Command, path string) (*credentials.Policy, error) {
	data, err := readInput(cmd, path, 64<<10)
	if err != nil {
		return nil, err
	}
	value, err := jcs.Parse(data, jcs.Limits{})
	if err != nil {
		return nil, usage(fmt.Errorf("%s: %w", path, err), "give a JSON object")
	}
	members, ok := value.(map[string]any)
	if !ok {
		return nil, usage(fmt.Errorf("%s: not a JSON object", path), "give a JSON object")
	}
	policy, err := api.ParsePolicy(members, credentials.Policy{})
	if err != nil {
		return nil, usage(fmt.Errorf("%s: %w", path, err), policyHint)
	}
	return policy, nil
}

// readJSON reads a JSON object that is sent on as it is.
func readJSON(cmd *cobra.Command, path string) (map[string]any, error) {
	data, err := readInput(cmd, path, 64<<10)
	if err != nil {
		return nil, err
	}
	object := map[string]any{}
	if err := json.Unmarshal(data, &object); err != nil {
		return nil, usage(fmt.Errorf("%s: %w", path, err), "give a JSON object")
	}
	return object, nil
}

// asJSON makes a JSON string of a compact form and leaves JSON as it is.
func asJSON(input []byte) json.RawMessage {
	if json.Valid(input) {
		return input
	}
	text, _ := json.Marshal(string(input))
	return text
}

func printReport(w io.Writer, v *client.Verification) {
	if v.Report == nil {
		row(w, "verified", v.Verified)
		return
	}
	row(w, "decision", v.Report.Decision)
	row(w, "at", v.Report.At)
	row(w, "")
	row(w, "CHECK", "OUTCOME", "STANDS ON", "DETAIL")
	for _, c := range v.Report.Checks {
		outcome := string(c.Outcome)
		if c.Severity == credentials.SeverityWarning && c.Outcome == credentials.Fail {
			outcome += " (warning)"
		}
		row(w, c.ID, outcome, evidence(c.Evidence), detailOf(c))
		for _, warning := range c.Warnings {
			row(w, "", "warning", "", inWords(warning))
		}
	}
	printHops(w, v.Report.Checks)
}

// detailOf says why a check came out as it did.
func detailOf(c credentials.Check) string {
	if c.Problem != nil {
		return inWords(*c.Problem)
	}
	return c.Note
}

// inWords is a problem in one line, with the place in the credential where it has one.
func inWords(p credentials.Problem) string {
	text := p.Title
	if p.Detail != "" {
		text += ": " + p.Detail
	}
	if p.Pointer != "" {
		text += " (" + p.Pointer + ")"
	}
	return text
}

// printHops writes the trust path of a report, from the issuer upwards.
func printHops(w io.Writer, checks []credentials.Check) {
	for _, c := range checks {
		if len(c.Path) == 0 {
			continue
		}
		row(w, "")
		row(w, "ISSUER TO LEAGUE", "MAY", "BY", "STATE", "SINCE", "UNTIL", "HEIGHT")
		for _, h := range c.Path {
			row(w, h.Subject, strings.TrimSpace(h.Action+" "+h.Type), h.Authority, withReason(trust.State(h.State), trust.Reason(h.Reason)), h.ValidFrom, h.ValidUntil, h.Height)
		}
	}
}

func evidence(e *credentials.Evidence) string {
	switch {
	case e == nil:
		return ""
	case e.Height > 0:
		return fmt.Sprintf("%s, height %d, %d s old", e.Source, e.Height, e.Age)
	default:
		return e.Source
	}
}
