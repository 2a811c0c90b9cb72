package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/api/client"
	"github.com/hanse-id/hanse/credentials"
)

// presentedSpec says how a presentation is verified.
type presentedSpec struct {
	verifySpec
	challenge, domain, media string
}

func vpVerifyCommand() *cobra.Command {
	var spec presentedSpec
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Verify a presentation with its credentials, at a center or without one",
		Long: `Verifies a presentation, signed or not, and every credential inside, and says what every check found.
Exit code 0: accepted, 3: not accepted.

With --challenge or --domain it must be signed, and made for these. A challenge of the center ('hanse vp challenge') is taken
by the first presentation that is accepted for it. That somebody presents another's credential is a warning; --policy FILE
with {"requireHolderBinding": true} refuses it.`,
		Example: `  hanse vp verify --input presentation.json --challenge "$challenge" --domain https://verifier.example
  hanse vp verify --offline --input presentation.json -o json`,
		Args: cobra.NoArgs,
	}
	addAPI(cmd)
	addInput(cmd)
	addOutput(cmd)
	addOffline(cmd)
	f := cmd.Flags()
	f.StringVar(&spec.challenge, "challenge", "", "what the presentation must be made for")
	f.StringVar(&spec.domain, "domain", "", "whom the presentation must be made for")
	f.StringVar(&spec.media, "media-type", "", credentials.MediaTypeLegacyJWT+": read a JWT with a vp claim (data model 1.1)")
	f.StringVar(&spec.at, "at", "", "verify as of this instant (RFC 3339, UTC)")
	f.StringVar(&spec.policy, "policy", "", "file with a policy; what it does not name stays as the center has it")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := checkMadeFor(cmd); err != nil {
			return err
		}
		offline, err := isOffline(cmd)
		if err != nil {
			return err
		}
		if spec.media != "" && spec.media != credentials.MediaTypeLegacyJWT {
			return usage(fmt.Errorf("--media-type %q is not known", spec.media), "%s, or leave it out", credentials.MediaTypeLegacyJWT)
		}
		input, err := inputOf(cmd)
		if err != nil {
			return err
		}
		ask := spec.remotely
		if offline {
			ask = spec.locally
		}
		result, err := ask(cmd, input)
		if err != nil {
			return err
		}
		if err := show(cmd, result.Raw, func(w io.Writer) { printPresentation(w, result) }); err != nil {
			return err
		}
		if !result.Verified {
			return &cliError{Code: exitNotVerified, Hint: offlineHint(cmd, reportsOf(result.Report)...)}
		}
		return nil
	}
	return cmd
}

// remotely asks a center.
func (s *presentedSpec) remotely(cmd *cobra.Command, input []byte) (*client.PresentationVerification, error) {
	c, err := clientOf(cmd)
	if err != nil {
		return nil, err
	}
	if _, err := s.instant(); err != nil {
		return nil, err
	}
	options := map[string]any{}
	for name, value := range map[string]string{"challenge": s.challenge, "domain": s.domain, "mediaType": s.media, "at": s.at} {
		if value != "" {
			options[name] = value
		}
	}
	if s.policy != "" {
		if options["policy"], err = readJSON(cmd, s.policy); err != nil {
			return nil, err
		}
	}
	result, err := c.VerifyPresentation(cmd.Context(), asJSON(input), options)
	return result, ofPolicyFile(err, s.policy)
}

// locally asks nobody, or with --fetch those that the credentials name.
func (s *presentedSpec) locally(cmd *cobra.Command, input []byte) (*client.PresentationVerification, error) {
	at, err := s.instant()
	if err != nil {
		return nil, err
	}
	o := credentials.PresentationOptions{Challenge: s.challenge, Domain: s.domain, MediaType: s.media}
	o.At = at
	if s.policy != "" {
		if o.Policy, err = readPolicy(cmd, s.policy); err != nil {
			return nil, err
		}
	}
	verifier, end, err := offlineVerifier(cmd)
	if err != nil {
		return nil, err
	}
	defer end()
	ctx, cancel := context.WithTimeout(cmd.Context(), time.Minute)
	defer cancel()
	report, _, err := verifier.VerifyPresentation(ctx, input, o)
	if err != nil {
		return nil, fmt.Errorf("the verification was not completed: %w", err)
	}
	result := &client.PresentationVerification{Verified: report.Verified(), Report: report}
	result.ProblemDetails, _ = report.Problems()
	result.Raw, err = json.Marshal(result)
	return result, err
}

// printPresentation writes the report of the presentation, and below it that of each credential.
func printPresentation(w io.Writer, v *client.PresentationVerification) {
	if v.Report == nil {
		row(w, "verified", v.Verified)
		return
	}
	form := string(v.Report.Form)
	if form == "" {
		form = "unsigned"
	}
	row(w, "form", form)
	if v.Report.Holder != "" {
		row(w, "holder", v.Report.Holder)
	}
	printReport(w, &client.Verification{Report: &v.Report.Report})
	for i, c := range v.Report.Credentials {
		row(w, "")
		row(w, fmt.Sprintf("CREDENTIAL %d OF %d", i+1, len(v.Report.Credentials)))
		printReport(w, &client.Verification{Report: c.Report})
	}
}
