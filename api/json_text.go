package api

import "encoding/json"

// This file cuts a JSON text into its parts, as they were written. The text was read strictly before: nothing is judged here,
// and nothing is allocated but the list of parts.

// jsonMembers returns the members of an object's text; nil for another text.
func jsonMembers(text []byte) map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	at := skipSpace(text, 0)
	if at >= len(text) || text[at] != '{' {
		return nil
	}
	for at = skipSpace(text, at+1); at < len(text) && text[at] == '"'; {
		end := skipValue(text, at)
		var name string
		if err := json.Unmarshal(text[at:end], &name); err != nil {
			return nil
		}
		at = min(skipSpace(text, skipSpace(text, end)+1), len(text)) // behind the colon
		end = skipValue(text, at)
		out[name] = json.RawMessage(text[at:end])
		if at = skipSpace(text, end); at < len(text) && text[at] == ',' {
			at = skipSpace(text, at+1)
		}
	}
	return out
}

// jsonItems returns the items of a list's text; nil for another text.
func jsonItems(text []byte) [][]byte {
	var out [][]byte
	at := skipSpace(text, 0)
	if at >= len(text) || text[at] != '[' {
		return nil
	}
	for at = skipSpace(text, at+1); at < len(text) && text[at] != ']'; {
		end := skipValue(text, at)
		if end == at {
			return nil // not reached: no value begins so
		}
		out = append(out, text[at:end:end])
		if at = skipSpace(text, end); at < len(text) && text[at] == ',' {
			at = skipSpace(text, at+1)
		}
	}
	return out
}

func skipSpace(text []byte, at int) int {
	for at < len(text) && (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r') {
		at++
	}
	return at
}

// skipValue returns where the value that begins at at ends.
func skipValue(text []byte, at int) int {
	for depth := 0; at < len(text); at++ {
		switch text[at] {
		case '"':
			for at++; at < len(text) && text[at] != '"'; at++ {
				if text[at] == '\\' {
					at++
				}
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return at // of what surrounds a number or a word
			}
			depth--
		case ',', ' ', '\t', '\n', '\r', ':':
			if depth == 0 {
				return at
			}
			continue
		default:
			if depth == 0 && (at+1 == len(text) || !plain(text[at+1])) {
				return at + 1
			}
			continue
		}
		if depth == 0 {
			return min(at+1, len(text))
		}
	}
	return len(text)
}

// plain reports whether a number or a word goes on with c.
func plain(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c == '.' || c == '-' || c == '+' || c == 'E'
}
