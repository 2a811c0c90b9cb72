package issuance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/status"
)

// changesAnOperation bounds the indices of one status.set, so that the operation stays under 64 KiB.
const changesAnOperation = 4000

// Change asks for a status value. A credential is addressed by CredentialID and Purpose, or by List and Index.
type Change struct {
	CredentialID string
	Issuer       string // issuer's name: only its credentials and lists are meant; needed where several use the same credential id
	Purpose      string // may be empty where the credential has one purpose, or with List
	List         string // statusListCredential URL; empty: by CredentialID
	Index        int64
	Value        uint64 // 0 or 1 for lists of one bit
}

// Changed says what a change came to.
type Changed struct {
	Operation op.ID // zero if the value was there already
	Height    int64 // the block that has it
	Purpose   string
	List      string
	Index     int64
	Value     uint64
}

// target is a change resolved to a place on the ledger.
type target struct {
	list  *status.List
	index int64
	value uint64
}

// SetStatus changes one status and returns when the change is committed. Errors: ErrNotFound, ErrRequest (also for
// undoing a revocation), ErrUnavailable, or a *PendingError if ctx ended before the commit was seen.
func (s *Service) SetStatus(ctx context.Context, c Change) (Changed, error) {
	all, err := s.SetStatuses(ctx, []Change{c})
	if err != nil {
		return Changed{}, err
	}
	return all[0], nil
}

// SetStatuses changes many: one operation for up to 4,000 indices of a list. All changes are checked before any is
// submitted; the answer has one entry per change, in order. The operations of different lists are independent.
func (s *Service) SetStatuses(ctx context.Context, changes []Change) ([]Changed, error) {
	done := make([]Changed, len(changes))
	targets := make([]target, len(changes))
	for n, c := range changes {
		t, err := s.resolve(ctx, c)
		if err != nil {
			return nil, err
		}
		targets[n] = t
		done[n] = Changed{Purpose: t.list.Purposes[0], List: t.list.URL, Index: t.index, Value: t.value}
	}
	for _, id := range listsOf(targets) {
		if err := s.setList(ctx, id, targets, done); err != nil {
			return nil, err
		}
	}
	return done, nil
}

// resolve finds the list and index that a change means.
func (s *Service) resolve(ctx context.Context, c Change) (target, error) {
	entry, err := s.address(ctx, c)
	if err != nil {
		return target{}, err
	}
	list, err := readList(ctx, s.ledger, entry.List)
	if err != nil {
		return target{}, err
	}
	switch {
	case c.List != "" && list.URL != c.List:
		return target{}, noSuchList()
	case !slices.Contains(list.Operators, s.operator.Public().Multikey()):
		return target{}, refuse(ErrRequest, "/credentialStatus/statusListCredential", "this center does not operate that status list")
	case c.Purpose != "" && !slices.Contains(list.Purposes, c.Purpose):
		return target{}, refuse(ErrRequest, "/credentialStatus/statusPurpose", "the list has no status purpose "+c.Purpose)
	case entry.Index < 0 || entry.Index >= list.Next:
		return target{}, refuse(ErrRequest, "/credentialStatus/statusListIndex", "no credential has this status index")
	case list.Bits < 64 && c.Value >= 1<<list.Bits:
		return target{}, refuse(ErrRequest, "/status", "the list has "+strconv.FormatInt(list.Bits, 10)+" bits an entry")
	case len(list.Purposes) == 0:
		return target{}, fmt.Errorf("issuance: list %s has no purpose", list.ID)
	}
	return target{list: list, index: entry.Index, value: c.Value}, nil
}

// address finds the status entry that a change means.
func (s *Service) address(ctx context.Context, c Change) (Entry, error) {
	var byList *Entry
	if c.List != "" {
		_, last, found := cutLast(c.List, "/status-lists/")
		id, err := op.ParseID(last)
		if !found || err != nil {
			return Entry{}, noSuchList()
		}
		if err := s.ownedBy(ctx, id, c.Issuer); err != nil {
			return Entry{}, err
		}
		byList = &Entry{List: id, Index: c.Index}
	}
	if c.CredentialID == "" {
		if byList == nil {
			return Entry{}, refuse(ErrRequest, "/credentialId", "a credential is addressed by credentialId, or by statusListCredential and statusListIndex")
		}
		return *byList, nil
	}
	record, err := s.record(ctx, c.Issuer, c.CredentialID)
	if err != nil {
		return Entry{}, err
	}
	var fits []Entry
	for _, e := range record.Entries {
		if (c.Purpose == "" || e.Purpose == c.Purpose) && (byList == nil || e.List == byList.List && e.Index == byList.Index) {
			fits = append(fits, e)
		}
	}
	switch len(fits) {
	case 1:
		return fits[0], nil
	case 0:
		return Entry{}, refuse(ErrRequest, "/credentialStatus", "the credential has no such status")
	}
	return Entry{}, refuse(ErrRequest, "/credentialStatus/statusPurpose", "the credential has several statuses; name the statusPurpose")
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

// setList makes the changes of one list.
func (s *Service) setList(ctx context.Context, id op.ID, targets []target, done []Changed) error {
	bits, head, err := s.ledger.Bits(ctx, id, timeNow)
	if err != nil {
		return unavailable("a status list cannot be read", err)
	}
	var list *status.List
	var want []int
	values := map[int64]uint64{}
	for n, t := range targets {
		if t.list.ID != id {
			continue
		}
		list = t.list
		if value, twice := values[t.index]; twice && value != t.value {
			return refuse(ErrRequest, "", fmt.Sprintf("index %d is given two values", t.index))
		}
		values[t.index] = t.value
		present := entryAt(bits, list.Bits, t.index)
		switch {
		case present == t.value:
			done[n].Height = head.Height
		case present != 0 && slices.Contains(list.Purposes, Revocation):
			return refuse(ErrRequest, "/status", "a revocation is never undone")
		default:
			want = append(want, n)
		}
	}
	for part := range slices.Chunk(want, changesAnOperation) {
		if err := s.setPart(ctx, list, part, done); err != nil {
			return err
		}
	}
	return nil
}

// setPart makes some changes of a list with one operation.
func (s *Service) setPart(ctx context.Context, list *status.List, part []int, done []Changed) error {
	set := make(map[string]any, len(part))
	for _, n := range part {
		set[strconv.FormatInt(done[n].Index, 10)] = int64(done[n].Value)
	}
	o, err := s.byOperator(ctx, list.Owner, "status.set", map[string]any{"list": list.ID.String(), "set": set})
	if err != nil {
		return err
	}
	receipt, err := s.commit(ctx, o)
	if refusal, ok := errors.AsType[*exec.Error](err); ok {
		switch refusal.Code {
		case exec.CodeIrreversible: // another request was first
			return &Refusal{Reason: ErrRequest, Pointer: "/status", Detail: "a revocation is never undone", Err: refusal}
		case exec.CodeNotLeased, exec.CodeIndexRange:
			return &Refusal{Reason: ErrRequest, Pointer: "/credentialStatus/statusListIndex", Detail: "no credential has this status index", Err: refusal}
		}
	}
	if err != nil {
		return err
	}
	for _, n := range part {
		done[n].Operation, done[n].Height = o.ID, receipt.Height
	}
	return nil
}

// listsOf returns the lists of targets, each once, in order of appearance.
func listsOf(targets []target) (ids []op.ID) {
	for _, t := range targets {
		if !slices.Contains(ids, t.list.ID) {
			ids = append(ids, t.list.ID)
		}
	}
	return ids
}

// entryAt reads entry index of a list with bits bits an entry, in W3C order.
func entryAt(list []byte, bits, index int64) (value uint64) {
	for n := index * bits; n < (index+1)*bits; n++ {
		value = value<<1 | uint64(bitAt(list, n))
	}
	return value
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
