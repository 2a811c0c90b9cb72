package main

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/api/client"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/trust"
)

func trustPathCommand() *cobra.Command {
	q := client.PathQuery{}
	cmd := &cobra.Command{
		Use:   "path DID --type T",
		Short: "Ask whether a DID may issue something, and by which path; exit code 3 if it may not",
		Long: `Asks the ledger for the path from DID to the league: every accreditation on it, in force at that instant. Where there
is none the answer says why, with the best attempt. Exit code 0: it holds, 3: it does not.`,
		Example: `  hanse trust path did:hanse:acme:Qm… --type ExampleDegreeCredential
  hanse trust path did:hanse:acme:Qm… --type ExampleDegreeCredential --at 2026-01-31T12:00:00Z -o json
  hanse trust path did:hanse:acme:Qm… --action accredit --prefix Example --center did:hanse:acme:Qm… --jurisdiction DE`,
		Args: cobra.ExactArgs(1),
	}
	addAPI(cmd)
	addOutput(cmd)
	addResource(cmd)
	f := cmd.Flags()
	f.StringVar((*string)(&q.Action), "action", string(trust.Issue), "issue, verify or accredit")
	f.StringVar(&q.At, "at", "", "at this instant, RFC 3339 (default: now)")
	f.StringSliceVar(&q.Centers, "center", nil, "accept only paths that end in this center, or in one that it recognises (repeatable)")
	f.StringVar(&q.Authority, "authority", "", "only paths on which this DID stands")
	f.StringVar(&q.Jurisdiction, "jurisdiction", "", "the right must reach this ISO 3166 code")
	f.IntVar(&q.MaxDepth, "max-depth", 0, "accreditations on the path (default: the league's bound)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		id, err := readDID("DID", args[0])
		if err != nil {
			return err
		}
		q.Issuer = string(id)
		resource, err := resourceOf(cmd)
		if err != nil {
			return err
		}
		q.Resource = string(resource)
		if q.At != "" {
			if _, err := instant("--at", q.At); err != nil {
				return err
			}
		}
		c, err := clientOf(cmd)
		if err != nil {
			return err
		}
		path, err := c.TrustPath(cmd.Context(), q)
		if err != nil {
			return err
		}
		if err := show(cmd, path, func(w io.Writer) { printPath(w, path) }); err != nil {
			return err
		}
		if !path.Held {
			return &cliError{Code: exitNotVerified}
		}
		return nil
	}
	return cmd
}

func printPath(w io.Writer, p *client.Path) {
	row(w, "held", p.Held)
	if !p.Held {
		row(w, "why", strings.TrimSuffix(fmt.Sprintf("%s: %s", p.Why, p.Detail), ": "))
	}
	row(w, "at", p.At)
	row(w, "height", p.Height)
	if len(p.Hops) == 0 {
		return
	}
	row(w, "")
	row(w, "SUBJECT", "MAY", "BY", "STATE", "SINCE", "UNTIL", "HEIGHT", "ACCREDITATION")
	for _, h := range p.Hops {
		row(w, cmp.Or(h.SubjectName, string(h.Subject)), rightOf(h), authorityName(h.AuthorityName, h.Authority),
			withReason(h.State, h.Reason), h.ValidFrom, h.ValidUntil, orNothing(h.Height), hopOf(h))
	}
}

// authorityName is how tables name an authority: the league as such, a center by its name, others by DID.
func authorityName(name, authority string) string {
	if league, ok := strings.CutPrefix(authority, governance.LeagueURI("")); ok {
		return "league " + league
	}
	return cmp.Or(name, authority)
}

func withReason(state trust.State, reason trust.Reason) string {
	if reason == "" {
		return string(state)
	}
	return fmt.Sprintf("%s (%s)", state, reason)
}

// rightOf says what a hop gives its subject.
func rightOf(h client.Hop) string {
	if h.ID == nil {
		return "its own right as a center"
	}
	return string(h.Action) + " " + string(h.Resource)
}

// hopOf names what a hop stands on: an accreditation, decided by a proposal or not, or a center's membership of the league.
func hopOf(h client.Hop) string {
	switch {
	case h.ID == nil:
		return "membership"
	case h.Proposal > 0:
		return fmt.Sprintf("%s, proposal %d", h.ID, h.Proposal)
	}
	return h.ID.String()
}

func trustListCommand() *cobra.Command {
	q := client.AccreditationQuery{}
	cmd := &cobra.Command{
		Use: "list", Short: "List accreditations", Args: cobra.NoArgs,
		Example: "  hanse trust list --subject did:hanse:acme:Qm…\n  hanse trust list --authority did:hanse:acme:Qm… --action issue --limit 1000 -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := clientOf(cmd)
			if err != nil {
				return err
			}
			page, err := c.Accreditations(cmd.Context(), q)
			if err != nil {
				return err
			}
			noteMore(cmd, page.Next)
			return show(cmd, page, func(w io.Writer) {
				row(w, "ID", "SUBJECT", "MAY", "BY", "STATE", "UNTIL")
				for _, a := range page.Items {
					row(w, a.ID, a.Subject, string(a.Action)+" "+string(a.Resource), authorityName(a.AuthorityName, a.Authority), a.State, a.ValidUntil)
				}
			})
		},
	}
	addAPI(cmd)
	addOutput(cmd)
	f := cmd.Flags()
	f.StringVar(&q.Subject, "subject", "", "of this DID")
	f.StringVar(&q.Authority, "authority", "", "by this DID, or by the league (urn:hanse:league:…)")
	f.StringVar(&q.Parent, "parent", "", "under this accreditation")
	f.StringVar((*string)(&q.Action), "action", "", "issue, verify or accredit")
	f.StringVar(&q.Resource, "resource", "", "for exactly this: type:T, prefix:P or schema:DIGEST")
	addPaging(cmd, &q.After, &q.Limit, 100)
	return cmd
}

func trustShowCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "show ACCREDITATION", Short: "Show an accreditation, what became of it, and what it stands on", Args: cobra.ExactArgs(1),
		Example: "  hanse trust show 3q2-7w…",
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := readID("accreditation", args[0])
			if err != nil {
				return err
			}
			c, err := clientOf(cmd)
			if err != nil {
				return err
			}
			a, err := c.Accreditation(cmd.Context(), id)
			if err != nil {
				return err
			}
			return show(cmd, a, func(w io.Writer) { printAccreditation(w, a) })
		},
	}
	addAPI(cmd)
	addOutput(cmd)
	return cmd
}

func printAccreditation(w io.Writer, a *client.Accreditation) {
	row(w, "id", a.ID)
	row(w, "subject", a.Subject)
	row(w, "may", string(a.Action)+" "+string(a.Resource))
	row(w, "by", a.Authority, a.AuthorityName)
	row(w, "state", a.State)
	row(w, "granted", fmt.Sprintf("%s at height %d", a.Granted, a.Height))
	row(w, "valid", a.ValidFrom+" – "+a.ValidUntil)
	for _, limit := range limitTexts(a.Limits) {
		row(w, "limit", limit)
	}
	for _, optional := range [][2]string{{"evidence", a.Evidence}, {"framework", a.Framework}} {
		if optional[1] != "" {
			row(w, optional[0], optional[1])
		}
	}
	if a.Given > 0 {
		row(w, "given on", fmt.Sprintf("%d accreditations under it", a.Given))
	}
	for _, c := range a.Changes {
		row(w, string(c.State), fmt.Sprintf("%s by %s %s %s", c.Time, c.By, c.Reason, c.Note))
	}
	for _, h := range a.Path {
		row(w, "stands on", fmt.Sprintf("%s: %s by %s, %s", cmp.Or(h.SubjectName, string(h.Subject)), rightOf(h), authorityName(h.AuthorityName, h.Authority), withReason(h.State, h.Reason)))
	}
}

func limitTexts(l trust.Limits) []string {
	var texts []string
	if len(l.Jurisdictions) > 0 {
		texts = append(texts, "in "+strings.Join(l.Jurisdictions, ", "))
	}
	if l.Validity > 0 {
		texts = append(texts, "credentials are valid for at most "+(time.Duration(l.Validity)*time.Second).String())
	}
	if l.Depth > 0 {
		texts = append(texts, fmt.Sprintf("%d more levels may accredit", l.Depth))
	}
	if l.Count > 0 {
		texts = append(texts, fmt.Sprintf("%d accreditations may be given under it", l.Count))
	}
	return texts
}

func recognitionsCommand() *cobra.Command {
	q := client.RecognitionQuery{}
	cmd := &cobra.Command{
		Use: "recognitions", Short: "List what centers and the league say of each other's accreditations", Args: cobra.NoArgs,
		Example: "  hanse trust recognitions\n  hanse trust recognitions --by did:hanse:acme:Qm… -o json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := clientOf(cmd)
			if err != nil {
				return err
			}
			page, err := c.Recognitions(cmd.Context(), q)
			if err != nil {
				return err
			}
			noteMore(cmd, page.Next)
			return show(cmd, page, func(w io.Writer) {
				row(w, "BY", "OF", "ACCEPTED", "RESOURCES", "SINCE")
				for _, r := range page.Items {
					row(w, authorityName(r.ByName, r.By), authorityName(r.OfName, r.Of), r.Accepted, joined(r.Resources), r.Since)
				}
			})
		},
	}
	addAPI(cmd)
	addOutput(cmd)
	addPaging(cmd, &q.After, &q.Limit, 100)
	cmd.Flags().StringVar(&q.By, "by", "", "of this center, or of the league (urn:hanse:league:…)")
	return cmd
}

// orNothing is a height as tables show it: a founding center's membership has none.
func orNothing(height int64) string {
	if height == 0 {
		return ""
	}
	return strconv.FormatInt(height, 10)
}
