package main

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/trust"
)

// addResource adds the flags that name one resource. Exactly one of them is to be given.
func addResource(cmd *cobra.Command) {
	f := cmd.Flags()
	f.String("type", "", "a credential type")
	f.String("prefix", "", "all credential types that begin so")
	f.String("schema", "", "a schema by its digest, sha256-…")
	f.String("resource", "", "the same as one text: type:T, prefix:P or schema:DIGEST")
	cmd.MarkFlagsMutuallyExclusive("type", "prefix", "schema", "resource")
}

// resourceOf reads what addResource added.
func resourceOf(cmd *cobra.Command) (governance.Resource, error) {
	for _, name := range []string{"type", "prefix", "schema", "resource"} {
		f := cmd.Flags().Lookup(name)
		if f == nil || !f.Changed {
			continue
		}
		text := f.Value.String()
		if name != "resource" {
			text = name + ":" + text
		}
		list, err := parseResources("--"+name, []string{text})
		if err != nil {
			return "", err
		}
		return list[0], nil
	}
	return "", usage(fmt.Errorf("what it is about is missing"), "name a credential type with --type, a beginning of types with --prefix, or a schema with --schema")
}

// addGrant adds the flags of an accreditation.
func addGrant(cmd *cobra.Command) {
	addResource(cmd)
	f := cmd.Flags()
	f.String("action", string(trust.Issue), "issue, verify or accredit")
	f.StringSlice("jurisdiction", nil, "only in these: ISO 3166 codes, DE or DE-BY (default: everywhere)")
	f.Duration("max-validity", 0, "longest validity of a credential issued under it (default: any)")
	f.Int64("depth", 0, "of accredit: how many more levels may accredit below the subject")
	f.Int64("count", 0, "of accredit: how many accreditations may ever be given under it (default: any number)")
	f.String("valid-from", "", "from this instant on, RFC 3339 (default: at once)")
	f.String("valid-until", "", "until this instant (default: open end)")
	f.String("evidence-file", "", "a document that it stands on; only its SHA-256 goes to the ledger")
	f.String("framework", "", "URL of the governance framework that it follows")
	_ = cmd.RegisterFlagCompletionFunc("action", cobra.FixedCompletions([]string{"issue", "verify", "accredit"}, cobra.ShellCompDirectiveNoFileComp))
}

// grantBody is the body of a trust.accredit, without a parent: what the flags of addGrant say of subject.
func grantBody(cmd *cobra.Command, subject string) (map[string]any, error) {
	id, err := readDID("subject", subject)
	if err != nil {
		return nil, err
	}
	resource, err := resourceOf(cmd)
	if err != nil {
		return nil, err
	}
	f := cmd.Flags()
	action, _ := f.GetString("action")
	switch trust.Action(action) {
	case trust.Issue, trust.Verify, trust.Accredit:
	default:
		return nil, usagef("--action %q is none of issue, verify and accredit", action)
	}
	body := map[string]any{"subject": string(id), "action": action, "resource": string(resource)}
	if limits := limitsOf(cmd); len(limits) > 0 {
		body["limits"] = limits
	}
	for flag, member := range map[string]string{"valid-from": "validFrom", "valid-until": "validUntil"} {
		if text, _ := f.GetString(flag); text != "" {
			if body[member], err = instant("--"+flag, text); err != nil {
				return nil, err
			}
		}
	}
	if file, _ := f.GetString("evidence-file"); file != "" {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(data)
		body["evidence"] = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	if framework, _ := f.GetString("framework"); framework != "" {
		body["framework"] = framework
	}
	return body, nil
}

func limitsOf(cmd *cobra.Command) map[string]any {
	f, limits := cmd.Flags(), map[string]any{}
	if codes, _ := f.GetStringSlice("jurisdiction"); len(codes) > 0 {
		limits["jurisdictions"] = sortedTexts(codes)
	}
	if d, _ := f.GetDuration("max-validity"); d > 0 {
		limits["validity"] = int64(d / time.Second)
	}
	for _, name := range []string{"depth", "count"} {
		if n, _ := f.GetInt64(name); n != 0 {
			limits[name] = n
		}
	}
	return limits
}

// addAlter adds the flags of commands that suspend, reinstate or revoke an accreditation.
func addAlter(cmd *cobra.Command, verb string) {
	f := cmd.Flags()
	f.String("note", "", "a remark for everyone to read")
	if verb != "reinstate" {
		f.String("because", "", "reason: unspecified, keyCompromise, affiliationChanged, superseded, cessationOfOperation, privilegeWithdrawn or fraud")
	}
	if verb == "revoke" {
		f.String("from", "", "it does not hold from this instant on (default: now; for keyCompromise and fraud from its beginning)")
	}
}

// alterBody is the body of a trust.suspend, trust.reinstate or trust.revoke.
func alterBody(cmd *cobra.Command, accreditation string) (map[string]any, error) {
	id, err := readID("accreditation", accreditation)
	if err != nil {
		return nil, err
	}
	f, body := cmd.Flags(), map[string]any{"accreditation": id.String()}
	if reason, _ := f.GetString("because"); reason != "" {
		body["reason"] = reason
	}
	if text, _ := f.GetString("note"); text != "" {
		body["note"] = text
	}
	if from, err := f.GetString("from"); err == nil && from != "" {
		if body["from"], err = instant("--from", from); err != nil {
			return nil, err
		}
	}
	return body, nil
}
