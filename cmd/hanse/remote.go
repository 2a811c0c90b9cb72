package main

import (
	"cmp"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/api/client"
)

const defaultAPI = "http://127.0.0.1:7080"

// addAPI adds the flags of commands that talk to a center and need no token there. A token belongs to one center, so
// they send only one that is named for them.
func addAPI(cmd *cobra.Command) {
	cmd.Flags().String("api", "", "URL of a center (default $HANSE_API, then "+defaultAPI+")")
	cmd.Flags().String("ca", "", "file with the certificate of an authority that signed the center's, beside the system's (default $HANSE_CA)")
	cmd.Flags().String("token-file", "", "file with an API token, \"-\" for standard input (default: none)")
}

// addAuthorised adds the flags of commands that need a token: without --token-file it is $HANSE_TOKEN_FILE's.
func addAuthorised(cmd *cobra.Command) {
	addAPI(cmd)
	f := cmd.Flags().Lookup("token-file")
	f.Usage = "file with an API token, \"-\" for standard input (default $HANSE_TOKEN_FILE)"
	f.Annotations = map[string][]string{fromEnvironment: {"HANSE_TOKEN_FILE"}}
}

// fromEnvironment annotates a flag with the variable that is its default.
const fromEnvironment = "environment"

// clientOf returns a client of the center a command talks to.
func clientOf(cmd *cobra.Command) (*client.Client, error) { return clientAt(cmd, defaultAPI, "") }

// clientAtHome is clientOf with the center of a home where neither flag nor environment names one. What answers https there has
// a certificate for its public name only.
func clientAtHome(cmd *cobra.Command, cfg *config) (*client.Client, error) {
	if cfg.API.TLSCert != "" {
		return clientAt(cmd, cfg.Center.PublicURL, cfg.Fetch.CAFile)
	}
	return clientAt(cmd, publicURL(cfg.API.Listen, false), "")
}

// clientAt is clientOf with another center and authority where neither flag nor environment names one.
func clientAt(cmd *cobra.Command, fallback, authority string) (*client.Client, error) {
	base, _ := cmd.Flags().GetString("api")
	if base == "" {
		base = os.Getenv("HANSE_API")
	}
	if base == "" {
		base = fallback
	}
	if !strings.HasPrefix(base, "http://") && !strings.HasPrefix(base, "https://") {
		return nil, usagef("--api %q is not a URL: it begins with http:// or https://", base)
	}
	token, err := tokenOf(cmd)
	if err != nil {
		return nil, err
	}
	transport, err := httpClient(cmp.Or(authorityOf(cmd), authority))
	if err != nil {
		return nil, err
	}
	return client.New(base, client.Options{Token: token, Agent: "hanse-cli", HTTP: transport}), nil
}

// authorityOf is the file with the certificate of an authority that a command trusts beside the system's; "" for none.
func authorityOf(cmd *cobra.Command) string {
	ca, _ := cmd.Flags().GetString("ca")
	return cmp.Or(ca, os.Getenv("HANSE_CA"))
}

func tokenOf(cmd *cobra.Command) (string, error) {
	f := cmd.Flags().Lookup("token-file")
	path := f.Value.String()
	if variable := f.Annotations[fromEnvironment]; path == "" && len(variable) > 0 {
		path = os.Getenv(variable[0])
	}
	if path == "" {
		return "", nil
	}
	if path == "-" {
		text, err := readInput(cmd, "-", 4096)
		return strings.TrimSpace(string(text)), err
	}
	text, err := readPrivate(path)
	return strings.TrimSpace(string(text)), err
}

// addWait adds --wait to commands that submit an operation.
func addWait(cmd *cobra.Command) {
	cmd.Flags().Duration("wait", 15*time.Second, "how long to wait for the operation's receipt; 0: not at all")
}

func waitOf(cmd *cobra.Command) time.Duration {
	d, _ := cmd.Flags().GetDuration("wait")
	return d
}

// addPaging adds the flags of commands that print a part of a list.
func addPaging(cmd *cobra.Command, after *string, limit *int, most int) {
	cmd.Flags().StringVar(after, "after", "", "what follows this one, as the part before said")
	cmd.Flags().IntVar(limit, "limit", most, "how many, at most 1,000")
}

// noteMore says how to get the following part of a list.
func noteMore(cmd *cobra.Command, next string) {
	if next != "" {
		note(cmd, "there are more: --after %s", next)
	}
}
