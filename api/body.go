package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/did/jcs"
)

// announced bounds what is allocated for a body before it arrives, in bytes.
const announced = 64 << 10

// readBody reads the whole body, at most the server's limit (413 beyond it).
func (s *Server) readBody(c echo.Context) ([]byte, error) {
	return readLimited(c, s.opts.Limits.Body)
}

// readLimited reads the whole body, at most limit bytes (413 beyond them).
func readLimited(c echo.Context, limit int64) ([]byte, error) {
	r := c.Request()
	if r.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	var buf bytes.Buffer
	if r.ContentLength > 0 { // a length that is only announced must not cost memory
		buf.Grow(int(min(r.ContentLength, announced)))
	}
	if _, err := buf.ReadFrom(http.MaxBytesReader(c.Response(), r.Body, limit)); err != nil {
		if tooBig, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, tooLarge(tooBig.Limit)
		}
		return nil, &Error{Name: "incomplete-body", Status: http.StatusBadRequest, Detail: "the body ended early", Err: err}
	}
	return buf.Bytes(), nil
}

// readJSON reads a JSON body strictly: declared as JSON, UTF-8 without BOM, no duplicate members, bounded in bytes,
// depth and number of values. Values are what jcs.Parse returns. accept names media types allowed beside application/json and +json.
func (s *Server) readJSON(c echo.Context, accept ...string) (any, error) {
	if err := requireMedia(c, append([]string{mediaJSON, "+json"}, accept...)...); err != nil {
		return nil, err
	}
	data, err := s.readBody(c)
	if err != nil {
		return nil, err
	}
	return s.parseJSON(data)
}

// readObject is readJSON for bodies that are one JSON object.
func (s *Server) readObject(c echo.Context, accept ...string) (map[string]any, error) {
	value, err := s.readJSON(c, accept...)
	if err != nil {
		return nil, err
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, badMember("", "the body must be a JSON object")
	}
	return object, nil
}

// parseJSON reads a JSON text that arrived in a request. Its cost is bounded before anything is allocated for it.
func (s *Server) parseJSON(data []byte) (any, error) {
	limits := s.opts.Limits
	if len(bytes.TrimLeft(data, " \t\r\n")) == 0 {
		return nil, badRequest("the body is empty; a JSON text is expected")
	}
	if err := checkShape(data, limits.JSONDepth, limits.JSONValues); err != nil {
		return nil, err
	}
	value, err := jcs.Parse(data, jcs.Limits{MaxBytes: int(limits.Body), MaxDepth: limits.JSONDepth})
	if err != nil {
		e := &Error{Name: "malformed-json", Status: http.StatusBadRequest, Detail: err.Error(), Err: err}
		if at, ok := errors.AsType[*jcs.Error](err); ok {
			e.Pointer = at.Pointer
		}
		return nil, e
	}
	return value, nil
}

// checkShape scans a JSON text once, allocating nothing, and refuses what is deeper or has more values than allowed.
// It judges nothing else: strings are skipped, the strict parser follows.
func checkShape(data []byte, maxDepth, maxValues int) error {
	depth, values := 0, 1
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			for i++; i < len(data) && data[i] != '"'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			if depth++; depth > maxDepth {
				return badRequest(fmt.Sprintf("the JSON text is nested deeper than %d levels", maxDepth))
			}
			values++
		case '}', ']':
			depth--
		case ',':
			if values++; values > maxValues {
				return badRequest(fmt.Sprintf("the JSON text has more than %d values", maxValues))
			}
		}
	}
	return nil
}

// requireMedia checks the Content-Type: a 400 names what is accepted. "+json" allows that suffix. Charsets other than UTF-8 are refused.
func requireMedia(c echo.Context, accepted ...string) error {
	_, err := contentType(c, accepted...)
	return err
}

// contentType returns the media type of the body, lower case without parameters, if it is one of accepted.
func contentType(c echo.Context, accepted ...string) (string, error) {
	values := c.Request().Header.Values(echo.HeaderContentType)
	refuse := &Error{
		Name: "unsupported-content-type", Status: http.StatusBadRequest, Parameter: echo.HeaderContentType,
		Detail: "the body must be sent as " + strings.Join(accepted, " or "),
	}
	if len(values) != 1 {
		return "", refuse
	}
	media, params, err := mime.ParseMediaType(values[0])
	if err != nil {
		return "", refuse
	}
	if charset, ok := params["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
		return "", refuse
	}
	for _, a := range accepted {
		if media == a || (strings.HasPrefix(a, "+") && strings.HasPrefix(media, "application/") && strings.HasSuffix(media, a)) {
			return media, nil
		}
	}
	return "", refuse
}

// knownMembers refuses members of object that are not named: a typo must not pass silently. at is the object's JSON pointer.
func knownMembers(object map[string]any, at string, names ...string) error {
	known := make(map[string]bool, len(names))
	for _, name := range names {
		known[name] = true
	}
	unknown := ""
	for name := range object {
		if !known[name] && (unknown == "" || name < unknown) {
			unknown = name
		}
	}
	if unknown == "" {
		return nil
	}
	return badMember(at+"/"+escapePointer(unknown), "unknown member; known are "+strings.Join(names, ", "))
}

// pointerEscaper is escapePointer's: making one costs more than using it.
var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")

// escapePointer escapes a member name for a JSON pointer (RFC 6901).
func escapePointer(name string) string {
	return pointerEscaper.Replace(name)
}

// writeJSON answers v as media. HTML is not escaped: every answer carries nosniff and its own media type.
func writeJSON(c echo.Context, status int, media string, v any) error {
	data, err := encodeJSON(v)
	if err != nil {
		return err
	}
	return c.Blob(status, media, data)
}

func encodeJSON(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}
