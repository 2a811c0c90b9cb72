package issuance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// Kept is what the center keeps of an issued credential.
type Kept struct {
	Record
	Lists []string        // statusListCredential URLs of Record.Entries
	Body  json.RawMessage // the secured credential, where the issuer retains; nil otherwise
}

// Credential returns what is kept of a credential; issuer may be empty where only one issuer used the id. ErrNotFound,
// or ErrGone if it was erased.
func (s *Service) Credential(ctx context.Context, issuer, id string) (Kept, error) {
	record, err := s.record(ctx, issuer, id)
	if err != nil {
		return Kept{}, err
	}
	if record.Erased {
		return Kept{}, refuse(ErrGone, "", "the credential was deleted")
	}
	kept := Kept{Record: record}
	for _, e := range record.Entries {
		list, err := s.listOf(ctx, e.List)
		if err != nil {
			return Kept{}, err
		}
		if list == nil {
			return Kept{}, fmt.Errorf("issuance: list %s of a record is not in the store", e.List)
		}
		kept.Lists = append(kept.Lists, list.URL)
	}
	if record.Credential != nil {
		if kept.Body, err = s.seal.Open(record.Credential, "credential"); err != nil {
			return Kept{}, fmt.Errorf("issuance: retained credential: %w", err)
		}
	}
	return kept, nil
}

// Erase removes what a record retains, for good. Id, indices and digest stay: the id is not used again, and the status
// can still be changed.
func (s *Service) Erase(ctx context.Context, issuer, id string) error {
	record, err := s.record(ctx, issuer, id)
	if err != nil {
		return err
	}
	switch err := s.store.Erase(ctx, record.Issuer, id); {
	case errors.Is(err, ErrGone):
		return refuse(ErrGone, "", "the credential was deleted before")
	case err != nil:
		return unavailable("the issuance store cannot be written", err)
	}
	return nil
}

func isUnavailable(err error) bool { return errors.Is(err, ErrUnavailable) }
