package statuslist

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The same list as Bitstring and as Token Status List says the same of every entry: what is set in a list of one purpose is invalid
// there, or suspended, and a list for both has the same values in both.
func TestBothFormsOfAListAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{1, 2, 4, 8}).Draw(t, "size")
		purposes := rapid.SampledFrom([][]string{{"revocation"}, {"suspension"}, {"revocation", "suspension"}}).Draw(t, "purposes")
		list := rapid.SliceOfN(rapid.Byte(), 8, 64).Draw(t, "list")
		before := bytes.Clone(list)
		bits, bitsSize, err := TokenBits(list, size, purposes)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(before, list) {
			t.Fatal("the list was changed")
		}
		token := &Token{URI: "https://a.example/1", Size: bitsSize, Bits: bits, IssuedAt: momentOfIssue()}
		claims, err := token.Claims()
		if err != nil {
			t.Fatal(err)
		}
		again, err := OpenClaims(claims)
		if err != nil {
			t.Fatal(err)
		}
		if Entries(bits, bitsSize) != Entries(list, size) {
			t.Fatalf("%d entries became %d", Entries(list, size), Entries(bits, bitsSize))
		}
		for i := range Entries(list, size) {
			value, _ := Value(list, i, size)
			want := value
			switch {
			case len(purposes) == 2 && size == 1 && value == 1: // the ledger has no such list
				want = 1
			case len(purposes) == 1 && value != 0 && purposes[0] == "suspension":
				want = Suspended
			case len(purposes) == 1 && value != 0:
				want = Invalid
			}
			if got, err := Value(again.Bits, i, bitsSize); err != nil || got != want || TokenValue(value, purposes) != want {
				t.Fatalf("entry %d is %d, as a token %d (%v), want %d", i, value, got, err, want)
			}
		}
	})
}

func TestListsWithoutWordsForTheirValuesHaveNoToken(t *testing.T) {
	for _, purposes := range [][]string{nil, {"message"}, {"refresh"}, {"revocation", "message"}} {
		if _, _, err := TokenBits(make([]byte, 8), 1, purposes); !errors.Is(err, ErrVerification) {
			t.Errorf("%q: %v", purposes, err)
		}
	}
	if _, _, err := TokenBits(make([]byte, MaxBytes), 1, []string{"suspension"}); !errors.Is(err, ErrLength) {
		t.Errorf("a list that doubles beyond the bound: %v", err)
	}
	if _, err := TokenSize(3, []string{"revocation"}); !errors.Is(err, ErrVerification) {
		t.Errorf("three bits: %v", err)
	}
}

// decompressed undoes a published lst.
func decompressed(t testing.TB, lst string, size int) []byte {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(lst)
	if err != nil {
		t.Fatal(err)
	}
	list, err := undeflate(raw, size)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestACWTIsReadAsTheDraftWritesIt(t *testing.T) {
	// draft-ietf-oauth-status-list, section 5.2: the claims of the example, in the annotated order of the draft.
	payload, err := hex.DecodeString("a502782168747470733a2f2f6578616d706c652e636f6d2f7374617475736c697374732f31" +
		"061a648c5bea041a8898dfea19fffe19a8c019fffda2646269747301636c73744a78dadbb918000217015d")
	if err != nil {
		t.Fatal(err)
	}
	got, err := OpenCBOR(payload)
	if err != nil {
		t.Fatal(err)
	}
	if got.URI != "https://example.com/statuslists/1" || got.IssuedAt.Unix() != 1686920170 || got.Expires.Unix() != 2291720170 || got.TTL.Seconds() != 43200 || got.Size != 1 {
		t.Errorf("%+v", got)
	}
	if !bytes.Equal(got.Bits, decompressed(t, "eNrbuRgAAhcBXQ", 1)) {
		t.Errorf("bits are %x", got.Bits)
	}
}

func momentOfIssue() time.Time { return time.Unix(1_686_920_170, 0).UTC() }
