// Package issuancetest has TestStore, the conformance suite of issuance.Store implementations.
package issuancetest
