package state

import "sort"

// chunkKeys is the most keys in a chunk of an orderedKeys.
const chunkKeys = 128

// orderedKeys is a set of strings in byte order, kept in chunks so that inserting moves few of them.
type orderedKeys struct {
	chunks [][]string // none empty
}

// insert adds key, which must not be in the set.
func (o *orderedKeys) insert(key string) {
	if len(o.chunks) == 0 {
		o.chunks = [][]string{append(make([]string, 0, chunkKeys), key)}
		return
	}
	c := max(0, sort.Search(len(o.chunks), func(i int) bool { return o.chunks[i][0] > key })-1)
	chunk := o.chunks[c]
	at := sort.SearchStrings(chunk, key)
	chunk = append(chunk, "")
	copy(chunk[at+1:], chunk[at:])
	chunk[at] = key
	o.chunks[c] = chunk
	if len(chunk) == chunkKeys {
		o.split(c)
	}
}

func (o *orderedKeys) split(c int) {
	half := append(make([]string, 0, chunkKeys), o.chunks[c][chunkKeys/2:]...)
	clear(o.chunks[c][chunkKeys/2:])
	o.chunks[c] = o.chunks[c][:chunkKeys/2]
	o.chunks = append(o.chunks, nil)
	copy(o.chunks[c+2:], o.chunks[c+1:])
	o.chunks[c+1] = half
}

// seek returns the first key ≥ from, or > from if after is set.
func (o *orderedKeys) seek(from string, after bool) (string, bool) {
	c := max(0, sort.Search(len(o.chunks), func(i int) bool { return o.chunks[i][0] > from })-1)
	for ; c < len(o.chunks); c++ {
		chunk := o.chunks[c]
		at := sort.SearchStrings(chunk, from)
		if after && at < len(chunk) && chunk[at] == from {
			at++
		}
		if at < len(chunk) {
			return chunk[at], true
		}
	}
	return "", false
}
