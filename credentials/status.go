package credentials

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hanse-id/hanse/credentials/statuslist"
)

// The types of the status entries that are understood.
const (
	EntryType              = "BitstringStatusListEntry" // a place in a status list
	AccreditationEntryType = "AccreditationStatusEntry" // an accreditation, whose state the ledger knows
	TokenEntryType         = "status_list"              // a place in a Token Status List: member of an SD-JWT VC's status claim
)

// maxIndex bounds statusListIndex before any list is known: what every JSON implementation keeps exactly.
const maxIndex = 1<<53 - 1

// entry is one credentialStatus object with its place.
type entry struct {
	pointer string
	types   []string
	status  *StatusEntry // nil where the type is not understood
}

// statusEntries parses the credentialStatus objects of a credential: those of a known type, and others as far as their type. The
// error is a *ProblemError.
func statusEntries(credential map[string]any) ([]entry, error) {
	v, ok := credential["credentialStatus"]
	if !ok {
		return nil, nil
	}
	list, many, ok := objects(v)
	if !ok || len(list) > 16 {
		return nil, malformed("/credentialStatus", "must be an object or a list of at most 16 objects")
	}
	out := make([]entry, 0, len(list))
	for i, object := range list {
		e := entry{pointer: "/credentialStatus"}
		if many {
			e.pointer = point(e.pointer, i)
		}
		e.types, _ = texts(object["type"])
		var err error
		switch {
		case slices.Contains(e.types, EntryType) && slices.Contains(e.types, AccreditationEntryType):
			err = malformed(point(e.pointer, "type"), "an entry is either of a list or of an accreditation")
		case slices.Contains(e.types, EntryType):
			e.status, err = parseEntry(object, e.pointer)
		case slices.Contains(e.types, AccreditationEntryType):
			e.status, err = parseAccreditationEntry(object, e.pointer)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// Value returns the entry as a credentialStatus object, or the status claim of a token where it is a TokenEntryType. The id of a
// list's entry is the list's URL with the index as fragment; one of several bits also says what its values mean.
func (e StatusEntry) Value() map[string]any {
	switch e.Type {
	case TokenEntryType:
		return map[string]any{TokenEntryType: map[string]any{"idx": e.Index, "uri": e.List}}
	case AccreditationEntryType:
		v := map[string]any{"type": AccreditationEntryType, "accreditation": e.Accreditation}
		if e.ID != "" {
			v["id"] = e.ID
		}
		return v
	}
	index := strconv.FormatInt(e.Index, 10)
	v := map[string]any{
		"id": e.List + "#" + index, "type": EntryType, "statusPurpose": e.Purpose, "statusListIndex": index, "statusListCredential": e.List,
	}
	if e.Size > 1 {
		v["statusSize"], v["statusMessage"] = e.Size, e.messages()
	}
	return v
}

// WithStatus returns a copy of credential that has entries, written in the way of the form: appended to credentialStatus, or as the
// status claim of what an SD-JWT VC is made of ({claims, …}), which has room for one place in a list and for nothing that the caller
// wrote there. Entries of lists are taken for either form: a place in a list is one, however it is written. Errors are *ProblemError.
func (f Form) WithStatus(credential map[string]any, entries []StatusEntry) (map[string]any, error) {
	if len(entries) == 0 {
		return credential, nil
	}
	if f.Claims() {
		return withStatusClaim(credential, entries)
	}
	var all []any
	switch given := credential["credentialStatus"].(type) {
	case nil:
	case []any:
		all = slices.Clone(given)
	default:
		all = []any{given}
	}
	for _, e := range entries {
		if e.Type == TokenEntryType {
			return nil, malformed("/credentialStatus", "a status claim is for "+string(FormSDJWTVC)+", not for "+string(f))
		}
		all = append(all, e.Value())
	}
	out := maps.Clone(credential)
	if out["credentialStatus"] = any(all); len(all) == 1 {
		out["credentialStatus"] = all[0]
	}
	return out, nil
}

// messages says what the values of an entry of several bits mean (Bitstring Status List section 2.1, statusMessage). Those of
// revocation and suspension are the values of a Token Status List.
func (e StatusEntry) messages() []any {
	out := make([]any, 1<<e.Size)
	for value := range out {
		message := "undefined"
		if known := [...]string{"valid", "invalid", "suspended"}; value < len(known) && (e.Purpose == "revocation" || e.Purpose == "suspension") {
			message = known[value]
		}
		out[value] = map[string]any{"status": fmt.Sprintf("%#x", value), "message": message}
	}
	return out
}

// parseEntry reads a BitstringStatusListEntry strictly (Bitstring Status List section 2.1).
func parseEntry(object map[string]any, pointer string) (*StatusEntry, error) {
	e := &StatusEntry{Type: EntryType, Size: 1}
	var ok bool
	if e.Purpose, ok = object["statusPurpose"].(string); !ok || e.Purpose == "" {
		return nil, malformed(point(pointer, "statusPurpose"), "must be a string")
	}
	if e.List, ok = object["statusListCredential"].(string); !ok || !isURL(e.List) {
		return nil, malformed(point(pointer, "statusListCredential"), "must be a URL")
	}
	if object["id"] == e.List {
		return nil, malformed(point(pointer, "id"), "must not be the URL of the list")
	}
	text, ok := object["statusListIndex"].(string)
	if !ok || !isDecimal(text) {
		return nil, malformed(point(pointer, "statusListIndex"), "must be a string of decimal digits")
	}
	var err error
	if e.Index, err = strconv.ParseInt(text, 10, 64); err != nil || e.Index > maxIndex {
		return nil, &ProblemError{Err: statuslist.ErrRange, Problem: Problem{
			Type: ProblemRange, Title: "status index out of range", Detail: "larger than any list", Pointer: point(pointer, "statusListIndex"),
		}}
	}
	if v, has := object["statusSize"]; has {
		if e.Size, ok = integer(v); !ok || !slices.Contains([]int64{1, 2, 4, 8}, e.Size) {
			return nil, malformed(point(pointer, "statusSize"), "must be 1, 2, 4 or 8")
		}
	}
	return e, checkMessages(object, e, pointer)
}

// parseAccreditationEntry reads an AccreditationStatusEntry: the id of an accreditation.
func parseAccreditationEntry(object map[string]any, pointer string) (*StatusEntry, error) {
	e := &StatusEntry{Type: AccreditationEntryType}
	e.ID, _ = object["id"].(string)
	e.Accreditation, _ = object["accreditation"].(string)
	if !isAccreditationID(e.Accreditation) {
		return nil, malformed(point(pointer, "accreditation"), "must be the id of an accreditation")
	}
	return e, nil
}

// checkMessages checks statusMessage: one message with its status for each value of the entry, needed where an entry has several
// bits (Bitstring Status List section 2.1).
func checkMessages(object map[string]any, e *StatusEntry, pointer string) error {
	pointer = point(pointer, "statusMessage")
	v, has := object["statusMessage"]
	if !has {
		if e.Size > 1 {
			return malformed(pointer, "missing: entries of several bits need it")
		}
		return nil
	}
	list, ok := v.([]any)
	if !ok || len(list) != 1<<e.Size {
		return malformed(pointer, fmt.Sprintf("must be a list of %d messages", 1<<e.Size))
	}
	for i, item := range list {
		m, _ := item.(map[string]any)
		status, isStatus := m["status"].(string)
		if _, isMessage := m["message"].(string); !isStatus || !isMessage || !strings.HasPrefix(status, "0x") {
			return malformed(point(pointer, i), "must have a hexadecimal status and a message")
		}
	}
	return nil
}

// isDecimal reports whether s is a number without sign, leading zero or exponent.
func isDecimal(s string) bool {
	if s == "" || len(s) > 1 && s[0] == '0' {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
