package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// addOutput adds -o table|json to a command.
func addOutput(cmd *cobra.Command) {
	cmd.Flags().StringP("output", "o", "table", "output form: table or json")
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"table", "json"}, cobra.ShellCompDirectiveNoFileComp))
}

// show writes v as JSON with -o json, and otherwise calls table.
func show(cmd *cobra.Command, v any, table func(w io.Writer)) error {
	form, err := cmd.Flags().GetString("output")
	if err != nil {
		return err
	}
	switch form {
	case "json":
		return writeJSON(cmd.OutOrStdout(), v)
	case "table":
		w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 4, 2, ' ', 0)
		table(w)
		return w.Flush()
	default:
		return usagef("output form %q is neither table nor json", form)
	}
}

// writeJSON writes v as indented JSON. What could steer a terminal is escaped, which changes the text and not its meaning.
func writeJSON(w io.Writer, v any) error {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(w, escaped(text.String()))
	return err
}

// escaped writes runes that could steer a terminal as JSON escapes; encoding/json does so below U+0020 only.
func escaped(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r != '\n' && unsafeRune(r) {
			fmt.Fprintf(&b, "\\u%04x", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

var oneLine = strings.NewReplacer("\t", " ", "\n", " ")

// row writes tab-separated cells, made safe for a terminal: no cell can begin a line of its own.
func row(w io.Writer, cells ...any) {
	texts := make([]string, len(cells))
	for i, c := range cells {
		texts[i] = oneLine.Replace(printable(fmt.Sprint(c)))
	}
	fmt.Fprintln(w, strings.Join(texts, "\t"))
}

// note writes a line of progress to stderr.
func note(cmd *cobra.Command, format string, args ...any) {
	fmt.Fprintln(cmd.ErrOrStderr(), printable(fmt.Sprintf(format, args...)))
}

// isTerminal reports whether f is an interactive terminal.
func isTerminal(f any) bool {
	file, ok := f.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// readInput reads a file, or standard input for "-", at most limit bytes.
func readInput(cmd *cobra.Command, path string, limit int64) ([]byte, error) {
	var r io.Reader = cmd.InOrStdin()
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		r = f
	}
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return data, nil
}
