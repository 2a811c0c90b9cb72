package api

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hanse-id/hanse/api/issuance"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/status"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/credentials/statuslist"
	"github.com/hanse-id/hanse/did"
)

// sourceLedger is the source that evidence from the ledger names.
const sourceLedger = "ledger"

// statusReader is what a LedgerStatus needs of a Ledger.
type statusReader interface {
	List(ctx context.Context, id op.ID) (*status.List, int64, error)
	Bits(ctx context.Context, id op.ID, at time.Time) (bits []byte, head app.Head, err error)
	Read(ctx context.Context, fn func(*app.View) error) error
}

// LedgerStatus is the credentials.StatusSource of a league: it matches the whole statusListCredential URL to a list
// record and reads the bits from the ledger, never by fetching (interfaces.md section 5); the status of a copy of an
// accreditation is what the ledger says of the accreditation. Lists of nobody in this league are another source's (see Elsewhere). An
// answer of a lower height than one given before is refused. It is safe for concurrent use.
type LedgerStatus struct {
	ledger    statusReader
	now       func() time.Time
	seen      watermark
	elsewhere credentials.StatusSource // nil: lists of nobody in this league cannot be read
	own       string                   // URL prefix of the center's own lists, which are on the ledger or nowhere
}

var _ credentials.StatusSource = (*LedgerStatus)(nil)

// NewLedgerStatus returns a status source over a ledger (nil now: time.Now).
func NewLedgerStatus(ledger statusReader, now func() time.Time) *LedgerStatus {
	if now == nil {
		now = time.Now
	}
	return &LedgerStatus{ledger: ledger, now: now}
}

// Elsewhere makes s ask another source (a *credentials.ForeignStatus) for lists that are not on the ledger, and returns it. publicURL is
// the center's own: what is called a list of its own and is not on the ledger is nowhere else. To be called before s is used.
func (s *LedgerStatus) Elsewhere(source credentials.StatusSource, publicURL string) *LedgerStatus {
	s.elsewhere, s.own = source, strings.TrimRight(publicURL, "/")+"/"
	return s
}

// errForeignList says that a URL names no list of the ledger.
var errForeignList = errors.New("no list of the ledger")

// Status reads the value of an entry, now or at a past time. Errors are *credentials.ProblemError.
func (s *LedgerStatus) Status(ctx context.Context, q credentials.StatusQuery) (credentials.StatusResult, error) {
	if q.At.After(s.now().Add(time.Minute)) {
		return credentials.StatusResult{}, statusProblem(credentials.ProblemStatusRetrieval, "the status at a future time is not known", nil)
	}
	switch q.Entry.Type {
	case credentials.AccreditationEntryType:
		return s.accreditation(ctx, q)
	case "", credentials.EntryType, credentials.TokenEntryType:
		return s.bit(ctx, q)
	}
	return credentials.StatusResult{}, credentials.ErrStatusType
}

// bit reads the value of an entry of a list.
func (s *LedgerStatus) bit(ctx context.Context, q credentials.StatusQuery) (credentials.StatusResult, error) {
	floor := s.seen.height() // before reading: a slow read may be overtaken by others, and is not older for that
	list, err := s.list(ctx, q.Entry.List)
	if errors.Is(err, errForeignList) && s.elsewhere != nil && !strings.HasPrefix(q.Entry.List, s.own) {
		return s.elsewhere.Status(ctx, q)
	}
	if err != nil {
		return credentials.StatusResult{}, err
	}
	if err := matchList(list, q); err != nil {
		return credentials.StatusResult{}, err
	}
	bits, head, err := s.ledger.Bits(ctx, list.ID, q.At)
	if err != nil {
		return credentials.StatusResult{}, statusProblem(credentials.ProblemStatusRetrieval, "the ledger cannot be read", err)
	}
	if head.Height < floor {
		return credentials.StatusResult{}, olderStatus("status list", head.Height, floor)
	}
	s.seen.raise(head.Height)
	value, err := statuslist.Value(bits, q.Entry.Index, int(list.Bits))
	if err != nil {
		return credentials.StatusResult{}, statusProblem(credentials.ProblemStatusLength, "the status list is shorter than its record says", err)
	}
	if q.Entry.Type == credentials.TokenEntryType {
		value = statuslist.TokenValue(value, list.Purposes)
	}
	result := credentials.StatusResult{Value: value, Purposes: list.Purposes, Evidence: ledgerEvidence(head, s.now())}
	result.Stale = q.At.IsZero() && result.Evidence.Age > int64(issuance.ListTTL/time.Second)
	return result, nil
}

// list finds the record of the list that a URL names.
func (s *LedgerStatus) list(ctx context.Context, url string) (*status.List, error) {
	i := strings.LastIndex(url, "/status-lists/")
	if i < 0 {
		return nil, foreignList()
	}
	id, err := op.ParseID(url[i+len("/status-lists/"):])
	if err != nil {
		return nil, foreignList()
	}
	list, _, err := s.ledger.List(ctx, id)
	switch {
	case errors.Is(err, did.ErrNotFound), err == nil && list == nil:
		return nil, foreignList()
	case err != nil:
		return nil, statusProblem(credentials.ProblemStatusRetrieval, "the ledger cannot be read", err)
	case list.URL != url: // another host with the id of a list of ours: a confusion, not a foreign list
		return nil, statusProblem(credentials.ProblemStatusVerification, "the status list with this id is published elsewhere", nil)
	}
	return list, nil
}

// matchList checks that the list is what the credential's entry takes it for.
func matchList(list *status.List, q credentials.StatusQuery) error {
	size := q.Entry.Size
	if size == 0 {
		size = 1
	}
	if q.Entry.Type == credentials.TokenEntryType { // it names neither size nor purpose: the list says both
		if _, err := statuslist.TokenSize(int(list.Bits), list.Purposes); err != nil {
			return statusProblem(credentials.ProblemStatusVerification, "the status list has no form as a Token Status List", err)
		}
		size = list.Bits
	}
	switch {
	case list.Issuer != q.Issuer:
		return statusProblem(credentials.ProblemStatusVerification, "the status list belongs to another issuer than the credential", nil)
	case q.Entry.Type != credentials.TokenEntryType && !slices.Contains(list.Purposes, q.Entry.Purpose):
		return statusProblem(credentials.ProblemStatusVerification, "the status list does not serve the purpose of the entry", nil)
	case list.Bits != size:
		return statusProblem(credentials.ProblemStatusVerification, "the status list has entries of another size", nil)
	case list.Size < statuslist.MinEntries:
		return statusProblem(credentials.ProblemStatusLength, "the status list has too few entries", nil)
	case q.Entry.Index < 0 || q.Entry.Index >= list.Size:
		return statusProblem(credentials.ProblemRange, "the index is outside of the status list", nil)
	}
	return nil
}

// olderStatus refuses an answer of a lower height than one given before.
func olderStatus(what string, height, floor int64) error {
	return statusProblem(credentials.ProblemStatusVerification, "the "+what+" is older (height "+strconv.FormatInt(height, 10)+
		") than one seen before (height "+strconv.FormatInt(floor, 10)+")", nil)
}

// ledgerEvidence says which block an answer stands on.
func ledgerEvidence(head app.Head, now time.Time) credentials.Evidence {
	return credentials.Evidence{Source: sourceLedger, Height: head.Height, Age: max(0, now.Unix()-head.Time)}
}

func foreignList() error {
	return statusProblem(credentials.ProblemStatusRetrieval, "the status list is on no ledger that is known here", errForeignList)
}

func statusProblem(kind, detail string, cause error) error {
	title := kind[strings.LastIndex(kind, "#")+1:]
	return &credentials.ProblemError{Problem: credentials.Problem{Type: kind, Title: title, Detail: detail}, Err: cause}
}
