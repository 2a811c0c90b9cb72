package main

import (
	"context"
	"fmt"
	"time"

	"github.com/hanse-id/hanse/api/client"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

// register creates the university's DID through center 0's API and resolves it everywhere.
func (s *story) register(ctx context.Context) error {
	university, receipt, err := s.openSchool(ctx, 0, "the university")
	if err != nil {
		return err
	}
	s.university = university
	s.curl(`%s/v1/operations -H 'Content-Type: application/jose' -H 'Prefer: wait=10' -d @did-create.jws`, s.l.m.Centers[0].API)
	s.say("%s: %s at height %d", s.name(0), university.DID, receipt.Height)
	return s.resolveEverywhere(ctx, string(university.DID), len(s.l.m.Centers))
}

// submitDID registers a new DID of signer at center i.
func (s *story) submitDID(ctx context.Context, i int, signer keystore.Signer) (string, *client.Receipt, error) {
	body, err := createBody(signer.Public())
	if err != nil {
		return "", nil, err
	}
	return s.submitCreate(ctx, i, body, signer)
}

// submitCreate registers the DID of a creation body that signer controls.
func (s *story) submitCreate(ctx context.Context, i int, body map[string]any, signer keystore.Signer) (string, *client.Receipt, error) {
	id, envelope, err := signCreate(ctx, s.l.m.League, body, signer)
	if err != nil {
		return "", nil, err
	}
	receipt, err := s.center(i).Submit(ctx, envelope, 20*time.Second)
	if err != nil {
		return "", nil, err
	}
	if receipt.State != app.Committed {
		return "", nil, fmt.Errorf("the operation that creates %s is %s (%s)", id, receipt.State, receipt.Code.Info().Name)
	}
	return id.String(), receipt, nil
}

// resolveEverywhere resolves a DID at the first n centers; a center may be a block behind the one that took the operation.
func (s *story) resolveEverywhere(ctx context.Context, id string, n int) error {
	s.curl("%s/1.0/identifiers/%s", s.l.m.Centers[n-1].API, id)
	for i := range n {
		var version string
		err := eventually(ctx, 10*time.Second, func() (bool, error) {
			result, err := s.center(i).Resolve(ctx, id, nil)
			if err == nil {
				version = result.Metadata.VersionID
			}
			return err == nil, nil
		})
		if err != nil {
			return fmt.Errorf("%s does not resolve %s: %w", s.name(i), id, err)
		}
		s.say("%s: resolves, version %s", s.name(i), version)
	}
	return nil
}

// kill ends the last center with SIGKILL and registers a DID at another one.
func (s *story) kill(ctx context.Context) error {
	last := len(s.l.m.Centers) - 1
	s.say("$ kill -9 %d        # %s", s.l.centers[last].pid(), s.name(last))
	s.l.centers[last].kill()
	signer, err := keystore.NewMemory().Generate(ctx, "bank", keys.ES256)
	if err != nil {
		return err
	}
	id, receipt, err := s.submitDID(ctx, 1, signer)
	if err != nil {
		return fmt.Errorf("the others do not go on: %w", err)
	}
	s.say("%s: a bank registers %s at height %d", s.name(1), id, receipt.Height)
	return s.resolveEverywhere(ctx, id, last)
}

// comeBack starts the killed center again and waits until it is where the others are.
func (s *story) comeBack(ctx context.Context) error {
	last := len(s.l.m.Centers) - 1
	before, err := s.center(0).League(ctx)
	if err != nil {
		return err
	}
	begin := time.Now()
	if err := s.l.startCenter(last); err != nil {
		return err
	}
	ready, cancel := context.WithTimeout(ctx, demoReadyTimeout)
	defer cancel()
	if err := s.l.awaitReady(ready, last); err != nil {
		return err
	}
	err = eventually(ctx, 30*time.Second, func() (bool, error) {
		head, err := s.center(last).League(ctx)
		return err == nil && head.Height >= before.Height, nil
	})
	if err != nil {
		return fmt.Errorf("%s did not reach height %d: %w", s.name(last), before.Height, err)
	}
	s.curl("%s/readyz?verbose", s.l.m.Centers[last].API)
	s.say("%s: ready after %.1f s, at height %d or later", s.name(last), time.Since(begin).Seconds(), before.Height)
	return nil
}

// revoke revokes a credential at center 0. Every answer that stands on a block two later than the revocation's must say so.
func (s *story) revoke(ctx context.Context) error {
	c, err := s.valid()
	if err != nil {
		return err
	}
	s.curl(`%s/credentials/status %s -d '{"credentialId":"%s","credentialStatus":{"type":"BitstringStatusListEntry","statusPurpose":"revocation"},"status":true}'`, s.l.m.Centers[0].API, curlAuth, c.ID)
	begin := time.Now()
	changed, err := s.center(0).SetStatus(ctx, c.ID, "revocation", true)
	if err != nil {
		return err
	}
	if changed.State != app.Committed {
		return fmt.Errorf("the revocation of %s was accepted (operation %s) and not committed in time", c.ID, changed.Operation)
	}
	head, err := s.center(0).League(ctx) // the revocation is committed at this height or before
	if err != nil {
		return err
	}
	s.say("%s: %s is revoked, committed by height %d after %d ms", s.name(0), c.ID, head.Height, time.Since(begin).Milliseconds())
	for i := range s.l.m.Centers {
		if err := s.seesRevocation(ctx, i, c, head.Height); err != nil {
			return err
		}
	}
	if _, err := s.center(0).SetStatus(ctx, c.ID, "revocation", false); err == nil {
		return fmt.Errorf("the revocation of %s could be undone", c.ID)
	}
	s.say("%s: undoing it is refused, as it should be", s.name(0))
	return nil
}

// seesRevocation polls center i; it fails when an answer that stands on height+2 or later still calls c valid.
func (s *story) seesRevocation(ctx context.Context, i int, c issuedCredential, height int64) error {
	return eventually(ctx, 20*time.Second, func() (bool, error) {
		result, err := s.center(i).Verify(ctx, c.Secured, nil)
		if err != nil {
			return false, err
		}
		at := statusHeight(result)
		if result.Report.Decision == credentials.Reject && outcome(result, credentials.CheckStatus) == credentials.Fail {
			s.say("%s: rejected, standing on height %d: %s", s.name(i), at, summary(result))
			return true, nil
		}
		if at >= height+2 {
			return false, fmt.Errorf("%s still accepts it at height %d, two blocks after %d: %s", s.name(i), at, height, summary(result))
		}
		return false, nil
	})
}

// statusHeight is the ledger height that a report's status check stands on.
func statusHeight(v *client.Verification) int64 {
	for _, c := range v.Report.Checks {
		if c.ID == credentials.CheckStatus && c.Evidence != nil {
			return c.Evidence.Height
		}
	}
	return 0
}
