// Command hanse is a center of a league, the tools of its operator, and a client for everybody else.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run executes one command line and returns its exit code (see exit.go).
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	e := classify(misuse(cmd, err))
	if e.Err != nil {
		fmt.Fprintf(stderr, "error: %s\n", printable(e.Err.Error()))
	}
	if e.Hint != "" {
		fmt.Fprintf(stderr, "hint: %s\n", printable(e.Hint))
	}
	return e.Code
}

// misuse makes usage errors of cobra's own errors: a wrong number of arguments, a missing flag.
func misuse(cmd *cobra.Command, err error) error {
	if _, known := errors.AsType[*cliError](err); known {
		return err
	}
	for _, beginning := range []string{"unknown command", "accepts ", "requires ", "required flag", "at least one of the flags", "if any flags in the group"} {
		if strings.HasPrefix(err.Error(), beginning) {
			return usage(reworded(err), "write it as '%s'; see '%s --help'", strings.TrimSuffix(cmd.UseLine(), " [flags]"), cmd.CommandPath())
		}
	}
	return err
}

var (
	flagsExcluded = regexp.MustCompile(`^if any flags in the group \[.*\] are set none of the others can be; \[(.*)\] were all set$`)
	flagsMissing  = regexp.MustCompile(`^at least one of the flags in the group \[(.*)\] is required$`)
)

// reworded says what cobra says of groups of flags in a way that names the flags as they are written.
func reworded(err error) error {
	written := func(names string) string { return "--" + strings.Join(strings.Fields(names), " and --") }
	if m := flagsExcluded.FindStringSubmatch(err.Error()); m != nil {
		return fmt.Errorf("%s do not go together", written(m[1]))
	}
	if m := flagsMissing.FindStringSubmatch(err.Error()); m != nil {
		return fmt.Errorf("one of %s is needed", written(m[1]))
	}
	return err
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "hanse",
		Short: "Trust and identity kept by several independent centers",
		Long: `hanse keeps DIDs, credential status and trust on one ledger that several
independent centers operate together: a league.

Start one on this machine:      hanse dev
See the whole story:            hanse demo`,
		Example: `  hanse dev
  hanse did resolve did:hanse:dev:Qm…
  hanse vc verify --input credential.json`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		for _, secret := range []string{"--token", "--passphrase", "--password", "--key-data"} {
			if strings.HasSuffix(err.Error(), "unknown flag: "+secret) {
				return usage(err, "secrets never stand on a command line: use %s-file FILE (mode 0600)", secret)
			}
		}
		if strings.HasPrefix(err.Error(), "unknown shorthand flag") { // one in 64 ids begins with a hyphen
			return usage(err, "see '%s --help'; an argument that begins with '-' follows '--', after all flags", cmd.CommandPath())
		}
		return usage(err, "see '%s --help'", cmd.CommandPath())
	})
	root.AddGroup(
		&cobra.Group{ID: "start", Title: "Start here:"},
		&cobra.Group{ID: "use", Title: "Identities and credentials:"},
		&cobra.Group{ID: "operate", Title: "Operate a center:"},
	)
	for group, commands := range map[string][]*cobra.Command{
		"start":   {devCommand(), demoCommand()},
		"use":     {didCommand(), keyCommand(), vcCommand(), vpCommand(), trustCommand(), schemaCommand(), leagueCommand(), opCommand()},
		"operate": {centerCommand(), initCommand(), genesisCommand(), serveCommand(), statusCommand(), issuerCommand(), templateCommand(), apiKeyCommand(), nodeCommand(), configCommand()},
	} {
		for _, c := range commands {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	root.AddCommand(versionCommand())
	requireKnownSubcommands(root)
	return root
}

// requireKnownSubcommands makes `hanse did reslove` a usage error with a suggestion instead of a help page and exit 0.
func requireKnownSubcommands(root *cobra.Command) {
	for _, c := range append(root.Commands(), root) {
		if !c.HasSubCommands() {
			continue
		}
		c.SuggestionsMinimumDistance = 2
		c.RunE = func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownSubcommand(cmd, args[0])
		}
		c.Args = cobra.ArbitraryArgs
		if c != root {
			requireKnownSubcommands(c)
		}
	}
}

func unknownSubcommand(cmd *cobra.Command, name string) error {
	hint := fmt.Sprintf("see '%s --help'", cmd.CommandPath())
	if s := cmd.SuggestionsFor(name); len(s) > 0 {
		hint = fmt.Sprintf("did you mean '%s %s'?", cmd.CommandPath(), s[0])
	}
	return &cliError{Code: exitUsage, Err: fmt.Errorf("unknown command %q", name), Hint: hint}
}
