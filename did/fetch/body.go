package fetch

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
)

// tooLarge is what readBody returns for an answer with more than limit bytes.
type tooLarge struct{}

func (tooLarge) Error() string { return "the answer is too large" }

// readBody reads an answer of at most limit bytes, unpacked if it comes compressed. What is on the wire is bounded too: a
// compressed answer may have parts that unpack to nothing, without end.
func readBody(resp *http.Response, limit int64) ([]byte, error) {
	wire := limit
	packed := false
	switch strings.ToLower(resp.Header.Get("Content-Encoding")) {
	case "", "identity":
	case "gzip", "x-gzip":
		packed = true
		wire += limit/8 + 1<<12
	default:
		return nil, refusal("the answer's content encoding was not asked for")
	}
	if resp.ContentLength > wire {
		return nil, tooLarge{}
	}
	var r io.Reader = &capped{r: resp.Body, left: wire}
	if packed {
		unpacked, err := gzip.NewReader(r)
		if err != nil {
			return nil, err
		}
		r = &capped{r: unpacked, left: limit}
	}
	return io.ReadAll(r)
}

// capped reads at most left bytes; one more is tooLarge.
type capped struct {
	r    io.Reader
	left int64
}

func (c *capped) Read(p []byte) (int, error) {
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.r.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return 0, tooLarge{}
	}
	return n, err
}
