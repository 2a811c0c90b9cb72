package trust

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/internal/object"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
)

const (
	schemaPrefix = "t/d/"
	typePrefix   = "t/y/"
)

// Schema is a registered credential type: its schema by digest.
type Schema struct {
	Digest         string         `json:"digest"` // SRI of the schema's bytes, "sha256-…": identifies it
	ID             string         `json:"id"`     // URL or URN of the schema
	Version        string         `json:"version"`
	Type           string         `json:"type"`                     // credential type it describes
	Metadata       string         `json:"metadata,omitempty"`       // URL of type metadata (vct)
	MetadataDigest string         `json:"metadataDigest,omitempty"` // SRI
	Owner          did.DID        `json:"owner"`
	Status         SchemaStatus   `json:"status"`
	Time           int64          `json:"time"`
	Height         int64          `json:"height"`
	Operation      op.ID          `json:"operation"`
	Changes        []SchemaChange `json:"changes,omitempty"`
}

// SchemaStatus says whether a schema should be used.
type SchemaStatus string

// The states: active may be used, deprecated should not for new credentials, withdrawn must not and stays so.
const (
	SchemaActive     SchemaStatus = "active"
	SchemaDeprecated SchemaStatus = "deprecated"
	SchemaWithdrawn  SchemaStatus = "withdrawn"
)

func (s SchemaStatus) known() bool {
	return s == SchemaActive || s == SchemaDeprecated || s == SchemaWithdrawn
}

// SchemaChange is a later status.
type SchemaChange struct {
	Status SchemaStatus `json:"status"`
	Time   int64        `json:"time"`
	Height int64        `json:"height"`
}

// SchemaKey is the state key of a schema.
func SchemaKey(digest string) []byte { return append([]byte(schemaPrefix), digest...) }

func typeKey(credentialType, digest string) []byte {
	return append(hashed(typePrefix, credentialType), digest...)
}

// GetSchema reads a schema; nil if there is none.
func GetSchema(r exec.Reader, digest string) (*Schema, error) {
	data := r.Get(SchemaKey(digest))
	if data == nil {
		return nil, nil
	}
	return DecodeSchema(data)
}

// Schemas lists schemas by digest, after `after` ("": from the start), of a credential type ("": any), at most limit (1…1,000);
// next is after for the following page, "" at the end. *exec.Error with CodeMalformed for a limit out of bounds.
func Schemas(r exec.Reader, credentialType, after string, limit int) (page []Schema, next string, err error) {
	if limit < 1 || limit > maxPage {
		return nil, "", exec.Errorf(exec.CodeMalformed, "limit %d: 1 to %d expected", limit, maxPage)
	}
	prefix := []byte(schemaPrefix)
	if credentialType != "" {
		prefix = hashed(typePrefix, credentialType)
	}
	start := append(bytes.Clone(prefix), after...)
	if after != "" {
		start = append(start, 0)
	}
	for key := range r.Range(start, afterPrefix(prefix)) {
		if len(page) == limit {
			return page, page[limit-1].Digest, nil
		}
		s, err := GetSchema(r, string(key[len(prefix):]))
		if err == nil && s == nil {
			err = fmt.Errorf("%q: no such schema", key)
		}
		if err != nil {
			return nil, "", err
		}
		page = append(page, *s)
	}
	return page, "", nil
}

// at reports the status at t: "" before the schema was registered.
func (s *Schema) at(t int64) SchemaStatus {
	if t < s.Time {
		return ""
	}
	status := SchemaActive
	for _, c := range s.Changes {
		if c.Time <= t {
			status = c.Status
		}
	}
	return status
}

// StatusAt reports the status at t (unix seconds): "" before the schema was registered.
func (s *Schema) StatusAt(t int64) SchemaStatus { return s.at(t) }

func (s *Schema) put(store exec.Store) error {
	m := map[string]any{
		"digest": s.Digest, "id": s.ID, "version": s.Version, "type": s.Type, "owner": string(s.Owner), "status": string(s.Status),
		"time": s.Time, "height": s.Height, "operation": s.Operation.String(),
	}
	putText(m, "metadata", s.Metadata)
	putText(m, "metadataDigest", s.MetadataDigest)
	if len(s.Changes) > 0 {
		list := make([]any, len(s.Changes))
		for i, c := range s.Changes {
			list[i] = map[string]any{"status": string(c.Status), "time": c.Time, "height": c.Height}
		}
		m["changes"] = list
	}
	data, err := jcs.Encode(m)
	if err != nil {
		return fmt.Errorf("schema %s: %w", s.Digest, err)
	}
	store.Set(SchemaKey(s.Digest), data)
	return nil
}

// DecodeSchema reads a schema from its state value (JCS JSON), as a proof carries it.
func DecodeSchema(value []byte) (*Schema, error) {
	m, err := object.Parse(value)
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	s := &Schema{
		Digest: m.String("digest"), ID: m.String("id"), Version: m.String("version"), Type: m.String("type"),
		Metadata: m.OptString("metadata"), MetadataDigest: m.OptString("metadataDigest"), Owner: did.DID(m.String("owner")),
		Status: SchemaStatus(m.String("status")), Time: m.Int("time"), Height: m.Int("height"), Operation: readID(m, "operation"),
	}
	if m.Has("changes") {
		for _, item := range m.List("changes") {
			members, _ := item.(map[string]any)
			c := object.New(members, "/changes")
			s.Changes = append(s.Changes, SchemaChange{SchemaStatus(c.String("status")), c.Int("time"), c.Int("height")})
			if err := c.Done(); err != nil {
				return nil, fmt.Errorf("schema: %w", err)
			}
		}
	}
	if err := m.Done(); err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	return s, nil
}

// validDigest checks the form of Subresource Integrity, section 3.5: one hash, padded base64 in its only spelling.
func validDigest(text string) bool {
	algorithm, value, _ := strings.Cut(text, "-")
	size := map[string]int{"sha256": 32, "sha384": 48, "sha512": 64}[algorithm]
	hash, err := base64.StdEncoding.Strict().DecodeString(value)
	return err == nil && size != 0 && len(hash) == size && base64.StdEncoding.EncodeToString(hash) == value
}
