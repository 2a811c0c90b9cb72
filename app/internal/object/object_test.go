package object_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/app/internal/object"
)

func TestReadsEveryMember(t *testing.T) {
	r := object.New(map[string]any{
		"s": "x", "i": int64(3), "o": map[string]any{"a": "b"}, "l": []any{"p", "q"}, "t": true,
	}, "/body")
	got := []any{r.String("s"), r.Int("i"), r.Object("o"), r.Strings("l"), r.OptTrue("t"), r.OptInt("none", 7), r.OptString("none"),
		r.OptStrings("none"), r.OptTrue("none")}
	want := []any{"x", int64(3), map[string]any{"a": "b"}, []string{"p", "q"}, true, int64(7), "", []string(nil), false}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := r.Done(); err != nil {
		t.Error(err)
	}
}

func TestNamesTheFirstFault(t *testing.T) {
	for name, c := range map[string]struct {
		members map[string]any
		want    object.Error
	}{
		"missing":      {map[string]any{}, object.Error{Pointer: "/body/a~1b", Reason: "missing"}},
		"wrong type":   {map[string]any{"a/b": int64(1)}, object.Error{Pointer: "/body/a~1b", Reason: "not a string"}},
		"null":         {map[string]any{"a/b": nil}, object.Error{Pointer: "/body/a~1b", Reason: "not a string"}},
		"unknown":      {map[string]any{"a/b": "x", "c": "y"}, object.Error{Pointer: "/body", Reason: "unknown member"}},
		"other casing": {map[string]any{"A/b": "x"}, object.Error{Pointer: "/body/a~1b", Reason: "missing"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := object.New(c.members, "/body")
			r.String("a/b")
			err, ok := errors.AsType[*object.Error](r.Done())
			if !ok {
				t.Fatal("no fault")
			}
			if diff := cmp.Diff(c.want, *err); diff != "" {
				t.Error(diff)
			}
		})
	}
}
