package main

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/api/client"
)

// maxSchema bounds the files that are only hashed.
const maxSchema = 16 << 20

func schemaCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Register credential types by the digest of their schema",
		Long: `A schema is registered by the digest of its bytes: whoever has the digest knows which version is meant. The file itself
stays where it is; only the digest goes to the ledger.`,
	}
	cmd.AddCommand(schemaRegisterCommand(), schemaListCommand(), schemaShowCommand(), schemaStatusCommand())
	return cmd
}

func schemaRegisterCommand() *cobra.Command {
	var id, version, credentialType, metadata, metadataFile string
	cmd := &cobra.Command{
		Use:     "register FILE --id URL --schema-version V --type T",
		Short:   "Register a schema; the center of --home becomes its owner",
		Example: `  hanse schema register degree.schema.json --id https://schemas.example/degree --schema-version 1.2 --type ExampleDegreeCredential --home ~/center-a`,
		Args:    cobra.ExactArgs(1),
	}
	addCenter(cmd)
	f := cmd.Flags()
	f.StringVar(&id, "id", "", "URL or URN of the schema")
	f.StringVar(&version, "schema-version", "", "version of the schema")
	f.StringVar(&credentialType, "type", "", "credential type that it describes")
	f.StringVar(&metadata, "metadata", "", "URL of the type's metadata")
	f.StringVar(&metadataFile, "metadata-file", "", "the metadata itself; only its digest goes to the ledger")
	for _, name := range []string{"id", "schema-version", "type"} {
		_ = cmd.MarkFlagRequired(name)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		digest, err := digestOf(cmd, args[0])
		if err != nil {
			return err
		}
		body := map[string]any{"digest": digest, "id": id, "version": version, "type": credentialType}
		if metadata != "" {
			body["metadata"] = metadata
		}
		if metadataFile != "" {
			if body["metadataDigest"], err = digestOf(cmd, metadataFile); err != nil {
				return err
			}
		}
		note(cmd, "digest %s", digest)
		return actOnTrust(cmd, "schema.register", body)
	}
	return cmd
}

// digestOf is the SRI digest of a file's bytes (W3C Subresource Integrity, 3.1).
func digestOf(cmd *cobra.Command, path string) (string, error) {
	data, err := readInput(cmd, path, maxSchema)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:]), nil
}

func schemaListCommand() *cobra.Command {
	q := client.SchemaQuery{}
	cmd := &cobra.Command{
		Use: "list", Short: "List registered schemas", Args: cobra.NoArgs,
		Example: "  hanse schema list --type ExampleDegreeCredential",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := clientOf(cmd)
			if err != nil {
				return err
			}
			page, err := c.Schemas(cmd.Context(), q)
			if err != nil {
				return err
			}
			noteMore(cmd, page.Next)
			return show(cmd, page, func(w io.Writer) {
				row(w, "TYPE", "VERSION", "STATUS", "ID", "DIGEST")
				for _, s := range page.Items {
					row(w, s.Type, s.Version, s.Status, s.ID, s.Digest)
				}
			})
		},
	}
	addAPI(cmd)
	addOutput(cmd)
	f := cmd.Flags()
	f.StringVar(&q.Type, "type", "", "of this credential type")
	addPaging(cmd, &q.After, &q.Limit, 100)
	return cmd
}

func schemaShowCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "show DIGEST", Short: "Show a registered schema, by its digest", Args: cobra.ExactArgs(1),
		Example: "  hanse schema show sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := clientOf(cmd)
			if err != nil {
				return err
			}
			s, err := c.Schema(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return show(cmd, s, func(w io.Writer) {
				row(w, "digest", s.Digest)
				row(w, "id", s.ID)
				row(w, "version", s.Version)
				row(w, "type", s.Type)
				row(w, "status", s.Status)
				row(w, "owner", s.Owner)
				row(w, "registered", fmt.Sprintf("%s at height %d", s.Time, s.Height))
				if s.Metadata != "" {
					row(w, "metadata", s.Metadata, s.MetadataDigest)
				}
				for _, c := range s.Changes {
					row(w, string(c.Status), fmt.Sprintf("%s at height %d", c.Time, c.Height))
				}
			})
		},
	}
	addAPI(cmd)
	addOutput(cmd)
	return cmd
}

func schemaStatusCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "status DIGEST active|deprecated|withdrawn", Short: "Say whether a schema that the center of --home registered should be used", Args: cobra.ExactArgs(2),
		Example: "  hanse schema status sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= deprecated --home ~/center-a",
		RunE: func(cmd *cobra.Command, args []string) error {
			switch args[1] {
			case "active", "deprecated", "withdrawn":
			default:
				return usagef("status %q is none of active, deprecated and withdrawn", args[1])
			}
			return actOnTrust(cmd, "schema.status", map[string]any{"digest": args[0], "status": args[1]})
		},
	}
	addCenter(cmd)
	return cmd
}
