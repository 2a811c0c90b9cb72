// Package rdfc is RDF Dataset Canonicalization, RDFC-1.0 (W3C Recommendation, 21 May 2024), over N-Quads, with a bound on the
// work that a dataset may cause: blank nodes can be arranged so that naming them takes longer than anybody waits ("poison
// graphs", section 7.1 of the specification).
//
//	quads, err := rdfc.Parse(nquads)
//	canonical, err := rdfc.Canonicalize(quads, rdfc.Options{})
//	canonical.Text()                     // one line a quad, in code point order
//	canonical.Labels["b0"]               // "c14n0"
package rdfc
