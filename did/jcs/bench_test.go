package jcs_test

import (
	"encoding/json"
	"testing"

	"github.com/hanse-id/hanse/did/jcs"
)

// A did.create payload of the usual size.
const payload = `{"body":{"document":{"assertionMethod":["#key-1"],"authentication":["#key-1"],"capabilityInvocation":["#key-1"],` +
	`"verificationMethod":[{"id":"#key-1","publicKeyMultibase":"z6MkmM42vxfqZQsv4ehtTjFFxQ4sQKS2w6WR7emozFAn5cxu","type":"Multikey"}]},` +
	`"next":["47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"],"salt":"AAECAwQFBgcICQoLDA0ODw","threshold":1},` +
	`"by":"did:hanse:lubeck:QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG","exp":1790000000,"league":"lubeck",` +
	`"nonce":"AAECAwQFBgcICQoLDA0ODw","type":"did.create"}`

func BenchmarkParseCanonical(b *testing.B) {
	data := []byte(payload)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := jcs.ParseCanonical(data, jcs.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	v, err := jcs.ParseIntegers([]byte(payload), jcs.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(payload)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := jcs.Encode(v); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTransform(b *testing.B) {
	data := []byte(payload)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := jcs.Transform(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkControlUnmarshal(b *testing.B) {
	data := []byte(payload)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		var v any
		if err := json.Unmarshal(data, &v); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkControlMarshal(b *testing.B) {
	var v any
	if err := json.Unmarshal([]byte(payload), &v); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(payload)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := json.Marshal(v); err != nil {
			b.Fatal(err)
		}
	}
}
