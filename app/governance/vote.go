package governance

import (
	"encoding/binary"
	"fmt"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
)

const votePrefix = "g/w/"

// Choice is a vote.
type Choice string

// The choices.
const (
	Yes     Choice = "yes"
	No      Choice = "no"
	Abstain Choice = "abstain"
)

// Vote is one center's present vote on a proposal. Earlier ones stand in the receipts.
type Vote struct {
	Center did.DID `json:"center"`
	Choice Choice  `json:"choice"`
	Reason string  `json:"reason,omitempty"`
	ID     op.ID   `json:"operation"`
	Time   int64   `json:"time"`
	Height int64   `json:"height"`
}

func votesPrefix(n int64) string {
	return string(binary.BigEndian.AppendUint64([]byte(votePrefix), uint64(n)))
}

// VoteKey is the state key of a center's vote on proposal n.
func VoteKey(n int64, center op.CenterHash) []byte {
	return append([]byte(votesPrefix(n)), center[:]...)
}

// Votes lists the votes on proposal n in the order of the centers' hashes, those of centers that are not active any more too.
func Votes(r exec.Reader, n int64) (list []Vote, err error) {
	for _, data := range r.Range([]byte(votesPrefix(n)), []byte(votesPrefix(n+1))) {
		v, err := DecodeVote(data)
		if err != nil {
			return nil, err
		}
		list = append(list, *v)
	}
	return list, nil
}

// voteOf reads a center's vote; nil if it has not voted.
func voteOf(r exec.Reader, n int64, center did.DID) (*Vote, error) {
	data := r.Get(VoteKey(n, op.HashCenter(center)))
	if data == nil {
		return nil, nil
	}
	return DecodeVote(data)
}

func (v *Vote) put(s exec.Store, n int64) error {
	m := map[string]any{
		"center": string(v.Center), "choice": string(v.Choice), "id": v.ID.String(), "time": v.Time, "height": v.Height,
	}
	if v.Reason != "" {
		m["reason"] = v.Reason
	}
	return putValue(s, string(VoteKey(n, op.HashCenter(v.Center))), m)
}

// DecodeVote reads a vote from its state value (JCS JSON), as a proof carries it.
func DecodeVote(value []byte) (*Vote, error) {
	m, err := object.Parse(value)
	if err != nil {
		return nil, fmt.Errorf("vote: %w", err)
	}
	v := &Vote{
		Center: did.DID(m.String("center")), Choice: readChoice(m), Reason: m.OptString("reason"),
		Time: m.Int("time"), Height: m.Int("height"),
	}
	id := m.String("id")
	if err := m.Done(); err != nil {
		return nil, fmt.Errorf("vote: %w", err)
	}
	if v.ID, err = op.ParseID(id); err != nil {
		return nil, fmt.Errorf("vote: %w", err)
	}
	return v, nil
}

func readChoice(m *object.Reader) Choice {
	c := Choice(m.String("choice"))
	if c != Yes && c != No && c != Abstain {
		m.Fail("choice", "none of yes, no, abstain")
	}
	return c
}
