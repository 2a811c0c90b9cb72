package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/api/client"
	"github.com/hanse-id/hanse/did"
)

func centerCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "center",
		Short: "The centers of a league: look at them, propose, vote, change your own",
		Long: `A league is governed by its centers: every active one has one vote, and what concerns others is decided by
proposal. Commands that act as a center sign with the control key of its --home.`,
	}
	cmd.AddCommand(centerListCommand(), centerShowCommand(), proposeCommand(), voteCommand(), withdrawCommand(), rotateKeyCommand(), centerUpdateCommand())
	return cmd
}

func centerListCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the centers of the league", Args: cobra.NoArgs,
		Example: "  hanse center list\n  hanse center list --all -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := clientOf(cmd)
			if err != nil {
				return err
			}
			list, err := c.Centers(cmd.Context(), all)
			if err != nil {
				return err
			}
			return show(cmd, map[string]any{"items": list}, func(w io.Writer) {
				row(w, "NAME", "STATUS", "POWER", "SINCE", "API", "DID")
				for _, m := range list {
					row(w, m.Name, statusOf(m), m.Power, orGenesis(m.Standing), m.API, m.DID)
				}
			})
		},
	}
	addAPI(cmd)
	addOutput(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "former centers too")
	return cmd
}

func statusOf(m client.Center) string {
	if m.Halted {
		return string(m.Status) + ", halted"
	}
	return string(m.Status)
}

func orGenesis(since string) string {
	if since == "" {
		return "genesis"
	}
	return since
}

func centerShowCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "show CENTER", Short: "Show a center, by name or DID, with everything that happened to it", Args: cobra.ExactArgs(1),
		Example: "  hanse center show bank\n  hanse center show did:hanse:acme:Qm… -o json",
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := clientOf(cmd)
			if err != nil {
				return err
			}
			m, err := c.Center(cmd.Context(), args[0])
			if err != nil {
				return hinted(err, "'hanse center list --all' shows names and DIDs")
			}
			return show(cmd, m, func(w io.Writer) { printCenter(w, m) })
		},
	}
	addAPI(cmd)
	addOutput(cmd)
	return cmd
}

func printCenter(w io.Writer, m *client.Center) {
	row(w, "name", m.Name)
	row(w, "did", m.DID)
	row(w, "status", statusOf(*m))
	row(w, "power", m.Power)
	row(w, "validator", m.Validator)
	row(w, "sponsors", strings.Join(m.Sponsors, " "))
	row(w, "api", m.API)
	row(w, "evidence", m.Evidence)
	row(w, "")
	row(w, "VERSION", "SINCE", "HEIGHT", "STATUS", "CAUSE", "VALIDATOR")
	for _, v := range m.History {
		row(w, v.Version, orGenesis(v.Since), v.Height, statusOf(v), v.Cause, v.Validator)
	}
}

// centerNamed finds the DID of the center that a flag names, by name or by DID.
func centerNamed(a *actor, ref string) (did.DID, error) {
	m, err := a.client.Center(a.cmd.Context(), ref)
	if err != nil {
		return "", hinted(fmt.Errorf("center %q: %w", ref, err), "'hanse center list --all' shows names and DIDs")
	}
	return m.DID, nil
}

func voteCommand() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "vote NUMBER yes|no|abstain",
		Short: "Vote on a proposal, as the center of --home",
		Long: `Casts the vote of the center of --home; until the proposal closes, another choice replaces it. A proposal passes as
soon as more than the league's fraction of the active centers said yes (two thirds where nothing else was agreed),
and is then executed by itself.`,
		Example: `  hanse league proposal 7
  hanse center vote 7 yes --home ~/center-a --reason "audited on 3 March"`,
		Args: cobra.ExactArgs(2),
	}
	addCenter(cmd)
	cmd.Flags().StringVar(&reason, "reason", "", "why, for everyone to read")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		n, err := proposalNumber(args[0])
		if err != nil {
			return err
		}
		switch args[1] {
		case "yes", "no", "abstain":
		default:
			return usagef("choice %q is none of yes, no and abstain", args[1])
		}
		body := map[string]any{"proposal": n, "choice": args[1]}
		if reason != "" {
			body["reason"] = reason
		}
		return actOnProposal(cmd, "league.vote", n, body)
	}
	return cmd
}

func withdrawCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "withdraw NUMBER", Short: "Withdraw an open proposal that the center of --home made", Args: cobra.ExactArgs(1),
		Example: "  hanse center withdraw 7 --home ~/center-a",
	}
	addCenter(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		n, err := proposalNumber(args[0])
		if err != nil {
			return err
		}
		return actOnProposal(cmd, "league.withdraw", n, map[string]any{"proposal": n})
	}
	return cmd
}

func proposalNumber(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, usage(fmt.Errorf("proposal %q is not a number", text), "'hanse league proposals' lists them")
	}
	return n, nil
}

// actOnProposal does something to a proposal as a center and prints what became of that.
func actOnProposal(cmd *cobra.Command, kind string, n int64, body map[string]any) error {
	a, err := actingCenter(cmd)
	if err != nil {
		return err
	}
	receipt, err := a.act(kind, body)
	if err != nil || receipt == nil {
		return err
	}
	p, err := a.client.Proposal(cmd.Context(), n)
	if err != nil {
		return err
	}
	return show(cmd, p, func(w io.Writer) { printProposal(w, p) })
}
