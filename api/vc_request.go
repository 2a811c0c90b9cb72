package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"sort"
	"strings"

	"github.com/labstack/echo/v4"
)

// problemUnknownOption is VCALM's problem type for options that are not known (interfaces.md section 4, "Options").
const problemUnknownOption = "https://www.w3.org/TR/vcalm#UNKNOWN_OPTION_PROVIDED"

// vcRequest is the body of a VCALM call: one main member and options.
type vcRequest struct {
	raw      []byte                     // the body as it came
	body     map[string]any             // values as jcs.Parse returns them
	members  map[string]json.RawMessage // the same, as text
	options  options
	warnings []string // what was ignored in the older dialect
}

// options are the options of a request, taken out one by one; what is left over is unknown.
type options struct {
	values map[string]any
	taken  []string
}

// readRequest reads a body that is an object with these members, and options.
func (a credentialAPI) readRequest(c echo.Context, members ...string) (*vcRequest, error) {
	if err := requireMedia(c, mediaJSON, "+json"); err != nil {
		return nil, err
	}
	raw, err := a.readBody(c)
	if err != nil {
		return nil, err
	}
	value, err := a.parseJSON(raw)
	if err != nil {
		return nil, err
	}
	body, ok := value.(map[string]any)
	if !ok {
		return nil, badMember("", "the body must be a JSON object")
	}
	r := &vcRequest{raw: raw, body: body}
	if err := knownMembers(body, "", members...); err != nil {
		if !a.older {
			return nil, err
		}
		r.ignore(body, "", members)
	}
	if given, ok := body["options"]; ok {
		if r.options.values, ok = given.(map[string]any); !ok {
			return nil, badMember("/options", "options must be an object")
		}
	}
	return r, nil
}

// text returns a member as it was written. The body was read strictly before, so names are unique.
func (r *vcRequest) text(name string) (json.RawMessage, error) {
	if r.members == nil {
		if r.members = jsonMembers(r.raw); r.members == nil {
			return nil, badRequest("the body is not a JSON object")
		}
	}
	return r.members[name], nil
}

// ignore notes the members that are not known.
func (r *vcRequest) ignore(object map[string]any, at string, known []string) {
	for _, name := range names(object) {
		if !slices.Contains(known, name) {
			r.warnings = append(r.warnings, "ignored: "+at+"/"+escapePointer(name))
		}
	}
}

// finish refuses the options that nobody took; the older dialect ignores them with a warning.
func (a credentialAPI) finish(c echo.Context, r *vcRequest) error {
	for _, name := range names(r.options.values) {
		if slices.Contains(r.options.taken, name) {
			continue
		}
		if !a.older {
			return &Error{Name: problemUnknownOption, Status: http.StatusBadRequest, Pointer: "/options/" + escapePointer(name),
				Detail: "this option is not known here"}
		}
		r.warnings = append(r.warnings, "ignored: /options/"+escapePointer(name))
	}
	for _, warning := range r.warnings {
		if text := quotable(warning); len(text) <= 200 {
			c.Response().Header().Add("Warning", `299 - "`+text+`"`)
		}
	}
	return nil
}

func names(object map[string]any) []string {
	all := make([]string, 0, len(object))
	for name := range object {
		all = append(all, name)
	}
	sort.Strings(all)
	return all
}

// take returns an option's value.
func (o *options) take(name string) (any, bool) {
	o.taken = append(o.taken, name)
	value, ok := o.values[name]
	return value, ok
}

// text takes an option that is a non-empty string; "" if it is not given.
func (o *options) text(name string) (string, error) {
	value, given := o.take(name)
	if !given {
		return "", nil
	}
	text, ok := value.(string)
	if !ok || text == "" {
		return "", badMember("/options/"+name, "must be a non-empty string")
	}
	return text, nil
}

// flag takes an option that is a boolean; false if it is not given.
func (o *options) flag(name string) (bool, error) {
	value, given := o.take(name)
	if !given {
		return false, nil
	}
	flag, ok := value.(bool)
	if !ok {
		return false, badMember("/options/"+name, "must be a boolean")
	}
	return flag, nil
}

// texts takes an option that is a list of strings.
func (o *options) texts(name string) ([]string, error) {
	value, given := o.take(name)
	if !given {
		return nil, nil
	}
	list, ok := value.([]any)
	all := make([]string, len(list))
	for i := range list {
		if all[i], ok = list[i].(string); !ok {
			break
		}
	}
	if !ok {
		return nil, badMember("/options/"+name, "must be a list of strings")
	}
	return all, nil
}

// one takes an option that must have one of the values, if given.
func (o *options) one(name string, values ...string) (string, error) {
	text, err := o.text(name)
	if err == nil && text != "" && !slices.Contains(values, text) {
		err = badMember("/options/"+name, "known values are "+strings.Join(values, ", "))
	}
	return text, err
}
