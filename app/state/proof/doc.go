// Package proof checks that a record is, or is not, in the state of a league, from bytes and a trusted root alone.
//
//	root := header.AppHash // of block H+1, checked by whoever calls: it commits to the state after block H
//	err := proof.VerifyInclusion(root, key, value, data)
//	err := proof.VerifyAbsence(root, key, data)
//
// Proofs are ICS 23 commitment proofs (protobuf) for the predefined SmtSpec, so any ICS 23 library checks them too.
// This package additionally insists on the one shape that a state gives, which makes the check total: no proof,
// however made, panics or takes long. It depends on nothing else of the project.
package proof
