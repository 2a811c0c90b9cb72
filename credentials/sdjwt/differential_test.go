package sdjwt

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/did/jcs"
)

// tree makes claims at random, and notes the JSON pointers of what is in them.
type tree struct {
	random   *rand.Rand
	pointers []string
}

func (g *tree) value(at string, depth int) any {
	switch kind := g.random.IntN(8); {
	case kind < 2 && depth > 0:
		object := map[string]any{}
		for i := range g.random.IntN(4) {
			name := []string{"a", "b/c", "d~e", "ü", "0", "x y"}[g.random.IntN(6)] + fmt.Sprint(i)
			object[name] = g.child(pointer(at, name), depth)
		}
		return object
	case kind < 4 && depth > 0:
		list := make([]any, g.random.IntN(4))
		for i := range list {
			list[i] = g.child(pointer(at, fmt.Sprint(i)), depth)
		}
		return list
	case kind == 4:
		return nil
	case kind == 5:
		return g.random.IntN(2) == 0
	case kind == 6:
		return json.Number(fmt.Sprint(g.random.IntN(1000)))
	}
	return strings.Repeat("ä~", g.random.IntN(4))
}

func (g *tree) child(at string, depth int) any {
	g.pointers = append(g.pointers, at)
	return g.value(at, depth-1)
}

// some picks each with a chance of one half.
func some(random *rand.Rand, from []string) (out []string) {
	for _, s := range from {
		if random.IntN(2) == 0 {
			out = append(out, s)
		}
	}
	return out
}

// Random claims with random disclosures, of which a random part is shown, open with @sd-jwt/decode to the claims that they open to
// here. Without its packages (scripts/interop) there is nothing to compare with.
func TestClaimsOpenAsAnotherImplementationOpensThem(t *testing.T) {
	folder, err := filepath.Abs("../../scripts/interop")
	if err != nil {
		t.Fatal(err)
	}
	node, err := exec.LookPath("node")
	if _, missing := os.Stat(filepath.Join(folder, "node_modules/@sd-jwt/decode")); err != nil || missing != nil {
		t.Skip("needs node, and the packages of scripts/interop")
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(9901, seed))
	signer := newSigner(t)
	var lines []string
	var want []map[string]any
	for range 500 {
		text := randomPresentation(t, random, func(claims map[string]any, o IssueOptions) (string, error) {
			return Issue(t.Context(), claims, signer, o)
		})
		lines, want = append(lines, text), append(want, claims(t, text))
	}
	cmd := exec.CommandContext(t.Context(), node, "testdata/open.mjs", folder)
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, problems.String())
	}
	scanner := bufio.NewScanner(bytes.NewReader(out))
	scanner.Buffer(nil, 1<<20)
	n := 0
	for ; scanner.Scan() && n < len(want); n++ {
		v, err := jcs.Parse(scanner.Bytes(), jcs.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(any(want[n]), v); d != "" {
			t.Fatalf("%s\n%s", lines[n], d)
		}
	}
	if n != len(want) {
		t.Fatalf("%d answers to %d tokens", n, len(want))
	}
}

func randomPresentation(t *testing.T, random *rand.Rand, issue func(map[string]any, IssueOptions) (string, error)) string {
	t.Helper()
	g := &tree{random: random}
	claims := map[string]any{"iss": "https://issuer.example"}
	for i := range 1 + random.IntN(5) {
		name := fmt.Sprintf("claim%d", i)
		claims[name] = g.child(pointer("", name), 4)
	}
	text, err := issue(claims, IssueOptions{Type: "dc+sd-jwt", Disclosable: some(random, g.pointers), Decoys: random.IntN(3)})
	if err != nil {
		t.Fatal(err)
	}
	token := parsed(t, text)
	places, err := token.Places()
	if err != nil {
		t.Fatal(err)
	}
	shown, err := token.Present(some(random, places))
	if err != nil {
		t.Fatal(err)
	}
	return shown
}
