package governance

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Version is a release of the software, after Semantic Versioning 2.0.0 (semver.org): major, minor, patch, and whether it
// is a pre-release.
type Version struct {
	Major, Minor, Patch int64
	Pre                 bool // "-rc.1" and the like: before the release itself
}

// ParseVersion reads "1.2.3", "v1.2.3", "1.2.3-rc.1" and "1.2.3+build" (section 2, 9, 10); what stands after '+' means nothing.
func ParseVersion(text string) (v Version, err error) {
	core, _, _ := strings.Cut(strings.TrimPrefix(text, "v"), "+")
	core, _, v.Pre = strings.Cut(core, "-")
	parts := strings.Split(core, ".")
	if len(parts) != 3 {
		return Version{}, fmt.Errorf("version %.64q: not of three numbers", text)
	}
	for i, n := range [...]*int64{&v.Major, &v.Minor, &v.Patch} {
		number, err := strconv.ParseUint(parts[i], 10, 31)
		if err != nil || strconv.FormatUint(number, 10) != parts[i] {
			return Version{}, fmt.Errorf("version %.64q: %.32q is not a number", text, parts[i])
		}
		*n = int64(number)
	}
	return v, nil
}

// Before reports whether v is an earlier release than w. All pre-releases of one version count as the same.
func (v Version) Before(w Version) bool {
	earlier := cmp.Or(cmp.Compare(v.Major, w.Major), cmp.Compare(v.Minor, w.Minor), cmp.Compare(v.Patch, w.Patch))
	return earlier < 0 || earlier == 0 && v.Pre && !w.Pre
}

func (v Version) text() string { return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch) }
