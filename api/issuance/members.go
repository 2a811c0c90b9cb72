package issuance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/hanse-id/hanse/did/jcs"
)

// readConfiguration reads JSON into a struct, strictly: members that are there twice, not known, or written in other letters are
// refused. The error is a *Refusal that points to the member where that is known.
func readConfiguration(data []byte, what string, maxBytes int, into any) error {
	value, err := jcs.Parse(data, jcs.Limits{MaxBytes: maxBytes, MaxDepth: maxTemplateDepth})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if at := unknownMember(value, reflect.TypeOf(into), ""); at != "" {
		return refuse(ErrRequest, at, fmt.Sprintf("%s: unknown member %.80q", what, at))
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			at, named := "", "it"
			if wrong.Field != "" {
				top, _, _ := strings.Cut(wrong.Field, ".")
				at, named = "/"+top, wrong.Field
			}
			return refuse(ErrRequest, at, fmt.Sprintf("%s: %s must be %s, and is %s", what, named, wanted(wrong.Type), article(wrong.Value)))
		}
		return refuse(ErrRequest, "", what+": "+strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

// unknownMember is the first place of a value that a type has no member for; "" if there is none. Names must be the type's to the
// letter: package json would take "ISSUER" for "issuer", and the last of both.
func unknownMember(value any, t reflect.Type, at string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch v := value.(type) {
	case map[string]any:
		if t.Kind() != reflect.Struct {
			return ""
		}
		known := memberTypes(t)
		for _, name := range slices.Sorted(maps.Keys(v)) {
			inner, ok := known[name]
			if !ok {
				return at + "/" + escape(name)
			}
			if found := unknownMember(v[name], inner, at+"/"+escape(name)); found != "" {
				return found
			}
		}
	case []any:
		if t.Kind() != reflect.Slice {
			return ""
		}
		for n, item := range v {
			if found := unknownMember(item, t.Elem(), at+"/"+strconv.Itoa(n)); found != "" {
				return found
			}
		}
	}
	return ""
}

// memberTypes are the members of a struct by their names in JSON.
func memberTypes(t reflect.Type) map[string]reflect.Type {
	all := map[string]reflect.Type{}
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name != "" && name != "-" {
			all[name] = t.Field(i).Type
		}
	}
	return all
}

// invalid refuses a configuration for the member that pointer names.
func invalid(pointer, format string, args ...any) error {
	return refuse(ErrInvalid, pointer, fmt.Sprintf(format, args...))
}

// wanted says in words of JSON what a type of Go is read from.
func wanted(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	}
	return "a whole number"
}

// article says what package json found: "array", "number 1.5".
func article(found string) string {
	kind, _, _ := strings.Cut(found, " ")
	switch kind {
	case "array":
		return "a list"
	case "object":
		return "an object"
	case "bool":
		return "true or false"
	}
	return "a " + found
}
