package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"github.com/knadh/koanf/parsers/toml/v2"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"
)

// tomlEdit sets one setting of hanse.toml to a value that is written as TOML has it.
type tomlEdit struct{ section, key, value string }

// editConfig sets some settings of a home's hanse.toml and leaves everything else in the file as it is, comments too.
func editConfig(home string, edits []tomlEdit) error {
	path := filepath.Join(home, "hanse.toml")
	before, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	after := before
	for _, e := range edits {
		after = e.apply(after)
	}
	if err := checkEdited(before, after, edits); err != nil {
		return hinted(fmt.Errorf("%s: %w", path, err), "write each setting of [api] and [ledger] on a line of its own, below the line with its section")
	}
	if bytes.Equal(before, after) {
		return nil
	}
	return writePrivate(path, after)
}

var tomlSection = regexp.MustCompile(`^\s*\[([^\[\]]+)\]\s*(#.*)?$`)

// apply sets a setting where the text has it, or makes it the first one of its section.
func (e tomlEdit) apply(text []byte) []byte {
	setting := regexp.MustCompile(`^\s*` + regexp.QuoteMeta(e.key) + `\s*=`)
	lines := strings.Split(string(text), "\n")
	section, header := "", -1
	for i, line := range lines {
		if strings.HasPrefix(strings.TrimSpace(line), "[") {
			section = ""
			if m := tomlSection.FindStringSubmatch(line); m != nil {
				section = strings.TrimSpace(m[1])
			}
			if section == e.section && header < 0 {
				header = i
			}
			continue
		}
		if section == e.section && setting.MatchString(line) {
			lines[i] = e.line() + commentOf(line)
			return []byte(strings.Join(lines, "\n"))
		}
	}
	if header < 0 {
		return fmt.Appendf(bytes.TrimRight(text, "\n"), "\n\n[%s]\n%s\n", e.section, e.line())
	}
	lines[header] += "\n" + e.line()
	return []byte(strings.Join(lines, "\n"))
}

func (e tomlEdit) line() string { return e.key + " = " + e.value }

// commentOf is the comment at the end of a line, with a space before it; what stands in a string is none.
func commentOf(line string) string {
	var quote rune
	escaped := false
	for i, r := range line {
		switch {
		case escaped:
			escaped = false
		case quote == '"' && r == '\\':
			escaped = true
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case r == '"' || r == '\'':
			quote = r
		case r == '#':
			return " " + line[i:]
		}
	}
	return ""
}

// checkEdited reads both texts as TOML and refuses an edit that did anything else than it should: lines are not all there is to TOML.
func checkEdited(before, after []byte, edits []tomlEdit) error {
	want, err := flatTOML(before)
	if err != nil {
		return err
	}
	for _, e := range edits {
		set, err := flatTOML([]byte("[" + e.section + "]\n" + e.line()))
		if err != nil {
			return err
		}
		maps.Copy(want, set)
	}
	got, err := flatTOML(after)
	if err != nil {
		return fmt.Errorf("setting addresses would break it: %w", err)
	}
	if len(got) > len(want) {
		return errors.New("a setting stands where no line can be told to be one")
	}
	for name, value := range want {
		if !reflect.DeepEqual(got[name], value) {
			return fmt.Errorf("%s cannot be set in it", name)
		}
	}
	return nil
}

// flatTOML reads settings by their dotted names. An empty section has none.
func flatTOML(text []byte) (map[string]any, error) {
	nested, err := toml.Parser().Unmarshal(text)
	if err != nil {
		return nil, err
	}
	k := koanf.New(".")
	if err := k.Load(confmap.Provider(nested, ""), nil); err != nil {
		return nil, err
	}
	flat := k.All()
	maps.DeleteFunc(flat, func(_ string, value any) bool { table, ok := value.(map[string]any); return ok && len(table) == 0 })
	return flat, nil
}
