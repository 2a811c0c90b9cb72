package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/api/auth"
)

func apiKeyCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "api-key", Short: "Make, list and revoke API tokens of a center"}
	cmd.AddCommand(apiKeyCreateCommand(), apiKeyListCommand(), apiKeyRevokeCommand())
	for _, c := range cmd.Commands() {
		addHome(c)
	}
	return cmd
}

// openAPIKeys opens the file that a running center uses too.
func openAPIKeys(ctx context.Context, home string) (auth.Store, error) {
	if _, _, err := loadConfig(home, nil); err != nil {
		return nil, err
	}
	return auth.OpenSQLite(ctx, filepath.Join(home, "data", "auth.db"))
}

// withAPIKeys opens the API keys of the center that a command works on.
func withAPIKeys(cmd *cobra.Command, do func(auth.Store) error) error {
	home, err := homeOf(cmd)
	if err != nil {
		return err
	}
	store, err := openAPIKeys(cmd.Context(), home)
	if err != nil {
		return err
	}
	defer store.Close()
	return do(store)
}

// createAPIKey makes a token for a center that need not run.
func createAPIKey(ctx context.Context, home, name string, scopes []string, expires time.Time) (string, error) {
	store, err := openAPIKeys(ctx, home)
	if err != nil {
		return "", err
	}
	defer store.Close()
	_, token, err := store.Create(ctx, auth.NewKey{Name: name, Scopes: scopes, Expires: expires})
	return token, err
}

func apiKeyCreateCommand() *cobra.Command {
	var scopes []string
	var lifetime time.Duration
	cmd := &cobra.Command{
		Use:   "create NAME --scope SCOPE…",
		Short: "Make a token; it is printed once and stored hashed",
		Long: `Makes an API token and prints it, once. Scopes name what it may do:
  write:/issuers/{name}/credentials/issue   issue as one issuer ("*" as name: any)
  write:/issuers/{name}/credentials/status  revoke and suspend what it issued
  write:/credentials/status                 revoke and suspend what any issuer issued
  read:/issuers/{name}/templates            read the templates of one issuer; "write:": store and delete them
  write:/1.0/update                         let the center sign with its own keys (administrators)
  admin                                     everything: configuring issuers ('hanse issuer put') too
  *                                         the same`,
		Example: `  hanse api-key create registrar --scope write:/issuers/demo/credentials/issue --scope write:/credentials/status
  (umask 077; hanse api-key create ops --scope '*' --expires 720h > token)`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			home, err := homeOf(cmd)
			if err != nil {
				return err
			}
			var expires time.Time
			if lifetime > 0 {
				expires = time.Now().Add(lifetime)
			}
			token, err := createAPIKey(cmd.Context(), home, args[0], scopes, expires)
			if err != nil {
				return hinted(err, "for example: hanse api-key create %s --scope write:/credentials/status", args[0])
			}
			note(cmd, "this token is shown once; keep it in a file of mode 0600")
			fmt.Fprintln(cmd.OutOrStdout(), token)
			return nil
		},
	}
	cmd.Flags().StringArrayVar(&scopes, "scope", nil, "what the token may do; may be repeated")
	cmd.Flags().DurationVar(&lifetime, "expires", 0, "how long it lives, for example 720h (default: until revoked)")
	return cmd
}

func apiKeyListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "list", Short: "List tokens, revoked ones too; never their secrets", Args: cobra.NoArgs,
		Example: "  hanse api-key list -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withAPIKeys(cmd, func(store auth.Store) error {
				list, err := store.List(cmd.Context())
				if err != nil {
					return err
				}
				return show(cmd, list, func(w io.Writer) {
					row(w, "ID", "NAME", "SCOPES", "CREATED", "STATE")
					for _, k := range list {
						row(w, k.ID, k.Name, k.Scopes, k.Created.Format(time.RFC3339), keyState(k))
					}
				})
			})
		},
	}
	addOutput(cmd)
	return cmd
}

func keyState(k auth.Key) string {
	switch {
	case !k.Revoked.IsZero():
		return "revoked " + k.Revoked.Format(time.RFC3339)
	case k.Expires.IsZero():
		return "valid"
	case time.Now().Before(k.Expires):
		return "valid until " + k.Expires.Format(time.RFC3339)
	default:
		return "expired"
	}
}

func apiKeyRevokeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "revoke ID", Short: "End a token at once, also for a running center", Args: cobra.ExactArgs(1),
		Example: "  hanse api-key revoke 5f0c9a7be21d4c33",
		RunE: func(cmd *cobra.Command, args []string) error {
			return withAPIKeys(cmd, func(store auth.Store) error {
				if err := store.Revoke(cmd.Context(), args[0]); err != nil {
					return &cliError{Code: exitNotFound, Err: fmt.Errorf("%s: %w", args[0], err), Hint: "'hanse api-key list' shows the ids"}
				}
				note(cmd, "API key %s is revoked", args[0])
				return nil
			})
		},
	}
}
