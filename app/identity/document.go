package identity

import (
	"slices"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
)

// expand makes the absolute document that is stored. did.Expand refuses what the ledger does not keep: unknown members,
// embedded or foreign verification methods, keys of kinds that it cannot verify.
func (t *target) expand(value map[string]any) error {
	doc, err := did.Expand(value, t.did)
	if err != nil {
		return err
	}
	data, err := doc.Canonical()
	if err != nil {
		return err
	}
	t.document, t.size = doc, int64(len(data))
	return nil
}

// checkControl refuses control that nobody could exercise, and `next` hashes that protect nothing.
func (t *target) checkControl(league string) error {
	own, err := controlKeys(t.document)
	if err != nil {
		return exec.Errorf(exec.CodeInvalidDocument, "%v", err).At(t.at + "/document/capabilityInvocation")
	}
	t.control = own
	distinct := map[keys.Public]bool{}
	for _, k := range own {
		distinct[k.key] = true
		if slices.Contains(t.next, hashKey(k.key)) {
			return exec.Errorf(exec.CodePreRotation, "next: %s is in the document already", k.kid).At(t.at + "/next")
		}
	}
	principals := int64(len(distinct) + len(eligible(t.document, t.did, league)))
	if t.threshold > principals {
		return exec.Errorf(exec.CodeInvalidDocument, "threshold %d of %d principals", t.threshold, principals).At(t.at + "/threshold")
	}
	if len(t.next) > 0 && int64(len(t.next)) < t.threshold {
		return exec.Errorf(exec.CodePreRotation, "next: %d hashes for a threshold of %d", len(t.next), t.threshold).At(t.at + "/next")
	}
	return nil
}

// eligible lists the controllers that can ever count: distinct ledger DIDs of this league, and not the DID itself.
func eligible(doc *did.Document, self did.DID, league string) []did.DID {
	var out []did.DID
	for _, c := range doc.Controller {
		if c != self && isLedgerDID(c, league) && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// checkLimits compares t with the ledger parameters (`ledger.md` 4).
func (t *target) checkLimits(p exec.Params) error {
	for _, l := range [...]struct {
		pointer     string
		have, limit int64
	}{
		{"/document", t.size, p.MaxDocumentBytes},
		{"/document/verificationMethod", int64(len(t.document.VerificationMethod)), p.MaxKeys},
		{"/document/service", int64(len(t.document.Service)), p.MaxServices},
		{"/document/controller", int64(len(t.document.Controller)), p.MaxControllers},
		{"/document/alsoKnownAs", int64(len(t.document.AlsoKnownAs)), p.MaxAlsoKnownAs},
		{"/next", int64(len(t.next)), p.MaxKeys},
	} {
		if l.have > l.limit {
			return exec.Errorf(exec.CodeLimitExceeded, "%s: %d is above %d", l.pointer[1:], l.have, l.limit).At(t.at + l.pointer)
		}
	}
	return nil
}
