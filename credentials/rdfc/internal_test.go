package rdfc

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// needed finds how many steps a dataset takes.
func needed(t *testing.T, quads []Quad) int {
	low, high := 0, 1<<24
	for low < high {
		mid := (low + high) / 2
		if _, err := Canonicalize(quads, Options{Work: max(mid, 1)}); err == nil {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return low
}

// What the specification's tests need decides the default, and leaves room.
func TestDefaultWorkLeavesRoomForEveryAnswerableTestOfTheW3C(t *testing.T) {
	inputs, err := filepath.Glob("testdata/rdfc10/*-in.nq")
	if err != nil || len(inputs) == 0 {
		t.Fatal(err)
	}
	most, name := 0, ""
	for _, path := range inputs {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		quads, err := Parse(string(data))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Canonicalize(quads, Options{}); errors.Is(err, ErrWork) {
			continue // the negative test, which TestW3C knows
		}
		if n := needed(t, quads); n > most {
			most, name = n, path
		}
	}
	t.Logf("%s takes %d steps", name, most)
	if most > DefaultWork/4 {
		t.Errorf("%s takes %d steps", name, most)
	}
}

// A clique of alike nodes has no short answer; a long star and a long chain have one. All end within the bound of work.
func TestPoisonGraphsEndSoon(t *testing.T) {
	clique := func(n int) (quads []Quad) {
		for i := range n {
			for j := range n {
				if i != j {
					quads = append(quads, edge(i, j))
				}
			}
		}
		return quads
	}
	ring := func(n int) (quads []Quad) {
		for i := range n {
			quads = append(quads, edge(i, (i+1)%n))
		}
		return quads
	}
	star := func(n int) (quads []Quad) {
		for i := range n {
			quads = append(quads, edge(0, i+1), edge(i+1, 0))
		}
		return quads
	}
	for name, quads := range map[string][]Quad{"clique": clique(30), "star": star(5000), "ring": ring(5000), "two rings": append(ring(3000), ring(3000)...)} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := Canonicalize(quads, Options{})
			if err != nil && !errors.Is(err, ErrWork) {
				t.Fatal(err)
			}
			t.Logf("%v after %v", err, time.Since(start))
			if name == "clique" && err == nil {
				t.Error("answered")
			}
		})
	}
}

func edge(i, j int) Quad {
	return Quad{Subject: Term{Kind: Blank, Value: fmt.Sprint("n", i)}, Predicate: Term{Kind: IRI, Value: "urn:p"}, Object: Term{Kind: Blank, Value: fmt.Sprint("n", j)}}
}

// Labels and order say nothing: a dataset with other labels in another order has the same canonical form.
func TestLabelsAndOrderDoNotMatter(t *testing.T) {
	inputs, _ := filepath.Glob("testdata/rdfc10/*-in.nq")
	random := rand.New(rand.NewPCG(1, 2))
	for _, path := range inputs {
		data, _ := os.ReadFile(path)
		quads, err := Parse(string(data))
		if err != nil {
			t.Fatal(err)
		}
		want, err := Canonicalize(quads, Options{})
		if err != nil {
			continue
		}
		for range 5 {
			other := map[string]string{}
			relabel := func(x Term) Term {
				if x.Kind != Blank {
					return x
				}
				if other[x.Value] == "" {
					other[x.Value] = fmt.Sprintf("x%d", random.Uint64())
				}
				x.Value = other[x.Value]
				return x
			}
			shuffled := slices.Clone(quads)
			random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			for i, q := range shuffled {
				shuffled[i] = Quad{relabel(q.Subject), q.Predicate, relabel(q.Object), relabel(q.Graph)}
			}
			got, err := Canonicalize(shuffled, Options{})
			if err != nil || got.Text() != want.Text() {
				t.Fatalf("%s: %v\n%s\n%s", path, err, want.Text(), got.Text())
			}
		}
	}
}

func TestBadNQuadsAreRefused(t *testing.T) {
	for _, line := range []string{
		"<a> <b>", "<a> <b> <c>", `"x" <b> <c> .`, "<a> _:b <c> .", `<a> <b> "c .`, `<a> <b> "c"@ .`, `<a> <b> "c"^^d .`, "<a> <b> <c> . more",
		`<a> <b> "\u12" .`, `<a> <b> "\uD800" .`, `<a> <b> "\x" .`, `<a> <b> "\`, "_: <b> <c> .", "<a b> <b> <c> .", "\xff", `<a> <b> <c> "g" .`, "<a> <b> <c",
	} {
		if quads, err := Parse(line + "\n"); err == nil {
			t.Errorf("%q: read as %v", line, quads)
		}
	}
}

// What is read and written is read again as the same, and the canonical form is its own canonical form.
func FuzzParse(f *testing.F) {
	f.Add("_:a <urn:p> \"x\\n\\u0001\"@en <urn:g> .\n<urn:a> <urn:p> _:b.c . # comment\n")
	f.Add(`<urn:a> <urn:p> "1"^^<http://www.w3.org/2001/XMLSchema#integer> .`)
	f.Fuzz(func(t *testing.T, text string) {
		quads, err := Parse(text)
		if err != nil {
			return
		}
		var b strings.Builder
		for _, q := range quads {
			b.WriteString(q.String())
		}
		again, err := Parse(b.String())
		if err != nil || !slices.Equal(quads, again) {
			t.Fatalf("%v: %q\n%v\n%v", err, b.String(), quads, again)
		}
		c, err := Canonicalize(quads, Options{Work: 20_000})
		if err != nil {
			return
		}
		quads, err = Parse(c.Text())
		if err != nil {
			t.Fatal(err)
		}
		if twice, err := Canonicalize(quads, Options{Work: 20_000}); err != nil || twice.Text() != c.Text() {
			t.Fatalf("%v: %q became %q", err, c.Text(), twice.Text())
		}
	})
}
