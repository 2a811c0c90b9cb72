package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/api/client"
	"github.com/hanse-id/hanse/did"
)

func didResolveCommand() *cobra.Command {
	var versionID, versionTime string
	var proof bool
	cmd := &cobra.Command{
		Use:   "resolve DID",
		Short: "Resolve a DID at a center: did:hanse, did:key, did:jwk, did:web",
		Example: `  hanse did resolve did:hanse:dev:Qm…
  hanse did resolve did:key:z6Mk… -o json
  hanse did resolve --version-time 2026-03-01T00:00:00Z did:hanse:dev:Qm…`,
		Args: cobra.ExactArgs(1),
	}
	addAPI(cmd)
	addOutput(cmd)
	f := cmd.Flags()
	f.StringVar(&versionID, "version-id", "", "this version")
	f.StringVar(&versionTime, "version-time", "", "the version of this instant (RFC 3339, UTC, whole seconds)")
	f.BoolVar(&proof, "proof", false, "attach the Merkle proof (with -o json)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := clientOf(cmd)
		if err != nil {
			return err
		}
		options := url.Values{}
		for name, value := range map[string]string{"versionId": versionID, "versionTime": versionTime} {
			if value != "" {
				options.Set(name, value)
			}
		}
		if proof {
			options.Set("proof", "true")
		}
		result, err := c.Resolve(cmd.Context(), args[0], options)
		if errors.Is(err, did.ErrNotFound) && versionID+versionTime != "" {
			if e := result.Resolution.Error; e != nil && e.Detail != "" {
				return hinted(err, "the center says: %s", e.Detail)
			}
			return hinted(err, "the DID may exist, and not have this version: try without --version-id and --version-time")
		}
		if err != nil {
			return err
		}
		if err := show(cmd, result, func(w io.Writer) { printResolution(w, result) }); err != nil {
			return err
		}
		if result.Metadata.Deactivated && string(result.Document) == "null" {
			return &cliError{Code: exitNotFound, Err: fmt.Errorf("%s is deactivated", args[0]), Hint: "older versions stay readable: --version-id or --version-time"}
		}
		return nil
	}
	return cmd
}

func printResolution(w io.Writer, r *client.Resolution) {
	if r.Metadata.VersionID != "" {
		row(w, "version", r.Metadata.VersionID)
		row(w, "created", r.Metadata.Created)
	}
	if r.Metadata.Updated != "" {
		row(w, "updated", r.Metadata.Updated)
	}
	if r.Metadata.Deactivated {
		row(w, "deactivated", true)
	}
	if p := r.Metadata.Recovery; p != nil {
		row(w, "recovery", fmt.Sprintf("pending, started by the %s at %s: takes effect at %s, from version %s", p.By, p.Started, p.Due, p.Base))
	}
	if r.Metadata.Disputed != "" {
		row(w, "disputed", "by the recovery that made version "+r.Metadata.Disputed)
	}
	if r.Metadata.DuringRecovery != "" {
		row(w, "flagged", "made while recovery "+r.Metadata.DuringRecovery+" was pending")
	}
	var document any
	if json.Unmarshal(r.Document, &document) == nil && document != nil {
		text, _ := json.MarshalIndent(document, "", "  ")
		fmt.Fprintln(w, printable(string(text)))
	}
}
