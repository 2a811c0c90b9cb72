package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

// proposalKinds lists what centers decide by proposal.
func proposalKinds() []proposalKind {
	kinds := []proposalKind{{
		Kind: "center.admit", Usage: "--descriptor FILE", Needs: []string{"descriptor"},
		Short:   "Admit a center, from the descriptor that its 'hanse init' printed",
		Long:    "Admits a center: its DID is created, its node validates two blocks after the proposal passed. Until then it follows\nthe league from a home that 'hanse genesis install' prepared.",
		Example: "  hanse center propose center.admit --descriptor agency.json --home ~/center-a",
		Flags:   func(cmd *cobra.Command) { cmd.Flags().String("descriptor", "", "descriptor of the new center") },
		Content: admitContent,
	}}
	for _, k := range []struct{ kind, short string }{
		{"center.suspend", "Suspend a center: it keeps its place, and neither validates, sponsors, votes nor accredits"},
		{"center.reinstate", "Lift the suspension of a center"},
		{"center.remove", "Remove a center from the league; a center may propose it of itself"},
		{"sponsor.halt", "Refuse all batches of a center at once; its vote and its validator stay"},
		{"sponsor.resume", "Take batches of a halted center again"},
	} {
		kinds = append(kinds, proposalKind{
			Kind: k.kind, Usage: "--center CENTER", Needs: []string{"center"}, Short: k.short,
			Example: fmt.Sprintf("  hanse center propose %s --center agency --reason \"…\" --home ~/center-a", k.kind),
			Flags:   centerFlag, Content: centerContent,
		})
	}
	kinds = append(kinds, proposalKind{
		Kind: "center.rotate", Usage: "--center CENTER --validator KEY", Needs: []string{"center", "validator"},
		Short:   "Replace the validator key of a center that has lost it",
		Long:    "Replaces the validator key of a center that can no longer do it by itself ('hanse center rotate-key'). That command's\n--prepare makes the new key at the center, and prints it.",
		Example: "  hanse center propose center.rotate --center agency --validator z6Mk… --home ~/center-a",
		Flags: func(cmd *cobra.Command) {
			centerFlag(cmd)
			cmd.Flags().String("validator", "", "the new validator key: Ed25519, multikey")
		},
		Content: rotateContent,
	}, proposalKind{
		Kind: "params.change", Usage: "--param NAME=VALUE", Needs: []string{"param"},
		Short:   "Change ledger parameters; the old values and the new ones are shown",
		Example: "  hanse center propose params.change --param votingSeconds=86400 --param maxListSize=2097152 --home ~/center-a",
		Flags: func(cmd *cobra.Command) {
			cmd.Flags().StringArray("param", nil, "a parameter, NAME=VALUE (repeatable); 'hanse league params' has names and bounds")
		},
		Content: paramsContent, Show: showParams,
	}, proposalKind{
		Kind:    "rules.change",
		Short:   "Change the rule table: which action needs which role, majority and delay",
		Long:    "Replaces or adds rows of the rule table, and removes others: {\"rules\": [row…], \"remove\": [{\"action\", \"role\"}…]}. A row is\n{action, role, numerator?, denominator?, delay?, resources?}; 'hanse league rules -o json' prints the present ones.",
		Example: "  echo '" + ruleExample + "' |\n    hanse center propose rules.change --content - --home ~/center-a",
		Show:    showRules,
	}, proposalKind{
		Kind: "upgrade.plan", Usage: "--name NAME --height H --min-version V", Needs: []string{"name", "height", "min-version"},
		Short:   "Plan an upgrade: from a height on only binaries of a version or later take part",
		Example: "  hanse center propose upgrade.plan --name spring --height 250000 --min-version 1.4.0 --digest linux/amd64=9f86d0… --home ~/center-a",
		Flags:   upgradeFlags, Content: upgradeContent,
	}, proposalKind{
		Kind: "upgrade.cancel", Usage: "--name NAME", Needs: []string{"name"},
		Short:   "Cancel a planned upgrade",
		Example: "  hanse center propose upgrade.cancel --name spring --home ~/center-a",
		Flags:   func(cmd *cobra.Command) { cmd.Flags().String("name", "", "name of the upgrade") },
		Content: func(a *actor) (map[string]any, error) { return map[string]any{"name": a.text("name")}, nil },
	})
	return append(kinds, trustKinds()...)
}

// text is the value of a string flag.
func (a *actor) text(flag string) string {
	text, _ := a.cmd.Flags().GetString(flag)
	return text
}

func centerFlag(cmd *cobra.Command) {
	cmd.Flags().String("center", "", "the center: its name or its DID")
}

func centerContent(a *actor) (map[string]any, error) {
	id, err := centerNamed(a, a.text("center"))
	return map[string]any{"center": string(id)}, err
}

func admitContent(a *actor) (map[string]any, error) {
	d, err := readDescriptorFile(a.cmd, a.text("descriptor"))
	if err != nil {
		return nil, err
	}
	value, err := plainValue(d.Center)
	return map[string]any{"center": value}, err
}

func rotateContent(a *actor) (map[string]any, error) {
	content, err := centerContent(a)
	if err != nil {
		return nil, err
	}
	key, err := keys.ParseMultikey(a.text("validator"))
	if err != nil || key.Algorithm() != keys.EdDSA {
		return nil, usage(fmt.Errorf("--validator %q is not an Ed25519 multikey", a.text("validator")), "'hanse center rotate-key --prepare' prints one, at the center that needs it")
	}
	content["validator"] = key.Multikey()
	return content, nil
}

func paramsContent(a *actor) (map[string]any, error) {
	texts, _ := a.cmd.Flags().GetStringArray("param")
	values, err := parseParams("--param", texts)
	if err != nil {
		return nil, err
	}
	params := map[string]any{}
	for name, v := range values {
		params[name] = v
	}
	return map[string]any{"params": params}, nil
}

func upgradeFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.String("name", "", "name of the upgrade")
	f.Int64("height", 0, "first height that needs the new version")
	f.String("min-version", "", "oldest version that takes part from then on: 1.4.0")
	f.StringToString("digest", nil, "PLATFORM=SHA-256 of a binary, hexadecimal (repeatable): linux/amd64=9f86d0…")
}

func upgradeContent(a *actor) (map[string]any, error) {
	height, _ := a.cmd.Flags().GetInt64("height")
	given, _ := a.cmd.Flags().GetStringToString("digest")
	digests := map[string]any{}
	for platform, digest := range given {
		digests[platform] = strings.ToLower(digest)
	}
	return map[string]any{
		"name": a.text("name"), "height": height, "minVersion": a.text("min-version"), "digests": digests,
	}, nil
}

// readDID reads a DID that a flag or argument names.
func readDID(what, text string) (did.DID, error) {
	id, err := did.Parse(text)
	if err != nil {
		return "", usage(fmt.Errorf("%s: %w", what, err), "a DID looks like did:hanse:LEAGUE:Qm…, did:key:z6Mk… or did:jwk:…")
	}
	return id, nil
}
