package issuance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/status"
	"github.com/hanse-id/hanse/credentials/statuslist"
)

// bytesAnOperation bounds the set of one status.set, so that the operation stays under 64 KiB. The ledger's parameters bound its
// indices.
const bytesAnOperation = 60 << 10

// setList makes the changes of one list.
func (s *Service) setList(ctx context.Context, id op.ID, targets []target, done []Changed) error {
	bits, head, err := s.ledger.Bits(ctx, id, timeNow)
	if err != nil {
		return unavailable("a status list cannot be read", err)
	}
	var want []target
	values := map[int64]uint64{}
	for _, t := range targets {
		if t.list.ID != id {
			continue
		}
		if value, twice := values[t.index]; twice && value != t.value {
			return refuse(ErrRequest, "", fmt.Sprintf("index %d is given two values", t.index))
		}
		values[t.index] = t.value
		switch t.against(entryAt(bits, t.list.Bits, t.index)) {
		case holds:
			done[t.change].Height = max(done[t.change].Height, head.Height)
		case irreversible:
			return refuse(ErrRequest, "/status", "a revocation is never undone")
		default:
			want = append(want, t)
		}
	}
	parts, err := s.operationParts(ctx, want)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if err := s.setPart(ctx, part, done); err != nil {
			return err
		}
	}
	return nil
}

// What a change is against the present value of its entry.
type standing int

const (
	differs standing = iota
	holds            // nothing is to be done
	irreversible
)

// against compares a change with the present value. In a list for both purposes, what is not revoked but suspended needs no change
// to be not revoked: otherwise that would lift the suspension.
func (t target) against(present uint64) standing {
	revocation := slices.Contains(t.list.Purposes, Revocation)
	suspended := slices.Contains(t.list.Purposes, Suspension) && present == statuslist.Suspended
	switch {
	case present == t.value, revocation && suspended && t.purpose == Revocation && t.value == 0:
		return holds
	case present != 0 && revocation && !suspended:
		return irreversible
	}
	return differs
}

// operationParts divides changes of one list into what fits into one operation each.
func (s *Service) operationParts(ctx context.Context, all []target) (parts [][]target, err error) {
	if len(all) == 0 {
		return nil, nil
	}
	params, err := s.ledger.Params(ctx)
	if err != nil {
		return nil, unavailable("the ledger cannot be read", err)
	}
	most := int(max(1, params.MaxStatusSet))
	size, from := 0, 0
	for n, t := range all {
		one := len(strconv.FormatInt(t.index, 10)) + len(strconv.FormatUint(t.value, 10)) + len(`"":,`)
		if n > from && (size+one > bytesAnOperation || n-from == most) {
			parts, size, from = append(parts, all[from:n]), 0, n
		}
		size += one
	}
	return append(parts, all[from:]), nil
}

// setOperation builds the operation that makes some changes of one list.
func (s *Service) setOperation(ctx context.Context, list *status.List, part []target) (operation, error) {
	set := make(map[string]any, len(part))
	for _, t := range part {
		set[strconv.FormatInt(t.index, 10)] = int64(t.value)
	}
	return s.byOperator(ctx, list.Owner, "status.set", map[string]any{"list": list.ID.String(), "set": set})
}

// setPart makes some changes of a list with one operation.
func (s *Service) setPart(ctx context.Context, part []target, done []Changed) error {
	o, err := s.setOperation(ctx, part[0].list, part)
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
	for _, t := range part {
		done[t.change].Operation, done[t.change].Height = o.ID, receipt.Height
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
