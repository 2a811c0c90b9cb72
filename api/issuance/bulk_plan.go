package issuance

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/status"
)

// planJob resolves the changes of a job to places in lists, and divides them into operations. What cannot be resolved fails.
func (s *Service) planJob(ctx context.Context, j *Job, changes []Change) ([]JobPart, error) {
	byList, err := s.resolveBulk(ctx, j, changes)
	if err != nil {
		return nil, err
	}
	var parts []JobPart
	for _, targets := range byList {
		slices.SortFunc(targets, func(a, b target) int { return int(a.index - b.index) })
		divided, err := s.operationParts(ctx, targets)
		if err != nil {
			return nil, err
		}
		for _, one := range divided {
			p := JobPart{Job: j.ID, Part: len(parts), List: one[0].list.ID}
			for _, t := range one {
				p.Changes = append(p.Changes, JobChange{Change: t.change, Index: t.index, Value: t.value, Purpose: t.purpose})
			}
			parts = append(parts, p)
		}
	}
	if len(parts) == 0 {
		j.State, j.Finished = JobDone, j.Created
	}
	return parts, nil
}

// resolveBulk finds the places that changes mean, by list in order of appearance.
func (s *Service) resolveBulk(ctx context.Context, j *Job, changes []Change) ([][]target, error) {
	changes = slices.Clone(changes)
	for n := range changes {
		changes[n].Issuer = j.Issuer
	}
	entries, err := s.entriesOf(ctx, changes)
	if err != nil {
		return nil, err
	}
	lists := map[op.ID]*status.List{}
	var order []op.ID
	byList := map[op.ID][]target{}
	taken, entriesTaken := map[Entry]uint64{}, 0
	for n, c := range changes {
		found, err := s.bulkTargets(ctx, c, entries, lists)
		if err == nil {
			err = twice(found, taken)
		}
		switch {
		case errors.Is(err, ErrUnavailable):
			return nil, err
		case err != nil:
			j.fail(JobFailure{Change: n, CredentialID: c.CredentialID, Reason: reason(err)})
			continue
		}
		for _, t := range found {
			t.change = n
			if byList[t.list.ID] == nil {
				order = append(order, t.list.ID)
			}
			byList[t.list.ID] = append(byList[t.list.ID], t)
		}
		if entriesTaken += len(found); entriesTaken > maxBulkEntries {
			return nil, refuse(ErrRequest, "", fmt.Sprintf("the credentials were issued in copies: more than %d statuses would change", maxBulkEntries))
		}
	}
	out := make([][]target, 0, len(order))
	for _, id := range order {
		out = append(out, byList[id])
	}
	return out, nil
}

// twice refuses an entry that another change of the job gives another value; taken has what was given so far.
func twice(found []target, taken map[Entry]uint64) error {
	for _, t := range found {
		if value, given := taken[Entry{List: t.list.ID, Index: t.index}]; given && value != t.value {
			return refuse(ErrRequest, "", "another change of this job gives the same status another value")
		}
	}
	for _, t := range found {
		taken[Entry{List: t.list.ID, Index: t.index}] = t.value
	}
	return nil
}

// fail notes a change that could not be made.
func (j *Job) fail(f JobFailure) {
	if j.Failed++; len(j.Failures) < shownFailed {
		j.Failures = append(j.Failures, f)
	}
}

// reason is what a refusal says to whoever asked.
func reason(err error) string {
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		return refusal.Detail
	}
	return "the change cannot be made"
}

// entriesOf reads the records of all credentials that changes name by their ids.
func (s *Service) entriesOf(ctx context.Context, changes []Change) (map[string]map[string][]Entry, error) {
	ids := make([]string, 0, len(changes))
	for _, c := range changes {
		if c.CredentialID != "" {
			ids = append(ids, c.CredentialID)
		}
	}
	entries, err := s.store.EntriesOf(ctx, ids)
	if err != nil {
		return nil, unavailable("the issuance store cannot be read", err)
	}
	return entries, nil
}

// bulkTargets is resolve with records that were read before, and lists that are read once.
func (s *Service) bulkTargets(ctx context.Context, c Change, known map[string]map[string][]Entry, lists map[op.ID]*status.List) ([]target, error) {
	var entries []Entry
	var err error
	switch id, _ := listID(c.List); {
	case c.CredentialID == "" && lists[id] != nil: // read and found to be the issuer's before: all changes of a job have one issuer
		entries = []Entry{{List: id, Index: c.Index}}
	case c.CredentialID == "":
		entries, err = s.address(ctx, c)
	default:
		entries, err = entriesIn(known[c.CredentialID], c)
	}
	if err != nil {
		return nil, err
	}
	out := make([]target, 0, len(entries))
	for _, e := range entries {
		list := lists[e.List]
		if list == nil {
			if list, err = readList(ctx, s.ledger, e.List); err != nil {
				return nil, err
			}
			lists[e.List] = list
		}
		t, err := s.aim(list, e.Index, c)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

// entriesIn picks the entries that a change means out of the records of its credential id.
func entriesIn(byIssuer map[string][]Entry, c Change) ([]Entry, error) {
	if c.Issuer != "" {
		byIssuer = map[string][]Entry{c.Issuer: byIssuer[c.Issuer]}
		if byIssuer[c.Issuer] == nil {
			byIssuer = nil
		}
	}
	var place *Entry
	if c.List != "" {
		id, ok := listID(c.List)
		if !ok {
			return nil, noSuchList()
		}
		place = &Entry{List: id, Index: c.Index}
	}
	switch len(byIssuer) {
	case 0:
		return nil, refuse(ErrNotFound, "/credentialId", "no credential with this id was issued here")
	case 1:
		for _, entries := range byIssuer {
			return Record{Entries: entries}.entriesFor(c.Purpose, place)
		}
	}
	return nil, refuse(ErrRequest, "/credentialId", "several issuers issued a credential with this id; name the issuer")
}
