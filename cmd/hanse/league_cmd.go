package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
)

func leagueCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "league", Short: "The league: head, parameters, rules, proposals"}
	cmd.AddCommand(leagueShowCommand(), leagueParamsCommand(), leagueRulesCommand(), leagueProposalsCommand(), leagueProposalCommand())
	for _, c := range cmd.Commands() {
		addAPI(c)
		addOutput(c)
	}
	return cmd
}

func leagueShowCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show", Short: "Show the league as a center sees it", Args: cobra.NoArgs, Example: "  hanse league show",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := clientOf(cmd)
			if err != nil {
				return err
			}
			l, err := c.League(cmd.Context())
			if err != nil {
				return err
			}
			return show(cmd, l, func(w io.Writer) {
				row(w, "league", l.League)
				row(w, "profile", l.Profile)
				row(w, "height", l.Height)
				row(w, "time", l.Time)
				row(w, "app hash", l.AppHash)
				row(w, "centers", fmt.Sprintf("%d, %d of them active", l.Centers, l.Active))
				row(w, "rules", fmt.Sprintf("version %d, since %s", l.Rules.N, orGenesis(l.Rules.Since)))
				if u := l.Upgrade; u != nil {
					row(w, "upgrade", fmt.Sprintf("%s: from height %d on, version %s or later (proposal %d)", u.Name, u.Height, u.MinVersion, u.Proposal))
				}
			})
		},
	}
}

func leagueParamsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "params", Short: "Show the ledger parameters with their defaults and bounds", Args: cobra.NoArgs,
		Long:    "Shows the ledger parameters. 'hanse center propose params.change --param NAME=VALUE' asks the centers for another value.",
		Example: "  hanse league params\n  hanse league params -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := clientOf(cmd)
			if err != nil {
				return err
			}
			params, err := c.Params(cmd.Context())
			if err != nil {
				return err
			}
			return show(cmd, params, func(w io.Writer) {
				row(w, "PARAMETER", "VALUE", "DEFAULT", "FROM", "TO")
				for _, s := range exec.ParamSpecs() {
					row(w, s.Name, params[s.Name], s.Default, s.Min, s.Max)
				}
			})
		},
	}
}

func leagueRulesCommand() *cobra.Command {
	return &cobra.Command{
		Use: "rules", Short: "Show which action needs which role, majority and delay", Args: cobra.NoArgs,
		Long: `Shows the rule table: who may do what. The league acts by proposal, a center alone, the ledger by itself on
evidence of misbehaviour. What has no row nobody may do. 'hanse center propose rules.change' changes it.`,
		Example: "  hanse league rules",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := clientOf(cmd)
			if err != nil {
				return err
			}
			l, err := c.League(cmd.Context())
			if err != nil {
				return err
			}
			return show(cmd, l.Rules, func(w io.Writer) {
				row(w, "ACTION", "ROLE", "MORE THAN", "DELAY", "RESOURCES")
				for _, r := range l.Rules.Rules {
					row(w, r.Action, r.Role, majorityOf(r), delayOf(r.Delay), joined(r.Resources))
				}
			})
		},
	}
}

func majorityOf(r governance.Rule) string {
	switch {
	case r.Role != governance.RoleLeague:
		return ""
	case r.Denominator == 0:
		return "parameters"
	default:
		return fmt.Sprintf("%d/%d", r.Numerator, r.Denominator)
	}
}

func delayOf(seconds int64) string {
	if seconds == 0 {
		return ""
	}
	return (time.Duration(seconds) * time.Second).String()
}

func joined[T ~string](list []T) string {
	texts := make([]string, len(list))
	for i, item := range list {
		texts[i] = string(item)
	}
	return strings.Join(texts, " ")
}
