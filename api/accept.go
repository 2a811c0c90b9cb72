package api

import (
	"mime"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
)

// mediaRange is one element of an Accept header (RFC 9110, section 12.5.1).
type mediaRange struct {
	kind, sub string // "*" is a wildcard
	profile   string // the one parameter that selects among offers (RFC 6906)
	quality   int    // thousandths
}

// maxRanges bounds the elements of an Accept header that are looked at.
const maxRanges = 64

// parseAccept reads Accept header values. Elements that are malformed are ignored. No header, or only empty ones, means
// that everything is welcome.
func parseAccept(values []string) []mediaRange {
	text := strings.Join(values, ",")
	if strings.Trim(text, ", \t") == "" {
		return []mediaRange{{kind: "*", sub: "*", quality: 1000}}
	}
	ranges := []mediaRange{}
	for _, element := range splitQuoted(text) {
		if r, ok := parseRange(element); ok && len(ranges) < maxRanges {
			ranges = append(ranges, r)
		}
	}
	return ranges
}

// splitQuoted splits at commas outside of quoted strings.
func splitQuoted(text string) []string {
	var parts []string
	start, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && quoted:
			i++
		case text[i] == '"':
			quoted = !quoted
		case text[i] == ',' && !quoted:
			parts = append(parts, text[start:i])
			start = i + 1
		}
	}
	return append(parts, text[start:])
}

func parseRange(element string) (mediaRange, bool) {
	media, params, err := mime.ParseMediaType(strings.TrimSpace(element))
	if err != nil {
		return mediaRange{}, false
	}
	kind, sub, found := strings.Cut(media, "/")
	if !found || kind == "" || sub == "" || (kind == "*" && sub != "*") || (strings.Contains(media, "*") && kind != "*" && sub != "*") {
		return mediaRange{}, false
	}
	r := mediaRange{kind: kind, sub: sub, profile: params["profile"], quality: 1000}
	if q, ok := params["q"]; ok {
		if r.quality, ok = parseQuality(q); !ok {
			return mediaRange{}, false
		}
	}
	return r, true
}

// parseQuality reads a qvalue (RFC 9110, section 12.4.2): 0 to 1 with at most three decimals.
func parseQuality(q string) (int, bool) {
	whole, fraction, _ := strings.Cut(q, ".")
	if (whole != "0" && whole != "1") || len(fraction) > 3 {
		return 0, false
	}
	n, err := strconv.ParseUint(whole+(fraction + "000")[:3], 10, 16)
	return int(n), err == nil && n <= 1000
}

// matches is the specificity of the match between r and an offer; 0: none.
func (r mediaRange) matches(offer mediaRange) int {
	switch {
	case r.kind == "*":
		return 1
	case r.kind != offer.kind:
		return 0
	case r.sub == "*":
		return 2
	case r.sub != offer.sub:
		return 0
	case r.profile != "" && r.profile == offer.profile:
		return 5
	case offer.profile != "":
		return 0 // a profile must be asked for by name
	case r.profile == "":
		return 4
	}
	return 3 // a profile that is not known is a hint that may be passed over (RFC 6906)
}

// negotiate returns the index of the best offer, −1 if the client takes none. Offers are media types, the default first.
// The most specific range decides an offer's quality; equal qualities go to the more specific range, then to the one
// the client named first, then to the earlier offer.
func negotiate(ranges []mediaRange, offers []string) int {
	if len(ranges) == 1 && ranges[0].kind == "*" && ranges[0].quality > 0 && len(offers) > 0 {
		return 0 // nearly every request
	}
	best, bestQuality, bestSpecific, bestPlace := -1, 0, 0, 0
	for i, text := range offers {
		offer, ok := parseRange(text)
		if !ok {
			continue
		}
		quality, specific, place := 0, 0, 0
		for p, r := range ranges {
			if m := r.matches(offer); m > specific {
				quality, specific, place = r.quality, m, p
			}
		}
		better := quality > bestQuality ||
			(quality == bestQuality && quality > 0 && (specific > bestSpecific || (specific == bestSpecific && place < bestPlace)))
		if better {
			best, bestQuality, bestSpecific, bestPlace = i, quality, specific, place
		}
	}
	return best
}

// prefersHTML reports whether the client would rather have html than JSON.
func prefersHTML(c echo.Context) bool {
	offers := []string{mediaJSON, "text/html"}
	return negotiate(parseAccept(c.Request().Header.Values(echo.HeaderAccept)), offers) == 1
}
