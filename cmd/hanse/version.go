package main

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/app/governance"
)

// buildInfo is what `hanse version` says.
type buildInfo struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Go       string `json:"go"`
	CometBFT string `json:"cometbft"`
}

// version is what a release is called that was built with -ldflags "-X main.version=1.4.0"; else the toolchain knows it, or
// nobody does.
var version string

// versionOf says which version this binary is, and reads from what it was built.
func versionOf() buildInfo {
	v := buildInfo{Version: cmp.Or(version, "unknown"), Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Version = cmp.Or(version, info.Main.Version)
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v.Revision = s.Value
		}
	}
	for _, dep := range info.Deps {
		if dep.Path == "github.com/cometbft/cometbft" {
			v.CometBFT = dep.Version
		}
	}
	return v
}

// releaseOf is a version that can be compared with what an upgrade plan asks for; "" for a build that knows none.
func releaseOf(version string) string {
	if _, err := governance.ParseVersion(version); err != nil {
		return ""
	}
	return version
}

func versionCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			v := versionOf()
			return show(cmd, v, func(w io.Writer) {
				fmt.Fprintf(w, "hanse %s (%s, CometBFT %s)\n", v.Version, v.Go, v.CometBFT)
			})
		},
	}
	addOutput(cmd)
	return cmd
}
