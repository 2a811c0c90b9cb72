package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/did"
)

// addMember adds the flags of commands that a member of a recovery set, or a control key, signs.
func addMember(cmd *cobra.Command) {
	cmd.Flags().String("key", "", "key of your keystore that signs")
	cmd.Flags().String("as", "", "member of the recovery set that you are (default: the DID itself where the key controls it, else the key's did:key)")
	_ = cmd.MarkFlagRequired("key")
}

// member is an actor for a DID that somebody else may sign for: a member of its recovery set.
type member struct{ *actor }

// memberOf prepares an operation by the DID id, signed by --key as --as.
func memberOf(cmd *cobra.Command, id string) (member, error) {
	m := member{&actor{cmd: cmd}}
	var err error
	if m.did, err = readDID("DID", id); err != nil {
		return m, err
	}
	if m.league, _, err = did.SplitHanse(m.did); err != nil {
		return m, hinted(err, "only a did:hanse can be recovered")
	}
	store, c, err := storeAndClient(cmd)
	if err != nil {
		return m, err
	}
	m.client = c
	if m.signer, err = userSigner(cmd, store, m.text("key")); err != nil {
		return m, err
	}
	record, err := c.Record(cmd.Context(), m.did)
	if err != nil {
		return m, err
	}
	if record.Deactivated {
		return m, &cliError{Code: exitNotFound, Err: fmt.Errorf("%s is deactivated for ever", m.did)}
	}
	method, controls := controlMethod(record.Document, m.signer.Public())
	if as := m.text("as"); as != "" || !controls {
		method, err = methodAs(cmd, c, as, m.signer)
	}
	m.method = method
	return m, err
}

// act signs, submits or keeps, and prints the DID's new state.
func (m member) act(kind string, body map[string]any) error {
	receipt, err := m.actor.act(kind, body)
	if err != nil || receipt == nil {
		return err
	}
	return runRecoverShow(m.cmd, []string{string(m.did)})
}

// leagueRecoveryContent is the content of a did.recover proposal.
func leagueRecoveryContent(a *actor) (map[string]any, error) {
	id, err := readDID("--recover", a.text("recover"))
	if err != nil {
		return nil, err
	}
	content, err := recoveredState(&actor{cmd: a.cmd, client: a.client, league: a.league, did: id})
	if err != nil {
		return nil, err
	}
	content["did"] = string(id)
	return content, nil
}
