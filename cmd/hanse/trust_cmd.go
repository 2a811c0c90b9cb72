package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

func trustCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "trust",
		Short: "Who may issue what, and by which path: accredit, revoke, ask",
		Long: `An accreditation says that a DID may issue, verify or accredit something. Each stands on another one, up to a center or
the league; the ledger checks every link, now and for any time in the past.

Commands that change something act as the center of --home, or as --did with --key of your keystore.`,
	}
	cmd.AddCommand(trustPathCommand(), trustListCommand(), trustShowCommand(), trustGraphCommand(), accreditCommand(),
		alterCommand("revoke", "Revoke an accreditation for ever", `Revokes an accreditation that you gave, or that was given below yours, or your own. What stands on it falls with it.
Credentials that were issued before stay good as of their date, unless the reason or --from says that it was not good
even then: keyCompromise and fraud reach back to its beginning.`),
		alterCommand("suspend", "Suspend an accreditation, with everything that stands on it", "Suspends an accreditation until 'hanse trust reinstate'."),
		alterCommand("reinstate", "Lift the suspension of an accreditation", "Lifts a suspension. A revocation cannot be undone."),
		recogniseCommand(), recognitionsCommand())
	return cmd
}

func accreditCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "accredit SUBJECT --type T",
		Short: "Accredit a DID: to issue, to verify, or to accredit others",
		Long: `Gives SUBJECT a right that you have yourself: --parent names the accreditation that gives it to you, nothing that a
center has it of its own right. It cannot be wider than that.`,
		Example: `  hanse trust accredit did:hanse:acme:Qm… --type ExampleDegreeCredential --home ~/center-a
  hanse trust accredit did:hanse:acme:Qm… --type UniversityDegreeCredential --parent 3q2-7w… --valid-until 2028-12-31T00:00:00Z --home ~/center-a
  hanse trust accredit did:key:z6Mk… --action verify --type ExampleDegreeCredential --parent 3q2-7w… --did did:hanse:acme:Qm… --key me`,
		Args: cobra.ExactArgs(1),
	}
	addCenterOrDID(cmd)
	addGrant(cmd)
	cmd.Flags().String("parent", "", "the accreditation that lets you accredit (default: a center's own right)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		body, err := grantBody(cmd, args[0])
		if err != nil {
			return err
		}
		if parent, _ := cmd.Flags().GetString("parent"); parent != "" {
			id, err := readID("--parent", parent)
			if err != nil {
				return err
			}
			body["parent"] = id.String()
		}
		return actOnTrust(cmd, "trust.accredit", body)
	}
	return cmd
}

func alterCommand(verb, short, long string) *cobra.Command {
	cmd := &cobra.Command{
		Use: verb + " ACCREDITATION", Short: short, Long: long,
		Example: fmt.Sprintf("  hanse trust %[1]s 3q2-7w… --home ~/center-a\n  hanse trust %[1]s 3q2-7w… --note \"as agreed\" --did did:hanse:acme:Qm… --key me", verb),
		Args:    cobra.ExactArgs(1),
	}
	addCenterOrDID(cmd)
	addAlter(cmd, verb)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		body, err := alterBody(cmd, args[0])
		if err != nil {
			return err
		}
		return actOnTrust(cmd, "trust."+verb, body)
	}
	return cmd
}

func recogniseCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "recognise OF",
		Short: "Say whether the center of --home recognises the accreditations of another center",
		Long: `Where a verifier accepts certain centers only, a path that ends in another one counts if one of them recognises it.
Without a statement the league's default holds (parameter openRecognition; 1, the default: recognised). OF is a center's
name or DID. Without --type and --prefix it is for all types.`,
		Example: "  hanse trust recognise bank --type ExampleDegreeCredential --home ~/center-a\n  hanse trust recognise did:hanse:acme:Qm… --not --home ~/center-a",
		Args:    cobra.ExactArgs(1),
	}
	addCenter(cmd)
	recognitionFlags(cmd)
	_ = cmd.Flags().MarkHidden("of")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		a, err := actorOf(cmd)
		if err != nil {
			return err
		}
		of, err := centerNamed(a, args[0])
		if err != nil {
			return err
		}
		body, err := recognitionBody(cmd, of.String())
		if err != nil {
			return err
		}
		return actAndShow(a, "trust.recognise", body)
	}
	return cmd
}

// actOnTrust acts and prints the receipt: the operation's id is the id of what it made.
func actOnTrust(cmd *cobra.Command, kind string, body map[string]any) error {
	a, err := actorOf(cmd)
	if err != nil {
		return err
	}
	return actAndShow(a, kind, body)
}

func actAndShow(a *actor, kind string, body map[string]any) error {
	receipt, err := a.act(kind, body)
	if err != nil || receipt == nil {
		return err
	}
	return show(a.cmd, receipt, func(w io.Writer) { printReceipt(w, receipt) })
}
