package trust

import (
	"errors"
	"fmt"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
)

func (a *Accreditation) encode() ([]byte, error) {
	m := map[string]any{
		"id": a.ID.String(), "authority": a.Authority, "subject": string(a.Subject), "action": string(a.Action),
		"resource": string(a.Resource), "validFrom": a.ValidFrom, "granted": a.Granted, "height": a.Height, "level": a.Level,
	}
	if limits := a.Limits.value(); limits != nil {
		m["limits"] = limits
	}
	putID(m, "parent", a.Parent)
	putInt(m, "proposal", a.Proposal)
	putInt(m, "validUntil", a.ValidUntil)
	putText(m, "evidence", a.Evidence)
	putText(m, "framework", a.Framework)
	putInt(m, "number", a.Number)
	putInt(m, "given", a.Given)
	putID(m, "previous", a.Previous)
	if len(a.Changes) > 0 {
		list := make([]any, len(a.Changes))
		for i, c := range a.Changes {
			list[i] = c.value()
		}
		m["changes"] = list
	}
	data, err := jcs.Encode(m)
	if err != nil {
		return nil, fmt.Errorf("accreditation %s: %w", a.ID, err)
	}
	return data, nil
}

func (c Change) value() map[string]any {
	m := map[string]any{"state": string(c.State), "time": c.Time, "height": c.Height, "operation": c.ID.String(), "by": c.By}
	putText(m, "reason", string(c.Reason))
	putText(m, "note", c.Note)
	putInt(m, "from", c.From)
	return m
}

// Decode reads an accreditation from its state value (JCS JSON), as a proof carries it.
func Decode(value []byte) (*Accreditation, error) {
	m, err := object.Parse(value)
	if err != nil {
		return nil, fmt.Errorf("accreditation: %w", err)
	}
	a := &Accreditation{
		ID: readID(m, "id"), Authority: m.String("authority"), Subject: did.DID(m.String("subject")), Action: Action(m.String("action")),
		Resource: governance.Resource(m.String("resource")), Parent: readOptID(m, "parent"), Proposal: m.OptInt("proposal", 0),
		ValidFrom: m.Int("validFrom"), ValidUntil: m.OptInt("validUntil", 0),
		Evidence: m.OptString("evidence"), Framework: m.OptString("framework"),
		Granted: m.Int("granted"), Height: m.Int("height"), Level: m.Int("level"), Number: m.OptInt("number", 0),
		Given: m.OptInt("given", 0), Previous: readOptID(m, "previous"),
	}
	var limits, changes error
	a.Limits, limits = readLimits(m, "", a.Action)
	a.Changes, changes = readChanges(m)
	if err := errors.Join(m.Done(), limits, changes); err != nil {
		return nil, fmt.Errorf("accreditation: %w", err)
	}
	return a, nil
}

func readChanges(m *object.Reader) ([]Change, error) {
	if !m.Has("changes") {
		return nil, nil
	}
	list := m.List("changes")
	out := make([]Change, len(list))
	for i, item := range list {
		members, _ := item.(map[string]any)
		r := object.New(members, "/changes")
		out[i] = Change{
			State: State(r.String("state")), Time: r.Int("time"), Height: r.Int("height"), ID: readID(r, "operation"), By: r.String("by"),
			Reason: Reason(r.OptString("reason")), Note: r.OptString("note"), From: r.OptInt("from", 0),
		}
		if err := r.Done(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func putID(m map[string]any, name string, id *op.ID) {
	if id != nil {
		m[name] = id.String()
	}
}

// readID reads an operation id, readOptID one that may be absent.
func readID(m *object.Reader, name string) op.ID {
	id, err := op.ParseID(m.String(name))
	if err != nil {
		m.Fail(name, "not an operation id")
	}
	return id
}

func readOptID(m *object.Reader, name string) *op.ID {
	if !m.Has(name) {
		return nil
	}
	id := readID(m, name)
	return &id
}

// put writes a's record.
func (a *Accreditation) put(s exec.Store) error {
	data, err := a.encode()
	if err != nil {
		return err
	}
	s.Set(Key(a.ID), data)
	return nil
}

// putValue writes a small record, readValue reads one member of it.
func putValue(s exec.Store, key []byte, value map[string]any) error {
	data, err := jcs.Encode(value)
	if err != nil {
		return fmt.Errorf("%q: %w", key, err)
	}
	s.Set(key, data)
	return nil
}

// readPointer reads an {"id"} record; nil if there is none.
func readPointer(key, data []byte) (*op.ID, error) {
	if data == nil {
		return nil, nil
	}
	m, err := object.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", key, err)
	}
	id := readID(m, "id")
	if err := m.Done(); err != nil {
		return nil, fmt.Errorf("%q: %w", key, err)
	}
	return &id, nil
}

// readCount reads a record of one integer; 0 if there is none.
func readCount(r exec.Reader, key string) (int64, error) {
	data := r.Get([]byte(key))
	if data == nil {
		return 0, nil
	}
	m, err := object.Parse(data)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", key, err)
	}
	n := m.Int("count")
	return n, m.Done()
}
