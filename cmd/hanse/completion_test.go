package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestCompletionsAreMadeForEveryShell(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		var out bytes.Buffer
		if code := run([]string{"completion", shell}, nil, &out, testLog{t}); code != 0 || !strings.Contains(out.String(), "hanse") {
			t.Errorf("%s: exit %d, %d bytes", shell, code, out.Len())
		}
	}
}

// TestHelpHasExamples holds every command that does something to the promise of the README: a screen of help with examples.
func TestHelpHasExamples(t *testing.T) {
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			walk(sub)
		}
		if c.HasSubCommands() || c.Hidden || c.Name() == "version" {
			return
		}
		if c.Example == "" || c.Short == "" {
			t.Errorf("%s has no example or no description", c.CommandPath())
		}
		if lines := strings.Count(c.UsageString()+c.Long, "\n"); lines > 45 {
			t.Errorf("help of %s has %d lines, more than a screen", c.CommandPath(), lines)
		}
	}
	walk(newRoot())
}
