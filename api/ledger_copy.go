package api

import (
	"context"
	"errors"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/app/trust"
	"github.com/hanse-id/hanse/credentials"
)

// accreditation is the status of a copy of an accreditation at an instant: its own state or, where something above it is not
// in force, the reason why it does not hold (trust.Why).
func (s *LedgerStatus) accreditation(ctx context.Context, q credentials.StatusQuery) (result credentials.StatusResult, err error) {
	id, err := op.ParseID(q.Entry.Accreditation)
	if err != nil {
		return result, foreignAccreditation()
	}
	floor := s.seen.height() // before reading
	err = s.ledger.Read(ctx, func(v *app.View) error {
		head := v.Head()
		if head.Height < floor {
			return olderStatus("accreditation", head.Height, floor)
		}
		s.seen.raise(head.Height)
		result.Evidence = ledgerEvidence(head, s.now())
		at := int64(0)
		if !q.At.IsZero() {
			at = q.At.Unix()
		}
		return copyStatus(v, id, instantOf(head, at, s.now()), &result)
	})
	if err == nil {
		return result, nil
	}
	if _, told := errors.AsType[*credentials.ProblemError](err); !told {
		err = statusProblem(credentials.ProblemStatusRetrieval, "the ledger cannot be read", err)
	}
	return credentials.StatusResult{}, err
}

// copyStatus reads an accreditation and its state at an instant.
func copyStatus(v *app.View, id op.ID, at int64, result *credentials.StatusResult) error {
	a, err := trust.Get(v.Reader(), id)
	if err != nil {
		return err
	}
	if a == nil {
		return foreignAccreditation()
	}
	issued := copyOf(a)
	result.State, result.Accreditation = string(a.StateAt(at)), &issued
	if result.State != credentials.StateActive {
		return nil
	}
	path, err := trust.PathOf(v.Reader(), max(at, v.Head().Time), id, at)
	if err == nil && !path.Held {
		result.State = string(path.Why)
	}
	return err
}

func foreignAccreditation() error {
	return statusProblem(credentials.ProblemStatusRetrieval, "the accreditation is on no ledger that is known here", nil)
}
