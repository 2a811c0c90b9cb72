package keystore

import (
	"bytes"
	"testing"

	"filippo.io/age"
)

func FuzzOpen(f *testing.F) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		f.Fatal(err)
	}
	sealed, err := seal([]byte("content"), identity.Recipient(), "a comment")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add([]byte("# a comment"))
	f.Add([]byte("#\n#\n-----BEGIN AGE ENCRYPTED FILE-----\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		content, err := open(data, identity)
		if err == nil && !bytes.Equal(content, []byte("content")) {
			t.Fatalf("opened %q", content)
		}
	})
}
