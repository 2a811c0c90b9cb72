package jsonld

import (
	"fmt"

	"github.com/hanse-id/hanse/credentials/rdfc"
)

// Statements is Quads of a document that is one node, as documents of the VC data model are, and the term of that node.
func Statements(document map[string]any, contexts Contexts) (root rdfc.Term, quads []rdfc.Quad, err error) {
	expanded, err := expanded(document, contexts)
	if err != nil {
		return root, nil, err
	}
	if len(expanded) != 1 {
		return root, nil, fmt.Errorf("%w: %d nodes at the top", ErrMalformed, len(expanded))
	}
	node, ok := expanded[0].(map[string]any)
	if !ok || isValue(node) || isList(node) {
		return root, nil, fmt.Errorf("%w: a value that belongs to nothing", ErrMalformed)
	}
	w := &writer{}
	root, err = w.node(node, rdfc.Term{})
	return root, w.quads, err
}
