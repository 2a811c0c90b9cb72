package op_test

import (
	"encoding/asn1"
	"math/big"
)

func parseDER(der []byte) (r, s *big.Int, err error) {
	var pair struct{ R, S *big.Int }
	_, err = asn1.Unmarshal(der, &pair)
	return pair.R, pair.S, err
}
