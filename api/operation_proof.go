package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/hanse-id/hanse/app"
)

// OperationProofView proves what became of an operation: its receipt is leaf Index of the RFC 6962 tree of its block, whose
// root is a state record, which Root proves. Hashes are hexadecimal.
type OperationProofView struct {
	Receipt  ReceiptView `json:"receipt"`
	Leaf     string      `json:"leaf"`     // leaf input, base64url: id (32 bytes) and code (4 bytes, big-endian)
	Index    int64       `json:"index"`    // of the leaf
	TreeSize int64       `json:"treeSize"` // leaves
	Path     []string    `json:"path"`     // RFC 6962 section 2.1.1 audit path, from the leaf up
	RootHash string      `json:"rootHash"`
	Root     *ProofView  `json:"root"` // proves RootHash at state key "b/r/" and the height (8 bytes, big-endian)
}

// getOperationProof answers GET /v1/operations/{id}/proof.
func (s *Server) getOperationProof(c echo.Context) error {
	if err := knownQuery(c); err != nil {
		return err
	}
	id, err := operationID(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	receipt, err := s.opts.Ledger.Receipt(ctx, id)
	if err != nil {
		return ledgerError(err)
	}
	view := receiptView(receipt)
	switch {
	case receipt.State == app.Accepted:
		return &Error{Name: "not-committed", Status: http.StatusConflict, Detail: "the operation is accepted and has no outcome to prove yet", Retryable: true, After: time.Second}
	case !view.final():
		return unknownOperation(view)
	case view.Height == 0:
		return conflict("not-provable", "the operation was dropped before any block had it: there is nothing to prove")
	}
	proof, err := s.proveReceipt(ctx, view)
	if err != nil {
		return err
	}
	setHeight(c, proof.Root.Height)
	return sendJSON(c, http.StatusOK, cacheRevalidate, proof)
}

// proveReceipt puts the tree of the receipt's block beside the proof of its root.
func (s *Server) proveReceipt(ctx context.Context, view ReceiptView) (*OperationProofView, error) {
	blocks, err := s.opts.Ledger.Blocks(ctx, view.Height, 1)
	if err != nil {
		return nil, ledgerError(err)
	}
	if len(blocks) == 0 || blocks[0].Height != view.Height || *view.Index >= int64(len(blocks[0].Receipts)) {
		return nil, unavailable("this center's index no longer covers the block", nil)
	}
	leaves := make([][32]byte, len(blocks[0].Receipts))
	for i, r := range blocks[0].Receipts {
		leaves[i] = sha256.Sum256(append([]byte{0}, app.ReceiptLeaf(r.ID, r.Code)...))
	}
	own := blocks[0].Receipts[*view.Index]
	root, path := auditPath(leaves, int(*view.Index))
	proved, err := s.proveRoot(ctx, view.Height, root)
	if err != nil {
		return nil, err
	}
	return &OperationProofView{
		Receipt: view, Leaf: base64.RawURLEncoding.EncodeToString(app.ReceiptLeaf(own.ID, own.Code)), Index: *view.Index,
		TreeSize: int64(len(leaves)), Path: path, RootHash: hex.EncodeToString(root[:]), Root: proved,
	}, nil
}

// proveRoot proves the record of a block's root, waiting for the header that carries it.
func (s *Server) proveRoot(ctx context.Context, height int64, root [32]byte) (*ProofView, error) {
	ctx, cancel := context.WithTimeout(ctx, proofWait)
	defer cancel()
	for {
		proof, err := s.opts.Ledger.Prove(ctx, app.BlockRootKey(height))
		if err != nil {
			return nil, ledgerError(err)
		}
		if proof != nil && proof.Height >= height {
			if string(proof.Value) != string(root[:]) {
				return nil, fmt.Errorf("block %d: root of the index and root of the state differ", height)
			}
			return proofView(proof)
		}
		select {
		case <-ctx.Done():
			return nil, unavailable("the block that proves this is not there yet", ctx.Err())
		case <-time.After(proofPoll):
		}
	}
}

// auditPath computes the RFC 6962 root over leaf hashes and the audit path of leaf i, hexadecimal, from the leaf up.
func auditPath(leaves [][32]byte, i int) (root [32]byte, path []string) {
	if len(leaves) == 1 {
		return leaves[0], []string{}
	}
	split := 1
	for split*2 < len(leaves) {
		split *= 2
	}
	var own, other [32]byte
	if i < split {
		own, path = auditPath(leaves[:split], i)
		other = treeRoot(leaves[split:])
		root = treeNode(own, other)
	} else {
		own, path = auditPath(leaves[split:], i-split)
		other = treeRoot(leaves[:split])
		root = treeNode(other, own)
	}
	return root, append(path, hex.EncodeToString(other[:]))
}

func treeRoot(leaves [][32]byte) [32]byte {
	if len(leaves) == 1 {
		return leaves[0]
	}
	split := 1
	for split*2 < len(leaves) {
		split *= 2
	}
	return treeNode(treeRoot(leaves[:split]), treeRoot(leaves[split:]))
}

func treeNode(left, right [32]byte) [32]byte {
	node := append([]byte{1}, left[:]...)
	return sha256.Sum256(append(node, right[:]...))
}
