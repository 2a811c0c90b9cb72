package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/api/client"
	"github.com/hanse-id/hanse/did/jcs"
)

// maxContent bounds what --content reads.
const maxContent = 64 << 10

// proposalKind is one kind of proposal, and how the command line says what it wants.
type proposalKind struct {
	Kind    string
	Usage   string // of its own flags
	Short   string
	Long    string
	Example string
	Needs   []string                 // flags that --content replaces
	Flags   func(cmd *cobra.Command) // nil: none of its own
	// Content builds the proposal's content from the flags; a says who proposes and asks the ledger.
	Content func(a *actor) (map[string]any, error)
	// Show says what would change, before the proposal is sent; nil: nothing beyond the content.
	Show func(a *actor, content map[string]any) error
}

func proposeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "propose KIND",
		Short: "Ask the centers to decide something, as the center of --home",
		Long: `Proposes something to the centers; proposing is voting yes. What each kind needs says its own help. --content FILE
gives the content of any kind as JSON.`,
		Example: `  hanse center propose center.suspend --center agency --reason "signs two blocks at one height" --home ~/center-a
  hanse center propose params.change --param votingSeconds=86400 --home ~/center-a`,
	}
	for _, k := range proposalKinds() {
		cmd.AddCommand(k.command())
	}
	return cmd
}

func (k proposalKind) command() *cobra.Command {
	cmd := &cobra.Command{
		Use: strings.TrimSpace(k.Kind + " " + k.Usage), Short: k.Short, Long: k.Long, Example: k.Example, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return k.run(cmd) },
	}
	addCenter(cmd)
	if k.Flags != nil {
		k.Flags(cmd)
	}
	cmd.Flags().String("content", "", "file with the proposal's content as JSON, \"-\" for standard input, instead of flags of its own")
	cmd.Flags().String("reason", "", "why, for everyone to read")
	return cmd
}

func (k proposalKind) run(cmd *cobra.Command) error {
	file, _ := cmd.Flags().GetString("content")
	if err := k.complete(cmd, file); err != nil {
		return err
	}
	a, err := actingCenter(cmd)
	if err != nil {
		return err
	}
	var content map[string]any
	if file != "" {
		content, err = readContent(cmd, file)
	} else {
		content, err = k.Content(a)
	}
	if err != nil {
		return err
	}
	if k.Show != nil {
		if err := k.Show(a, content); err != nil {
			return err
		}
	}
	body := map[string]any{"kind": k.Kind, "content": content}
	if reason, _ := cmd.Flags().GetString("reason"); reason != "" {
		body["reason"] = reason
	}
	receipt, err := a.act("league.propose", body)
	if err != nil || receipt == nil {
		return err
	}
	return showProposed(a, receipt)
}

// complete refuses a command line on which flags of the kind are missing, or stand beside --content.
func (k proposalKind) complete(cmd *cobra.Command, file string) error {
	for _, name := range k.Needs {
		switch given := cmd.Flags().Changed(name); {
		case file == "" && !given:
			return usage(fmt.Errorf("required flag --%s is missing", name), "see '%s --help'", cmd.CommandPath())
		case file != "" && given:
			return usage(fmt.Errorf("--%s and --content exclude each other", name), "--content is the whole content of the proposal")
		}
	}
	if file == "" && k.Content == nil {
		return usage(fmt.Errorf("required flag --content is missing"), "see '%s --help'", cmd.CommandPath())
	}
	return nil
}

// readContent reads the JSON content of a proposal: an object of strings, integers, lists and objects.
func readContent(cmd *cobra.Command, path string) (map[string]any, error) {
	data, err := readInput(cmd, path, maxContent)
	if err != nil {
		return nil, err
	}
	value, err := jcs.ParseIntegers(data, jcs.Limits{})
	if err != nil {
		return nil, usage(fmt.Errorf("%s: %w", path, err), "give a JSON object")
	}
	content, ok := value.(map[string]any)
	if !ok {
		return nil, usagef("%s: the content of a proposal is a JSON object", path)
	}
	return content, nil
}

// plainValue turns a value into what operations carry: maps, lists, strings and 64-bit integers.
func plainValue(v any) (any, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return jcs.ParseIntegers(data, jcs.Limits{})
}

// showProposed finds the proposal that an operation made and prints it.
func showProposed(a *actor, receipt *client.Receipt) error {
	p, err := proposalOf(a.cmd.Context(), a.client, receipt)
	if err != nil {
		return err
	}
	if p == nil {
		return show(a.cmd, receipt, func(w io.Writer) { printReceipt(w, receipt) })
	}
	return show(a.cmd, p, func(w io.Writer) { printProposal(w, p) })
}

// proposalOf reads the proposal that an operation made; nil while it is not committed.
func proposalOf(ctx context.Context, c *client.Client, receipt *client.Receipt) (*client.Proposal, error) {
	for before, final := int64(0), receipt.Final(); final; {
		page, err := c.Proposals(ctx, "", before, 100)
		if err != nil {
			return nil, err
		}
		for _, p := range page.Items {
			if p.Operation == receipt.ID {
				return c.Proposal(ctx, p.Number)
			}
			before = p.Number
		}
		if page.Next == "" || len(page.Items) == 0 {
			break
		}
	}
	return nil, nil
}

// showRules says what a change of the rule table replaces.
func showRules(a *actor, content map[string]any) error {
	league, err := a.client.League(a.cmd.Context())
	if err != nil {
		return err
	}
	var wanted struct {
		Rules  []rowName `json:"rules"`
		Remove []rowName `json:"remove"`
	}
	data, err := json.Marshal(content)
	if err != nil {
		return err
	}
	if err := json.NewDecoder(bytes.NewReader(data)).Decode(&wanted); err != nil {
		return usage(fmt.Errorf("content: %w", err), "for example %s", ruleExample)
	}
	present := map[rowName]string{}
	for _, r := range league.Rules.Rules {
		present[rowName{r.Action, string(r.Role)}] = jsonText(r)
	}
	for _, r := range wanted.Rules {
		before, found := present[r]
		if !found {
			before = "no row"
		}
		note(a.cmd, "%s for %s: was %s", r.Action, r.Role, before)
	}
	for _, r := range wanted.Remove {
		note(a.cmd, "%s for %s: %s, to be removed", r.Action, r.Role, present[r])
	}
	return nil
}

// rowName names a row of the rule table.
type rowName struct {
	Action string `json:"action"`
	Role   string `json:"role"`
}

const ruleExample = `{"rules":[{"action":"center.admit","role":"league","numerator":3,"denominator":4,"delay":86400}]}`

// showParams checks new values of parameters together with the present ones, and prints both.
func showParams(a *actor, content map[string]any) error {
	params, err := a.client.Params(a.cmd.Context())
	if err != nil {
		return err
	}
	wanted, _ := content["params"].(map[string]any)
	values := map[string]any{}
	for name, v := range params {
		values[name] = v
	}
	for _, name := range sortedNames(wanted) {
		note(a.cmd, "%s: %s → %s", name, jsonText(values[name]), jsonText(wanted[name]))
		values[name] = wanted[name]
	}
	return checkParams(values)
}
