package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/api/client"
)

// maxBulkInput bounds the file of a bulk change, as the API does its body.
const maxBulkInput = 32 << 20

// vcBulkCommand makes `vc status`.
func vcBulkCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "status", Short: "Change the status of many credentials at once"}
	cmd.AddCommand(vcStatusBulkCommand(), vcStatusJobCommand())
	return cmd
}

func vcStatusBulkCommand() *cobra.Command {
	var purpose, issuer, key string
	var lift, wait bool
	cmd := &cobra.Command{
		Use:   "bulk --input FILE --purpose PURPOSE",
		Short: "Revoke or suspend up to 100,000 credentials",
		Long: `Revoke or suspend up to 100,000 credentials.
The input has one credential id a line, or is a JSON list of them, or a JSON object as POST /credentials/status/bulk takes it.
The center stores the changes and makes them in the background: 'hanse vc status job ID' says how far they are.
Exit code 0: the center has taken them over; with --wait, all of them are committed.`,
		Example: "  hanse vc status bulk --input ids.txt --purpose revocation --token-file token\n  hanse vc status bulk --input ids.json --purpose suspension --lift --wait --token-file token",
		Args:    cobra.NoArgs,
	}
	addAuthorised(cmd)
	addOutput(cmd)
	cmd.Flags().StringP("input", "i", "", "file with the ids, \"-\" for standard input")
	cmd.Flags().StringVar(&purpose, "purpose", "", "revocation or suspension")
	cmd.Flags().StringVar(&issuer, "issuer", "", "name of the issuer; needed with a token for one issuer")
	cmd.Flags().StringVar(&key, "idempotency-key", "", "the same key with the same input is the same job")
	cmd.Flags().BoolVar(&lift, "lift", false, "lift the suspension")
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until the job is done")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if lift && purpose != "suspension" {
			return usage(errors.New("--lift is for suspensions"), "a revocation is never undone")
		}
		input, err := bulkInput(cmd)
		if err != nil {
			return err
		}
		c, err := clientOf(cmd)
		if err != nil {
			return err
		}
		job, err := sendBulk(cmd, c, input, client.BulkStatus{Issuer: issuer, Purpose: purpose, On: !lift}, key)
		if err != nil {
			return forOneIssuer(err, issuer)
		}
		return showJob(cmd, c, job, wait)
	}
	return cmd
}

func bulkInput(cmd *cobra.Command) ([]byte, error) {
	path, _ := cmd.Flags().GetString("input")
	if path == "" {
		return nil, usage(errors.New("--input is needed"), "see '%s --help'", cmd.CommandPath())
	}
	input, err := readInput(cmd, path, maxBulkInput)
	if err != nil {
		return nil, err
	}
	return bytes.TrimSpace(input), nil
}

// sendBulk sends ids in whichever way the input has them.
func sendBulk(cmd *cobra.Command, c *client.Client, input []byte, bulk client.BulkStatus, key string) (*client.StatusJob, error) {
	switch {
	case bytes.HasPrefix(input, []byte("{")):
		if bulk.Purpose != "" || bulk.Issuer != "" || !bulk.On {
			return nil, usage(errors.New("the input is a whole request"), "leave --purpose, --issuer and --lift away, or give a list of ids")
		}
		return c.SetStatusBulkRaw(cmd.Context(), json.RawMessage(input), key)
	case bytes.HasPrefix(input, []byte("[")):
		if err := json.Unmarshal(input, &bulk.CredentialIDs); err != nil {
			return nil, usage(fmt.Errorf("the input is no JSON list of ids: %w", err), "give one id a line, or a JSON list of strings")
		}
	default:
		lines := bufio.NewScanner(bytes.NewReader(input))
		for lines.Scan() {
			if id := strings.TrimSpace(lines.Text()); id != "" {
				bulk.CredentialIDs = append(bulk.CredentialIDs, id)
			}
		}
		if err := lines.Err(); err != nil {
			return nil, usage(fmt.Errorf("the input has a line that is no id: %w", err), "give one id a line")
		}
	}
	switch {
	case len(bulk.CredentialIDs) == 0:
		return nil, usage(errors.New("the input has no ids"), "give one id a line, or a JSON list of strings")
	case bulk.Purpose == "":
		return nil, usage(errors.New("--purpose is needed"), "revocation or suspension")
	case bulk.Purpose != "revocation" && bulk.Purpose != "suspension":
		return nil, usage(fmt.Errorf("--purpose %q is none that a status changes by", bulk.Purpose), "revocation or suspension")
	}
	return c.SetStatusBulk(cmd.Context(), bulk, key)
}

func vcStatusJobCommand() *cobra.Command {
	var wait bool
	cmd := &cobra.Command{
		Use:     "job ID",
		Short:   "Show how far a bulk change is",
		Example: "  hanse vc status job Y3JSV0RFQ09ERQ --wait --token-file token",
		Args:    cobra.ExactArgs(1),
	}
	addAuthorised(cmd)
	addOutput(cmd)
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until the job is done")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := clientOf(cmd)
		if err != nil {
			return err
		}
		job, err := c.StatusJob(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		return showJob(cmd, c, job, wait)
	}
	return cmd
}

// jobDone is the state of a job that is finished.
const jobDone = "done"

// showJob prints a job, when it is done if that is waited for. Changes that failed are an error then.
func showJob(cmd *cobra.Command, c *client.Client, job *client.StatusJob, wait bool) error {
	for pause := 200 * time.Millisecond; wait && job.State != jobDone; pause = min(2*pause, 5*time.Second) {
		select {
		case <-cmd.Context().Done():
			return cmd.Context().Err()
		case <-time.After(pause):
		}
		var err error
		if job, err = c.StatusJob(cmd.Context(), job.ID); err != nil {
			return err
		}
	}
	if err := show(cmd, job, func(w io.Writer) { printJob(w, job) }); err != nil {
		return err
	}
	if job.State == jobDone && job.FailedTotal > 0 {
		return fmt.Errorf("%d of %d changes could not be made", job.FailedTotal, job.Total)
	}
	return nil
}

func printJob(w io.Writer, job *client.StatusJob) {
	row(w, "job", job.ID)
	row(w, "state", job.State)
	row(w, "done", fmt.Sprintf("%d of %d", job.Done, job.Total))
	row(w, "operations", fmt.Sprint(len(job.Operations)))
	if job.Height > 0 {
		row(w, "height", fmt.Sprint(job.Height))
	}
	if job.FailedTotal > 0 {
		row(w, "failed", fmt.Sprint(job.FailedTotal))
	}
	for _, f := range job.Failed {
		name := f.CredentialID
		if name == "" {
			name = fmt.Sprintf("change %d", f.Change)
		}
		row(w, "failed", name+": "+f.Reason)
	}
}
