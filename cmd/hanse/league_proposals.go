package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/api/client"
	"github.com/hanse-id/hanse/app/governance"
)

func leagueProposalsCommand() *cobra.Command {
	var state string
	var before int64
	var limit int
	cmd := &cobra.Command{
		Use: "proposals", Short: "List proposals, newest first", Args: cobra.NoArgs,
		Example: "  hanse league proposals --state open\n  hanse league proposals --before 100 --limit 50 -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := clientOf(cmd)
			if err != nil {
				return err
			}
			page, err := c.Proposals(cmd.Context(), state, before, limit)
			if err != nil {
				return err
			}
			if page.Next != "" {
				note(cmd, "there are more: --before %s", page.Next)
			}
			return show(cmd, page, func(w io.Writer) {
				row(w, "NUMBER", "STATE", "KIND", "YES", "NO", "NEEDED", "CLOSES", "REASON")
				for _, p := range page.Items {
					row(w, p.Number, p.State, p.Kind, p.Tally.Yes, p.Tally.No, p.Tally.Needed, p.Closes, p.Reason)
				}
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&state, "state", "", "open, passed, executed, failed, rejected or withdrawn")
	f.Int64Var(&before, "before", 0, "only proposals with a lower number")
	f.IntVar(&limit, "limit", 50, "how many")
	_ = cmd.RegisterFlagCompletionFunc("state", cobra.FixedCompletions([]string{"open", "passed", "executed", "failed", "rejected", "withdrawn"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func leagueProposalCommand() *cobra.Command {
	return &cobra.Command{
		Use: "proposal NUMBER", Short: "Show a proposal: what it would change, every vote, every reason", Args: cobra.ExactArgs(1),
		Example: "  hanse league proposal 7",
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := proposalNumber(args[0])
			if err != nil {
				return err
			}
			c, err := clientOf(cmd)
			if err != nil {
				return err
			}
			p, err := c.Proposal(cmd.Context(), n)
			if err != nil {
				return err
			}
			return show(cmd, p, func(w io.Writer) { printProposal(w, p) })
		},
	}
}

func printProposal(w io.Writer, p *client.Proposal) {
	row(w, "proposal", p.Number)
	row(w, "kind", p.Kind)
	row(w, "state", stateOf(p))
	row(w, "yes", fmt.Sprintf("%d of the %d needed; %d active centers", p.Tally.Yes, p.Tally.Needed, p.Tally.Voters))
	row(w, "closes", p.Closes)
	row(w, "proposer", p.Proposer)
	if p.Reason != "" {
		row(w, "reason", p.Reason)
	}
	printContent(w, p)
	row(w, "")
	row(w, "CENTER", "VOTE", "TIME", "REASON")
	for _, v := range p.Votes {
		row(w, cmp.Or(v.Name, string(v.Center)), v.Choice, v.Time, v.Reason)
	}
}

func stateOf(p *client.Proposal) string {
	switch p.State {
	case governance.Passed:
		return fmt.Sprintf("passed at %s, to be executed %s later", p.Passed, delayOf(p.Delay))
	case governance.Failed:
		return fmt.Sprintf("failed at %s: %s", p.Ended, p.Failure)
	case governance.Open:
		return string(p.State)
	default:
		return fmt.Sprintf("%s at %s", p.State, p.Ended)
	}
}

// printContent prints what a proposal wants; of parameters the old value and the new one.
func printContent(w io.Writer, p *client.Proposal) {
	content, before := objectOf(p.Content), objectOf(p.Before)
	if params, ok := content["params"].(map[string]any); ok && p.Kind == "params.change" {
		was, _ := before["params"].(map[string]any)
		if was == nil {
			was = before
		}
		for _, name := range sortedNames(params) {
			row(w, name, fmt.Sprintf("%s → %s", jsonText(was[name]), jsonText(params[name])))
		}
		return
	}
	for _, name := range sortedNames(content) {
		row(w, name, jsonText(content[name]))
	}
	for _, name := range sortedNames(before) {
		row(w, "before: "+name, jsonText(before[name]))
	}
}

// objectOf reads a JSON object; nil where it is none. Numbers stay as they are written.
func objectOf(data json.RawMessage) map[string]any {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var object map[string]any
	if dec.Decode(&object) != nil {
		return nil
	}
	return object
}

func sortedNames(m map[string]any) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// jsonText writes a value in one line; a string as it is.
func jsonText(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(data)
}
