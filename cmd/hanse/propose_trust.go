package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"
)

// trustKinds lists what the league decides about accreditations, and about recovering a DID.
func trustKinds() []proposalKind {
	kinds := []proposalKind{{
		Kind: "trust.accredit", Usage: "--subject DID --type T", Needs: []string{"subject"},
		Short: "Accredit a DID in the name of the league",
		Example: `  hanse center propose trust.accredit --subject did:hanse:acme:Qm… --action accredit --type UniversityDegreeCredential --home ~/center-a
  hanse center propose trust.accredit --subject did:hanse:acme:Qm… --action accredit --prefix Health --depth 1 --jurisdiction DE --home ~/center-a`,
		Flags: func(cmd *cobra.Command) {
			cmd.Flags().String("subject", "", "DID that is accredited")
			addGrant(cmd)
		},
		Content: func(a *actor) (map[string]any, error) { return grantBody(a.cmd, a.text("subject")) },
	}}
	for _, k := range []struct{ verb, short string }{
		{"suspend", "Suspend any accreditation, with everything that stands on it"},
		{"reinstate", "Lift the suspension of any accreditation"},
		{"revoke", "Revoke any accreditation for ever, with everything that stands on it"},
	} {
		kinds = append(kinds, proposalKind{
			Kind: "trust." + k.verb, Usage: "--accreditation ID", Needs: []string{"accreditation"}, Short: k.short,
			Example: fmt.Sprintf("  hanse center propose trust.%s --accreditation 3q2-7w… --reason \"as audited\" --home ~/center-a", k.verb),
			Flags: func(cmd *cobra.Command) {
				cmd.Flags().String("accreditation", "", "id of the accreditation: 'hanse trust list' shows it")
				addAlter(cmd, k.verb)
			},
			Content: func(a *actor) (map[string]any, error) { return alterBody(a.cmd, a.text("accreditation")) },
		})
	}
	return append(kinds, proposalKind{
		Kind: "trust.recognise", Usage: "--of LEAGUE --type T", Needs: []string{"of"},
		Short:   "Recognise the accreditations of another league, or stop to",
		Example: "  hanse center propose trust.recognise --of urn:hanse:league:north --prefix Example --home ~/center-a",
		Flags:   recognitionFlags, Content: func(a *actor) (map[string]any, error) { return recognitionBody(a.cmd, a.text("of")) },
	}, proposalKind{
		Kind: "did.recover", Usage: "--recover DID", Needs: []string{"recover"},
		Short: "Recover a DID that named the league as its recovery of last resort",
		Long: "Starts the recovery of a DID, a center's too, whose keys are lost. It takes effect after the public delay that the DID\n" +
			"asked for at its creation; until then any of its control keys can cancel it.",
		Example: "  hanse center propose did.recover --recover did:hanse:acme:Qm… --new-key z6Mk… --reason \"keys lost in a fire\" --home ~/center-a",
		Flags: func(cmd *cobra.Command) {
			cmd.Flags().String("recover", "", "DID to recover")
			addRecoveredState(cmd)
		},
		Content: leagueRecoveryContent,
	})
}

func recognitionFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.String("of", "", "DID of a center, or the URI of another league (urn:hanse:league:…)")
	f.StringSlice("type", nil, "credential types (repeatable)")
	f.StringSlice("prefix", nil, "beginnings of credential types (repeatable)")
	f.Bool("not", false, "say that it is not recognised")
}

// recognitionBody is the body of a trust.recognise; types and prefixes of none mean all.
func recognitionBody(cmd *cobra.Command, of string) (map[string]any, error) {
	f, texts := cmd.Flags(), []string{}
	for _, name := range []string{"type", "prefix"} {
		values, _ := f.GetStringSlice(name)
		for _, v := range values {
			texts = append(texts, name+":"+v)
		}
	}
	if len(texts) == 0 {
		texts = []string{"prefix:"}
	}
	if _, err := parseResources("--type", texts); err != nil {
		return nil, err
	}
	not, _ := f.GetBool("not")
	return map[string]any{"of": of, "accepted": !not, "resources": sortedTexts(texts)}, nil
}

// sortedTexts is a list for an operation's body, sorted and without repetitions.
func sortedTexts(texts []string) []any {
	sorted := slices.Sorted(slices.Values(texts))
	return anyList(slices.Compact(sorted))
}
