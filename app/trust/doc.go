// Package trust keeps who may issue, verify and accredit what, by whose authority, and answers by which path, now and for
// any past time. It keeps what centers say of each other's accreditations, and the schemas of credential types, too.
//
//	path, err := trust.Find(reader, blockTime, trust.Question{
//		Subject: issuer, Action: trust.Issue, Resource: governance.TypeResource("ExampleDegreeCredential"), At: issued,
//	})
//	if err == nil && !path.Held { … path.Why, path.Hops … }
//
// An accreditation is given by an authority (the league by proposal, a center of its own right, or the subject of an
// accreditation to accredit) to a subject, and only narrows what it comes from. Whether it holds is computed from the chain
// above it, every time: revoking one rewrites nothing below. DESIGN.md has the rules.
//
// State; <subject>, <authority>, <by>, <of> and <type> are SHA-256 of the text:
//
//	t/a/<id>                                    Accreditation
//	t/c/<subject>                               {"count", "number"}: accreditations a subject was given, and its own number
//	t/g/<subject><number, 8>                    {"id"}: the accreditations of a subject, numbered from 0
//	t/u                                         {"count"}: subjects
//	t/u/<number, 8>                             {"did"}: subjects in the order of their first accreditation
//	t/b/<authority><parent><height, 8><id>      {}: the accreditations of an authority; parent zero: of its own right
//	t/l/<authority, subject, action, resource>  {"id"}: the last accreditation of these four
//	t/s/<subject><action><resource>\x00<level><authority><^granted, 8><^number, 8>  {"id"}: what Find searches
//	t/r/<by><of>                                Recognition, the present one
//	t/v/<by><of><^since, 8><^n, 8>              Recognition, superseded
//	t/d/<digest>                                Schema
//	t/y/<type><digest>                          {}: the schemas of a credential type
package trust
