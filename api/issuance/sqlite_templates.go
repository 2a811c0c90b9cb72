package issuance

import (
	"context"
	"encoding/json"
	"fmt"
)

// PutTemplate adds a template or replaces the one of its issuer and name.
func (s *SQLite) PutTemplate(ctx context.Context, t Template) error {
	text, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("template %s: %w", t.Name, err)
	}
	return s.writer.do(ctx, func(w *writer) error {
		return w.exec(`INSERT OR REPLACE INTO templates (issuer, name, config) VALUES (?, ?, ?)`, t.Issuer, t.Name, string(text))
	})
}

// Template reads one template.
func (s *SQLite) Template(ctx context.Context, issuer, name string) (Template, error) {
	found, err := rows(ctx, s.read, readTemplate, `SELECT config FROM templates WHERE issuer = ? AND name = ?`, issuer, name)
	if err == nil && len(found) == 0 {
		return Template{}, fmt.Errorf("template %s: %w", name, ErrNotFound)
	}
	if err != nil {
		return Template{}, err
	}
	return found[0], nil
}

// Templates lists an issuer's templates by name.
func (s *SQLite) Templates(ctx context.Context, issuer string) ([]Template, error) {
	return rows(ctx, s.read, readTemplate, `SELECT config FROM templates WHERE issuer = ? ORDER BY name`, issuer)
}

func readTemplate(scan func(...any) error) (t Template, err error) {
	var text string
	if err = scan(&text); err == nil {
		err = json.Unmarshal([]byte(text), &t)
	}
	return t, err
}

// DeleteTemplate forgets a template.
func (s *SQLite) DeleteTemplate(ctx context.Context, issuer, name string) error {
	return s.writer.do(ctx, func(w *writer) error {
		n, err := w.changed(`DELETE FROM templates WHERE issuer = ? AND name = ?`, issuer, name)
		if err == nil && n == 0 {
			return fmt.Errorf("template %s: %w", name, ErrNotFound)
		}
		return err
	})
}
