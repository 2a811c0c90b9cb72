package localnet_test

import (
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/abci/localnet"
)

func TestManifest(t *testing.T) {
	data, err := os.ReadFile("testdata/kill.toml")
	if err != nil {
		t.Fatal(err)
	}
	got, err := localnet.ParseManifest(data)
	if err != nil {
		t.Fatal(err)
	}
	want := localnet.Manifest{
		League: "kill", Centers: 4, Load: localnet.Load{Clients: 8, Duration: 8 * time.Second},
		Perturb: []localnet.Perturb{
			{Center: 2, After: 2 * time.Second, Action: localnet.Kill, Down: 2 * time.Second},
			{Center: 1, After: 6 * time.Second, Action: localnet.Pause, Down: time.Second},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestBadManifests(t *testing.T) {
	for name, text := range map[string]string{
		"not TOML":          "league = ",
		"no centers":        `league = "x"`,
		"too many":          "centers = 1000",
		"too many at last":  "centers = 30\nnewcomers = 3",
		"less than none":    "centers = 4\nnewcomers = -1",
		"unknown member":    "centers = 4\nspeed = 3",
		"no such center":    "centers = 4\n[[perturb]]\ncenter = 4\naction = \"kill\"",
		"unknown action":    "centers = 4\n[[perturb]]\naction = \"explode\"",
		"duration in words": "centers = 4\nidle = \"soon\"",
	} {
		if m, err := localnet.ParseManifest([]byte(text)); err == nil {
			t.Errorf("%s: accepted as %+v", name, m)
		}
	}
}
