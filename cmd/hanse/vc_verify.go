package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/api/client"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/credentials"
)

func vcVerifyCommand() *cobra.Command {
	var at, policy string
	var accredited bool
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Verify a credential at a center and say what every check found",
		Long: `Verifies a secured credential: a JSON document, an enveloped credential, or a compact JWS.
Exit code 0: accepted, 3: not accepted (the report says which check and why).

An issuer without an accreditation is a warning, unless the center's configuration or your policy asks for one:
--require-accreditation, or --policy FILE with {requireAccreditation, acceptedCenters, types, maxDepth, jurisdiction,
requireLinkedDomain, linkedDomains}. A policy can ask for more than the center's configuration does, not for less.`,
		Example: `  hanse vc verify --input signed.json
  hanse vc verify --input signed.json --require-accreditation
  hanse vc verify --at 2026-01-31T12:00:00Z -o json < signed.json`,
		Args: cobra.NoArgs,
	}
	addAPI(cmd)
	addInput(cmd)
	addOutput(cmd)
	cmd.Flags().StringVar(&at, "at", "", "verify as of this instant (RFC 3339, UTC)")
	cmd.Flags().BoolVar(&accredited, "require-accreditation", false, "refuse an issuer without an accreditation")
	cmd.Flags().StringVar(&policy, "policy", "", "file with a policy; what it does not name stays as the center has it")
	cmd.MarkFlagsMutuallyExclusive("require-accreditation", "policy")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := clientOf(cmd)
		if err != nil {
			return err
		}
		input, err := inputOf(cmd)
		if err != nil {
			return err
		}
		options := map[string]any{}
		if at != "" {
			if _, err := time.Parse(time.RFC3339, at); err != nil {
				return usage(fmt.Errorf("--at %q is not an instant", at), "write it as 2026-01-31T12:00:00Z")
			}
			options["at"] = at
		}
		if accredited {
			options["policy"] = map[string]any{"requireAccreditation": true}
		}
		if policy != "" {
			if options["policy"], err = readJSON(cmd, policy); err != nil {
				return err
			}
		}
		if first := input[0]; (first == '{' || first == '[') && !json.Valid(input) {
			return &cliError{Code: exitNotVerified, Err: errors.New("the input begins like JSON, and is broken"), Hint: "give the secured credential whole, as 'hanse vc issue' printed it"}
		}
		result, err := c.Verify(cmd.Context(), asJSON(input), options)
		if err != nil {
			return err
		}
		if err := show(cmd, result.Raw, func(w io.Writer) { printReport(w, result) }); err != nil {
			return err
		}
		if !result.Verified {
			return &cliError{Code: exitNotVerified}
		}
		return nil
	}
	return cmd
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
		detail := ""
		if c.Problem != nil {
			detail = c.Problem.Title
			if c.Problem.Detail != "" {
				detail += ": " + c.Problem.Detail
			}
		}
		outcome := string(c.Outcome)
		if c.Severity == credentials.SeverityWarning && c.Outcome == credentials.Fail {
			outcome += " (warning)"
		}
		row(w, c.ID, outcome, evidence(c.Evidence), detail)
	}
	printHops(w, v.Report.Checks)
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
