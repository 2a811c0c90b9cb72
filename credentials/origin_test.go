package credentials

import (
	"errors"
	"testing"
)

func TestOriginsHaveOneSpelling(t *testing.T) {
	for text, want := range map[string]Origin{
		"https://a.example":             "https://a.example",
		"https://A.Example/":            "https://a.example",
		"HTTPS://a.example:443":         "https://a.example",
		"https://a.example:8443":        "https://a.example:8443",
		"https://xn--bcher-kva.example": "https://xn--bcher-kva.example",
		"https://9.9.9.9":               "https://9.9.9.9",
		"https://[2620:FE:0:0::fe]:443": "https://[2620:fe::fe]",
		"https://[2620:fe::fe]:1":       "https://[2620:fe::fe]:1",
		"http://localhost:8080":         "http://localhost:8080",
		"http://127.0.0.1:80/":          "http://127.0.0.1",
		"http://[::1]:8080":             "http://[::1]:8080",
		"https://localhost":             "https://localhost",
	} {
		if got, err := ParseOrigin(text); err != nil || got != want {
			t.Errorf("%s is %q, %v, want %q", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "a.example", "http://a.example", "https://", "https://a.example/path", "https://a.example//", "https://a.example?x", "https://a.example?", "https://a.example#x",
		"https://user@a.example", "https://a.example@b.example", "https://a.example:0", "https://a.example:", "ftp://a.example", "https://a.example\\@b.example",
		"https://bücher.example", "https://a.example.", "https://0x7f.1", "https://2130706433", "null", "https://a.example https://b.example", "did:key:x",
	} {
		if got, err := ParseOrigin(text); !errors.Is(err, ErrOrigin) {
			t.Errorf("%s is %q, %v", text, got, err)
		}
	}
}

func FuzzParseOrigin(f *testing.F) {
	for _, s := range []string{"https://a.example:8443/", "http://[::1]:80", "https://A.example@b.example", "identity.foundation"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, parse := range []func(string) (Origin, error){ParseOrigin, parseClaimedOrigin} {
			o, err := parse(text)
			if err != nil {
				if !errors.Is(err, ErrOrigin) {
					t.Fatalf("error is %v", err)
				}
				continue
			}
			if again, err := ParseOrigin(string(o)); err != nil || again != o {
				t.Fatalf("%q is %q, which is %q, %v", text, o, again, err)
			}
		}
	})
}
