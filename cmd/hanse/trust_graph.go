package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/api/client"
)

func trustGraphCommand() *cobra.Command {
	var root, after, form string
	var limit int
	cmd := &cobra.Command{
		Use:   "graph",
		Short: "Draw who accredited whom, from the league or from one DID downwards",
		Long: `Prints the accreditations below the league, or below --root, as text, as JSON, or as a graph for Graphviz (-o dot).
What was itself suspended or revoked, or has expired, is marked with its state; everything below it does not hold
either ('hanse trust path' and 'hanse trust show' judge the whole path).`,
		Example: "  hanse trust graph\n  hanse trust graph --root did:hanse:acme:Qm… -o dot | dot -Tsvg > trust.svg",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := clientOf(cmd)
			if err != nil {
				return err
			}
			g, err := c.TrustGraphAfter(cmd.Context(), root, after, limit)
			if err != nil {
				return err
			}
			noteMore(cmd, g.Next)
			switch form {
			case "json":
				return writeJSON(cmd.OutOrStdout(), g)
			case "dot":
				writeDot(cmd.OutOrStdout(), g)
			case "text":
				writeTree(cmd.OutOrStdout(), g)
			default:
				return usagef("output form %q is none of dot, json and text", form)
			}
			return nil
		},
	}
	addAPI(cmd)
	f := cmd.Flags()
	f.StringVarP(&form, "output", "o", "text", "output form: dot, json or text")
	f.StringVar(&root, "root", "", "DID to begin at (default: the league)")
	addPaging(cmd, &after, &limit, 1000)
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"dot", "json", "text"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// writeDot writes a graph in the language of Graphviz; names are quoted, so none can leave its place.
func writeDot(w io.Writer, g *client.Graph) {
	fmt.Fprintln(w, "digraph trust {\n  rankdir=TB;\n  node [fontname=\"sans-serif\"];")
	for _, n := range g.Nodes {
		shape := map[string]string{"league": "doubleoctagon", "center": "box"}[n.Kind]
		fmt.Fprintf(w, "  %s [label=%s, shape=%s];\n", dotText(n.ID), dotText(labelOf(n)), cmp.Or(shape, "ellipse"))
	}
	for _, e := range g.Edges {
		style := ""
		if e.State != "active" {
			style = ", style=dashed"
		}
		fmt.Fprintf(w, "  %s -> %s [label=%s%s];\n", dotText(e.From), dotText(e.To), dotText(edgeLabel(e)), style)
	}
	fmt.Fprintln(w, "}")
}

func dotText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", " ").Replace(printable(s)) + `"`
}

func labelOf(n client.GraphNode) string { return cmp.Or(n.Name, n.ID) }

func edgeLabel(e client.GraphEdge) string {
	label := strings.TrimSpace(e.Action + " " + string(e.Resource))
	if e.State != "active" {
		label += ", " + e.State
	}
	return label
}

// writeTree writes a graph as an indented list. What stands below two authorities is written below the first of them.
func writeTree(w io.Writer, g *client.Graph) {
	names, below, under := map[string]client.GraphNode{}, map[string][]client.GraphEdge{}, map[string]bool{}
	for _, n := range g.Nodes {
		names[n.ID] = n
	}
	for _, e := range g.Edges {
		below[e.From] = append(below[e.From], e)
		under[e.To] = true
	}
	seen := map[string]bool{}
	var write func(id string, depth int)
	write = func(id string, depth int) {
		if seen[id] {
			return
		}
		seen[id] = true
		for _, e := range below[id] {
			fmt.Fprintf(w, "%s%s: %s\n", strings.Repeat("  ", depth), printable(labelOf(nodeOf(names, e.To))), printable(edgeLabel(e)))
			write(e.To, depth+1)
		}
	}
	for _, n := range g.Nodes {
		if !under[n.ID] {
			fmt.Fprintln(w, printable(labelOf(n)))
			write(n.ID, 1)
		}
	}
}

func nodeOf(names map[string]client.GraphNode, id string) client.GraphNode {
	if n, found := names[id]; found {
		return n
	}
	return client.GraphNode{ID: id}
}
