package credentials

// fail makes a failed check.
func fail(p *Problem) Check { return Check{Outcome: Fail, Problem: p} }

// undecided makes an indeterminate check.
func undecided(p *Problem) Check { return Check{Outcome: Indeterminate, Problem: p} }

// skip makes a check that says why it was not done.
func skip(note string) Check { return Check{Outcome: Skip, Note: note} }

// rank orders outcomes of parts of one check: the worst is the whole's.
var rank = map[Outcome]int{Skip: 0, Pass: 1, Indeterminate: 2, Fail: 3}

// worsen takes another part's outcome into a check, and its problem if it is the worst so far.
func (c *Check) worsen(o Outcome, p *Problem) {
	if rank[o] <= rank[c.Outcome] {
		if p != nil {
			c.Warnings = append(c.Warnings, *p)
		}
		return
	}
	if c.Problem != nil {
		c.Warnings = append(c.Warnings, *c.Problem)
	}
	c.Outcome, c.Problem = o, p
}

// note adds a remark.
func (c *Check) note(text string) {
	if c.Note != "" {
		text = c.Note + "; " + text
	}
	c.Note = text
}
