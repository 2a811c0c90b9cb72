package issuance

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/status"
	"github.com/hanse-id/hanse/credentials/statuslist"
)

// Change asks for a status value. A credential is addressed by CredentialID and Purpose, or by List and Index.
type Change struct {
	CredentialID string // all copies that were issued under it
	Issuer       string // issuer's name: only its credentials and lists are meant; needed where several use the same credential id
	Purpose      string // may be empty where the credential has one purpose, or with List
	List         string // statusListCredential URL, or the uri of a status_list claim; empty: by CredentialID
	Index        int64
	// Value is 0 or 1 for lists of one bit. In a list for revocation and suspension together it is 0 or 1 for the Purpose, and
	// without Purpose the value itself (1 revoked, 2 suspended).
	Value uint64
}

// Changed says what a change came to.
type Changed struct {
	Operation op.ID // zero if the value was there already
	Height    int64 // the block that has it
	Purpose   string
	List      string // of the first copy
	Index     int64
	Value     uint64
	Copies    int // entries that were meant: more than 1 for a credential that was issued in copies
}

// target is a change resolved to a place on the ledger.
type target struct {
	change  int // which change it comes from
	list    *status.List
	index   int64
	value   uint64
	purpose string // that the change names; "": the value as it is
}

// SetStatus changes one status, of all copies of a credential, and returns when the change is committed. Errors: ErrNotFound,
// ErrRequest (also for undoing a revocation), ErrUnavailable, or a *PendingError if ctx ended before the commit was seen.
func (s *Service) SetStatus(ctx context.Context, c Change) (Changed, error) {
	all, err := s.SetStatuses(ctx, []Change{c})
	if err != nil {
		return Changed{}, err
	}
	return all[0], nil
}

// SetStatuses changes many: one operation for thousands of indices of a list. All changes are checked before any is
// submitted; the answer has one entry per change, in order. The operations of different lists are independent.
func (s *Service) SetStatuses(ctx context.Context, changes []Change) ([]Changed, error) {
	done := make([]Changed, len(changes))
	var targets []target
	for n, c := range changes {
		fits, err := s.resolve(ctx, c)
		if err != nil {
			return nil, err
		}
		for i := range fits {
			fits[i].change = n
		}
		first := fits[0]
		done[n] = Changed{
			Purpose: cmp.Or(c.Purpose, first.list.Purposes[0]), List: first.list.URL, Index: first.index, Value: first.value, Copies: len(fits),
		}
		targets = append(targets, fits...)
	}
	for _, id := range listsOf(targets) {
		if err := s.setList(ctx, id, targets, done); err != nil {
			return nil, err
		}
	}
	return done, nil
}

// resolve finds the lists and indices that a change means: one, or one for each copy of the credential.
func (s *Service) resolve(ctx context.Context, c Change) ([]target, error) {
	entries, err := s.address(ctx, c)
	if err != nil {
		return nil, err
	}
	all := make([]target, 0, len(entries))
	for _, entry := range entries {
		list, err := readList(ctx, s.ledger, entry.List)
		if err != nil {
			return nil, err
		}
		t, err := s.aim(list, entry.Index, c)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// aim checks that a change fits a place in a list.
func (s *Service) aim(list *status.List, index int64, c Change) (target, error) {
	both := slices.Contains(list.Purposes, Revocation) && slices.Contains(list.Purposes, Suspension)
	t := target{list: list, index: index, value: c.Value, purpose: c.Purpose}
	if both && c.Purpose == StatusPurpose {
		t.purpose = ""
	}
	switch {
	case c.List != "" && list.URL != c.List:
		return target{}, noSuchList()
	case !slices.Contains(list.Operators, s.operator.Public().Multikey()):
		return target{}, refuse(ErrRequest, "/credentialStatus/statusListCredential", "this center does not operate that status list")
	case t.purpose != "" && !slices.Contains(list.Purposes, t.purpose):
		return target{}, refuse(ErrRequest, "/credentialStatus/statusPurpose", "the list has no status purpose "+c.Purpose)
	case index < 0 || index >= list.Next:
		return target{}, refuse(ErrRequest, "/credentialStatus/statusListIndex", "no credential has this status index")
	case both && t.purpose != "" && c.Value > 1:
		return target{}, refuse(ErrRequest, "/status", "a purpose is set or not: 1 or 0")
	case list.Bits < 64 && c.Value >= 1<<list.Bits:
		return target{}, refuse(ErrRequest, "/status", "the list has "+strconv.FormatInt(list.Bits, 10)+" bits an entry")
	case len(list.Purposes) == 0:
		return target{}, fmt.Errorf("issuance: list %s has no purpose", list.ID)
	}
	if both && t.purpose == Suspension && t.value == 1 {
		t.value = statuslist.Suspended
	}
	return t, nil
}

// address finds the status entries that a change means: one purpose of one credential, with its copies.
func (s *Service) address(ctx context.Context, c Change) ([]Entry, error) {
	var byList *Entry
	if c.List != "" {
		id, ok := listID(c.List)
		if !ok {
			return nil, noSuchList()
		}
		if err := s.ownedBy(ctx, id, c.Issuer); err != nil {
			return nil, err
		}
		byList = &Entry{List: id, Index: c.Index}
	}
	if c.CredentialID == "" {
		if byList == nil {
			return nil, refuse(ErrRequest, "/credentialId", "a credential is addressed by credentialId, or by statusListCredential and statusListIndex")
		}
		return []Entry{*byList}, nil
	}
	record, err := s.record(ctx, c.Issuer, c.CredentialID)
	if err != nil {
		return nil, err
	}
	return record.entriesFor(c.Purpose, byList)
}

// entriesFor lists the entries of a record that a purpose means ("": the only one), or the one at a place.
func (r Record) entriesFor(purpose string, at *Entry) ([]Entry, error) {
	var fits []Entry
	for _, e := range r.Entries {
		serves := purpose == "" || e.Purpose == purpose || e.Purpose == StatusPurpose && (purpose == Revocation || purpose == Suspension)
		if serves && (at == nil || e.List == at.List && e.Index == at.Index) {
			fits = append(fits, e)
		}
	}
	if len(fits) == 0 {
		return nil, refuse(ErrRequest, "/credentialStatus", "the credential has no such status")
	}
	for _, e := range fits {
		if purpose == "" && e.Purpose != fits[0].Purpose {
			return nil, refuse(ErrRequest, "/credentialStatus/statusPurpose", "the credential has several statuses; name the statusPurpose")
		}
	}
	return fits, nil
}

func noSuchList() error {
	return refuse(ErrNotFound, "/credentialStatus/statusListCredential", "no such status list")
}

// ownedBy refuses a list that is not of the issuer that was named, if one was: who may change the statuses of one issuer
// must not reach another's by index. That it exists is not said.
func (s *Service) ownedBy(ctx context.Context, id op.ID, issuer string) error {
	if issuer == "" {
		return nil
	}
	list, err := s.listOf(ctx, id)
	if err == nil && (list == nil || list.Issuer != issuer) {
		err = noSuchList()
	}
	return err
}

// record finds the one record of a credential id.
func (s *Service) record(ctx context.Context, issuer, id string) (Record, error) {
	all, err := s.store.Records(ctx, id)
	if err != nil {
		return Record{}, unavailable("the issuance store cannot be read", err)
	}
	if issuer != "" {
		all = slices.DeleteFunc(all, func(r Record) bool { return r.Issuer != issuer })
	}
	switch len(all) {
	case 1:
		return all[0], nil
	case 0:
		return Record{}, refuse(ErrNotFound, "/credentialId", "no credential with this id was issued here")
	}
	return Record{}, refuse(ErrRequest, "/credentialId", "several issuers issued a credential with this id; name the issuer")
}

// listID reads the id of the list that a URL of this or another center names.
func listID(url string) (op.ID, bool) {
	const path = "/status-lists/"
	i := strings.LastIndex(url, path)
	if i < 0 {
		return op.ID{}, false
	}
	id, err := op.ParseID(url[i+len(path):])
	return id, err == nil
}
