package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// hostile holds what could steer a terminal: ESC, the one-character CSI, a line of its own, and a bidirectional override.
const hostile = "a\x1b[31m\u009b2J\nerror: b\u202ec"

func TestJSONCannotSteerATerminalAndKeepsItsMeaning(t *testing.T) {
	var out bytes.Buffer
	if err := writeJSON(&out, map[string]string{"x": hostile}); err != nil {
		t.Fatal(err)
	}
	if i := strings.IndexFunc(strings.ReplaceAll(out.String(), "\n", ""), unsafeRune); i >= 0 {
		t.Errorf("%q has a rune that could steer a terminal", out.String())
	}
	var back map[string]string
	if err := json.Unmarshal(out.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"x": hostile}, back); diff != "" {
		t.Error(diff)
	}
}

func TestACellCannotBeginALine(t *testing.T) {
	var out bytes.Buffer
	row(&out, "name", hostile)
	if got := strings.Count(out.String(), "\n"); got != 1 {
		t.Errorf("a row has %d lines: %q", got, out.String())
	}
}
