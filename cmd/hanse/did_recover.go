package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/api/client"
	"github.com/hanse-id/hanse/app/identity"
	"github.com/hanse-id/hanse/did"
)

func didRecoverCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "recover",
		Short: "Give a DID whose keys are lost new ones, as it provided for",
		Long: `A DID may name who recovers it: a set of DIDs, so many of which act together, and the league ('hanse did create
--recovery-set --recovery-league'). A recovery is public and takes effect after a delay; until then it can be
cancelled. Nobody who is not named can recover a DID.

Where several have to sign, one begins with --sign-only FILE, the others sign with 'hanse op sign FILE > THEIRS', on
whatever machine, and 'hanse op submit FILE THEIRS…' sends all signatures. The league's recovery is 'hanse center propose did.recover'.`,
	}
	cmd.AddCommand(recoverStartCommand(), recoverCancelCommand(), recoverShowCommand())
	return cmd
}

// addRecoveredState adds the flags that say what a DID is to be after its recovery.
func addRecoveredState(cmd *cobra.Command) {
	f := cmd.Flags()
	f.String("new-key", "", "the key that will control the DID: a multikey, or the name of a key of yours")
	f.String("document", "", "file with the whole document instead")
	f.String("base", "", "the last version that is good, by its id: later ones become disputed (default: the present one)")
	cmd.MarkFlagsMutuallyExclusive("new-key", "document")
}

func recoverStartCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "start DID --new-key KEY --key NAME",
		Short: "Start the recovery of a DID, as a member of its recovery set",
		Long: `Starts a recovery. --key signs, as the member --as of the recovery set. The DID's document stays as it is in the
version --base, but for its control keys, which --new-key replaces; --document gives another one.`,
		Example: `  hanse did recover start $DID --new-key z6Mk… --key me                                # a set of which one is enough
  hanse did recover start $DID --new-key z6Mk… --key me --sign-only recover.json       # others: hanse op sign recover.json --key mine > mine.json
  hanse did recover start $DID --new-key z6Mk… --base 3-Qm… --key me --as did:hanse:acme:Qm…`,
		Args: cobra.ExactArgs(1),
	}
	addWriting(cmd)
	addRecoveredState(cmd)
	addMember(cmd)
	cmd.MarkFlagsOneRequired("new-key", "document")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		m, err := memberOf(cmd, args[0])
		if err != nil {
			return err
		}
		body, err := recoveredState(m.actor)
		if err != nil {
			return err
		}
		return m.act("did.recover", body)
	}
	return cmd
}

func recoverCancelCommand() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "cancel DID --key NAME",
		Short: "Cancel a pending recovery, with a control key or as the recovery set",
		Long: `Cancels a recovery that has not taken effect. The present control keys can do it, and the recovery set (--as); one of
the league's is vetoed by any single control key. Where the DID uses pre-rotation, only the key of 'next' cancels what
the recovery set started: --next-key.`,
		Example: "  hanse did recover cancel $DID --key me\n  hanse did recover cancel $DID --key friend --as did:key:z6Mk… --sign-only cancel.json",
		Args:    cobra.ExactArgs(1),
	}
	addWriting(cmd)
	addMember(cmd)
	cmd.Flags().StringVar(&reason, "reason", "", "why, for everyone to read")
	cmd.Flags().Bool("next-key", false, "the key is the committed next one (pre-rotation), and is revealed by this")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		m, err := memberOf(cmd, args[0])
		if err != nil {
			return err
		}
		pending, err := m.client.Recovery(cmd.Context(), m.did)
		if err != nil {
			return hinted(err, "'hanse did recover show' says whether one is pending")
		}
		body := map[string]any{"recovery": pending.Operation.String()}
		if reason != "" {
			body["reason"] = reason
		}
		if next, _ := cmd.Flags().GetBool("next-key"); next {
			multikey := m.signer.Public().Multikey()
			body["keys"] = []any{multikey}
			m.method = did.URL{DID: m.did, Fragment: multikey}
		}
		return m.act("did.recover.cancel", body)
	}
	return cmd
}

func recoverShowCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "show DID", Short: "Show who may recover a DID, and the recovery that is pending", Args: cobra.ExactArgs(1),
		Example: "  hanse did recover show $DID",
		RunE:    runRecoverShow,
	}
	addAPI(cmd)
	addOutput(cmd)
	return cmd
}

// recoveryState is what `did recover show` prints.
type recoveryState struct {
	DID      did.DID          `json:"did"`
	Declared map[string]any   `json:"recovery,omitempty"` // as the DID's record has it
	Pending  *client.Recovery `json:"pending,omitempty"`
}

func runRecoverShow(cmd *cobra.Command, args []string) error {
	id, err := readDID("DID", args[0])
	if err != nil {
		return err
	}
	c, err := clientOf(cmd)
	if err != nil {
		return err
	}
	record, err := c.Record(cmd.Context(), id)
	if err != nil {
		return err
	}
	state := recoveryState{DID: id, Declared: record.Recovery.Value()}
	switch pending, err := c.Recovery(cmd.Context(), id); {
	case err == nil:
		state.Pending = pending
	case classify(err).Code != exitNotFound: // not found: nothing is pending
		return err
	}
	return show(cmd, state, func(w io.Writer) { printRecovery(w, record.Recovery, state.Pending) })
}

func printRecovery(w io.Writer, r *identity.Recovery, p *client.Recovery) {
	if r == nil || len(r.Set) == 0 && r.League == 0 {
		row(w, "recovery", "nobody can recover this DID")
	}
	if r != nil && len(r.Set) > 0 {
		row(w, "set", fmt.Sprintf("%d of %s, after %s", r.Threshold, joined(r.Set), delayOf(r.Delay)))
	}
	if r != nil && r.League > 0 {
		row(w, "league", "by proposal, after "+delayOf(r.League))
	}
	if p == nil {
		row(w, "pending", "nothing")
		return
	}
	row(w, "pending", fmt.Sprintf("started by the %s at %s, from version %s", p.By, p.Started, p.Base))
	row(w, "takes effect", p.Due)
	row(w, "operation", p.Operation)
}
