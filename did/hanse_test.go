package did_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/multiformats/go-multihash"
	"pgregory.net/rapid"

	"github.com/hanse-id/hanse/did"
)

func TestHanseDIDsAreTheHashOfTheirCreation(t *testing.T) {
	// Golden: a change here changes every DID.
	const body = `{"document":{},"salt":"AAECAwQFBgcICQoLDA0ODw"}`
	const want = "did:hanse:lubeck:QmaUo4PvvkdEWNDQRrA6p99w54fvks3AWhSRL5zQ979k6U"
	d, err := did.NewHanse("lubeck", []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	if d != want {
		t.Errorf("got %s, want %s", d, want)
	}
	if _, err := did.Parse(d.String()); err != nil {
		t.Error(err)
	}
	if err := did.CheckHanse(d, []byte(body)); err != nil {
		t.Error(err)
	}
	if err := did.CheckHanse(d, []byte(body+" ")); !errors.Is(err, did.ErrInvalidDID) {
		t.Errorf("another body: got %v", err)
	}
	_, id, err := did.SplitHanse(d)
	if err != nil {
		t.Fatal(err)
	}
	sum, err := multihash.Sum([]byte(body), multihash.SHA2_256, -1)
	if err != nil || sum.B58String() != id {
		t.Errorf("the multihash library says %s, %v", sum.B58String(), err)
	}
}

func TestSplitHanseRefusesWhatNoCreationMakes(t *testing.T) {
	const id = "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG"
	league, got, err := did.SplitHanse("did:hanse:lubeck:" + id)
	if err != nil || league != "lubeck" || got != id {
		t.Fatalf("got %s, %s, %v", league, got, err)
	}
	for name, tt := range map[string]struct {
		d    string
		want error
	}{
		"another method":      {"did:key:z6Mk", did.ErrMethodNotSupported},
		"no league":           {"did:hanse:" + id, did.ErrInvalidDID},
		"empty league":        {"did:hanse::" + id, did.ErrInvalidDID},
		"upper-case league":   {"did:hanse:Lubeck:" + id, did.ErrInvalidDID},
		"encoded league":      {"did:hanse:l%20k:" + id, did.ErrInvalidDID},
		"three segments":      {"did:hanse:a:b:" + id, did.ErrInvalidDID},
		"short":               {"did:hanse:lubeck:" + id[:45], did.ErrInvalidDID},
		"one more":            {"did:hanse:lubeck:" + id + "1", did.ErrInvalidDID},
		"leading one":         {"did:hanse:lubeck:1" + id, did.ErrInvalidDID},
		"other hash function": {"did:hanse:lubeck:5dqvXR93VnV1Grn96DBGdqEQAbJe1e", did.ErrInvalidDID},
		"multibase prefix":    {"did:hanse:lubeck:z" + id, did.ErrInvalidDID},
		"no base58":           {"did:hanse:lubeck:" + strings.Replace(id, "w", "0", 1), did.ErrInvalidDID},
		"very long":           {"did:hanse:lubeck:" + strings.Repeat("Q", 1900), did.ErrInvalidDID},
	} {
		if league, id, err := did.SplitHanse(did.DID(tt.d)); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %s, %s, %v", name, league, id, err)
		}
	}
}

func TestLeagueNames(t *testing.T) {
	for _, s := range []string{"a", "lubeck", "hanse-test-1", "north.sea", "0", strings.Repeat("a", 50)} {
		if err := did.CheckLeague(s); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
	for _, s := range []string{"", "-a", "a-", ".a", "A", "a b", "a:b", "lübeck", "a\x00", "a_b", strings.Repeat("a", 51)} {
		if err := did.CheckLeague(s); err == nil {
			t.Errorf("%q was accepted", s)
		}
	}
}

func TestEveryHanseDIDParsesAndSplits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		league := rapid.StringMatching(`[a-z0-9]([a-z0-9.-]{0,48}[a-z0-9])?`).Draw(t, "league")
		body := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		d, err := did.NewHanse(league, body)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := did.Parse(string(d))
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := did.SplitHanse(parsed)
		if err != nil || got != league {
			t.Fatalf("got %s, %v", got, err)
		}
		if err := did.CheckHanse(d, body); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzSplitHanse(f *testing.F) {
	f.Add("did:hanse:lubeck:QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG")
	f.Add("did:hanse:lubeck:11")
	f.Fuzz(func(t *testing.T, s string) {
		league, id, err := did.SplitHanse(did.DID(s))
		if err != nil {
			return
		}
		if "did:hanse:"+league+":"+id != s {
			t.Fatalf("%q is split into %q and %q", s, league, id)
		}
		if _, err := did.Parse(s); err != nil {
			t.Fatal(err)
		}
	})
}
