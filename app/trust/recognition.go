package trust

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
)

const (
	recognitionPrefix = "t/r/"
	recognisedPrefix  = "t/v/" // superseded
)

// Recognition is what one center (or the league, for other leagues) says of another's accreditations. A statement replaces
// the one before it as a whole. Accepted: what is covered by Resources is recognised and nothing else. Not accepted: what
// is covered is not recognised, and of the rest the ledger's default says.
type Recognition struct {
	By        string // DID of the center, or LeagueURI
	Of        string // DID of a center, or the LeagueURI of another league
	Accepted  bool   // false: explicitly not recognised
	Resources []governance.Resource
	Since     int64 // block time
	Height    int64
	ID        op.ID
	N         int64 // which statement of By about Of, from 1
	Until     int64 // when the next statement replaced it; 0: present
}

// RecognitionKey is the state key of the present statement of by about of.
func RecognitionKey(by, of string) []byte {
	return append(hashed(recognitionPrefix, by), hashed("", of)...)
}

func (x *Recognition) supersededKey() []byte {
	key := append(hashed(recognisedPrefix, x.By), hashed("", x.Of)...)
	key = binary.BigEndian.AppendUint64(key, ^uint64(x.Since))
	return binary.BigEndian.AppendUint64(key, ^uint64(x.N))
}

// GetRecognition reads the present statement of by about of; nil if there is none.
func GetRecognition(r exec.Reader, by, of string) (*Recognition, error) {
	data := r.Get(RecognitionKey(by, of))
	if data == nil {
		return nil, nil
	}
	return decodeRecognition(data)
}

// recognitionAt reads the statement that stood at t; nil if there was none.
func recognitionAt(r exec.Reader, by, of string, t int64) (*Recognition, error) {
	x, err := GetRecognition(r, by, of)
	if err != nil || x == nil || x.Since <= t {
		return x, err
	}
	prefix := append(hashed(recognisedPrefix, by), hashed("", of)...)
	for _, data := range r.Range(binary.BigEndian.AppendUint64(prefix, ^uint64(t)), afterPrefix(prefix)) {
		return decodeRecognition(data)
	}
	return nil, nil
}

// Recognises reports whether `by` recognised `of` for a resource at t, by its own statement or by the ledger's default, and
// the statement that says so (nil: the default). By default centers that were active at t recognise each other where the
// parameter openRecognition is 1 now: it is a policy of the present, of which no history is kept. Leagues recognise each
// other by statement only. Everybody recognises itself.
func Recognises(r exec.Reader, by, of string, res governance.Resource, t int64) (bool, *Recognition, error) {
	if by == of {
		return true, nil, nil
	}
	x, err := recognitionAt(r, by, of, t)
	if err != nil {
		return false, nil, err
	}
	if x != nil && (x.Accepted || x.covers(res)) {
		return x.Accepted && x.covers(res), x, nil
	}
	open, err := recognisesByDefault(r, by, of, t)
	return open, nil, err
}

func (x *Recognition) covers(res governance.Resource) bool {
	for _, covering := range x.Resources {
		if covering.Covers(res) {
			return true
		}
	}
	return false
}

func recognisesByDefault(r exec.Reader, by, of string, t int64) (bool, error) {
	params, err := governance.Params(r)
	if err != nil || params.OpenRecognition == 0 {
		return false, err
	}
	for _, d := range [...]string{by, of} {
		if did.DID(d).Method() != did.HanseMethod {
			return false, nil
		}
		c, err := governance.At(r, did.DID(d), t)
		if err != nil || c == nil || c.Status != governance.Active {
			return false, err
		}
	}
	return true, nil
}

// Recognitions lists the present statements of `by` ("": all), in byte order, bounded by limit (1…1,000); next is after for
// the following page, "" at the end. *exec.Error with CodeMalformed for an after that no page of this list gave, or a limit out of bounds.
func Recognitions(r exec.Reader, by, after string, limit int) (page []Recognition, next string, err error) {
	if limit < 1 || limit > maxPage {
		return nil, "", exec.Errorf(exec.CodeMalformed, "limit %d: 1 to %d expected", limit, maxPage)
	}
	prefix := []byte(recognitionPrefix)
	if by != "" {
		prefix = hashed(recognitionPrefix, by)
	}
	start := prefix
	if after != "" {
		tail, err := base64.RawURLEncoding.Strict().DecodeString(after)
		if err != nil || len(tail) != 64 {
			return nil, "", exec.Errorf(exec.CodeMalformed, "after %.100q: not from a page", after)
		}
		if start = append(append([]byte(recognitionPrefix), tail...), 0); !bytes.HasPrefix(start, prefix) {
			return nil, "", exec.Errorf(exec.CodeMalformed, "after %.100q: from another list", after)
		}
	}
	var last string
	for key, data := range r.Range(start, afterPrefix(prefix)) {
		if len(page) == limit {
			return page, last, nil
		}
		x, err := decodeRecognition(data)
		if err != nil {
			return nil, "", err
		}
		page = append(page, *x)
		last = base64.RawURLEncoding.EncodeToString(key[len(recognitionPrefix):])
	}
	return page, "", nil
}

func (x *Recognition) encode() ([]byte, error) {
	list := make([]any, len(x.Resources))
	for i, res := range x.Resources {
		list[i] = string(res)
	}
	m := map[string]any{
		"by": x.By, "of": x.Of, "resources": list, "since": x.Since, "height": x.Height, "operation": x.ID.String(), "n": x.N,
	}
	if x.Accepted {
		m["accepted"] = true
	}
	putInt(m, "until", x.Until)
	data, err := jcs.Encode(m)
	if err != nil {
		return nil, fmt.Errorf("recognition of %s by %s: %w", x.Of, x.By, err)
	}
	return data, nil
}

func decodeRecognition(data []byte) (*Recognition, error) {
	m, err := object.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("recognition: %w", err)
	}
	x := &Recognition{
		By: m.String("by"), Of: m.String("of"), Accepted: m.OptTrue("accepted"), Since: m.Int("since"), Height: m.Int("height"),
		ID: readID(m, "operation"), N: m.Int("n"), Until: m.OptInt("until", 0),
	}
	for _, text := range m.Strings("resources") {
		x.Resources = append(x.Resources, governance.Resource(text))
	}
	if err := m.Done(); err != nil {
		return nil, fmt.Errorf("recognition: %w", err)
	}
	return x, nil
}
