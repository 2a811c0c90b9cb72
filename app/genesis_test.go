package app_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/apptest"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
)

func genesis() *app.Genesis { return apptest.Genesis(3, exec.DefaultParams()) }

func TestGenesisGivesOneStateWhateverTheOrder(t *testing.T) {
	l := apptest.New(t, apptest.Options{Centers: 3})
	want := l.App.Head().AppHash
	swapped := genesis()
	swapped.Centers[0], swapped.Centers[2] = swapped.Centers[2], swapped.Centers[0]
	hash, centers, err := l.App.Init(swapped)
	if err != nil || !bytes.Equal(want, hash) {
		t.Errorf("another order gives another state (%v)", err)
	}
	var got []string
	for _, c := range centers {
		got = append(got, c.Name)
	}
	if diff := cmp.Diff([]string{"center-1", "center-2", "center-3"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestGenesisReadsBackWhatItWrote(t *testing.T) {
	g := genesis()
	g.Centers[0].Create["threshold"] = int64(1)
	data, err := json.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	var viaJSON app.Genesis
	if err := json.Unmarshal(data, &viaJSON); err != nil {
		t.Fatal(err)
	}
	parsed, err := app.ParseGenesis(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(g, parsed); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(g, &viaJSON); diff != "" {
		t.Error(diff)
	}
	if err := parsed.Validate(); err != nil {
		t.Error(err)
	}
	descriptor, err := json.Marshal(g.Centers[0])
	if err != nil {
		t.Fatal(err)
	}
	var c app.GenesisCenter
	if err := json.Unmarshal(descriptor, &c); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(g.Centers[0], c); diff != "" {
		t.Error(diff)
	}
}

func TestGenesisIsReadStrictly(t *testing.T) {
	good, err := genesis().Canonical()
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"unknown member":   strings.Replace(string(good), `"league"`, `"extra":1,"league"`, 1),
		"duplicate member": strings.Replace(string(good), `"league":"test"`, `"league":"test","league":"test"`, 1),
		"other case":       strings.Replace(string(good), `"league"`, `"League"`, 1),
		"fraction":         strings.Replace(string(good), `"power":10`, `"power":10.5`, 1),
		"exponent":         strings.Replace(string(good), `"power":10`, `"power":1e1`, 1),
		"missing member":   strings.Replace(string(good), `"power":10,`, ``, 1),
		"missing profile":  strings.Replace(string(good), `"profile":"consortium",`, ``, 1),
		"missing rules":    strings.Replace(string(good), `"rules":`, `"rule":`, 1),
		"rules of null":    `{"centers":[],"league":"test","params":{},"profile":"hybrid","rules":null}`,
		"rule of a number": strings.Replace(string(good), `"rules":[`, `"rules":[7,`, 1),
		"a rule's member":  strings.Replace(string(good), `{"action":"evidence"`, `{"actions":"evidence"`, 1),
		"missing param":    strings.Replace(string(good), `"windowSeconds":600`, ``, 1),
		"trailing data":    string(good) + "{}",
		"list":             "[]",
	} {
		if bad == string(good) {
			t.Fatalf("%s: nothing replaced", name)
		}
		if _, err := app.ParseGenesis([]byte(bad)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestBadGenesisIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(g *app.Genesis){
		"no league":                    func(g *app.Genesis) { g.League = "" },
		"league with a colon":          func(g *app.Genesis) { g.League = "a:b" },
		"no centers":                   func(g *app.Genesis) { g.Centers = nil },
		"an unknown profile":           func(g *app.Genesis) { g.Profile = "public" },
		"no rules":                     func(g *app.Genesis) { g.Rules = []governance.Rule{} },
		"an unknown rule":              func(g *app.Genesis) { g.Rules[0].Action = "center.promote" },
		"fewer centers than the floor": func(g *app.Genesis) { g.Params.MinCenters = 4 },
		"more centers than the limit":  func(g *app.Genesis) { g.Params.MaxCenters = 2 },
		"no majority":                  func(g *app.Genesis) { g.Params.VoteNumerator = 1 },
		"no window":                    func(g *app.Genesis) { g.Params.WindowSeconds = 0 },
		"batch above its format":       func(g *app.Genesis) { g.Params.MaxBatchOps = 1025 },
		"a name twice":                 func(g *app.Genesis) { g.Centers[1].Name = g.Centers[0].Name },
		"a name in capitals":           func(g *app.Genesis) { g.Centers[1].Name = "Center" },
		"a name that begins with -":    func(g *app.Genesis) { g.Centers[1].Name = "-a" },
		"no name":                      func(g *app.Genesis) { g.Centers[1].Name = "" },
		"a center twice":               func(g *app.Genesis) { g.Centers[1].Create = g.Centers[0].Create },
		"no power":                     func(g *app.Genesis) { g.Centers[1].Power = 0 },
		"negative power":               func(g *app.Genesis) { g.Centers[1].Power = -1 },
		"too much power":               func(g *app.Genesis) { g.Centers[1].Power = governance.MaxPower + 1 },
		"a validator key twice":        func(g *app.Genesis) { g.Centers[1].Validator = g.Centers[0].Validator },
		"a P-256 validator":            func(g *app.Genesis) { g.Centers[1].Validator = apptest.Key("p1").Public().Multikey() },
		"no validator":                 func(g *app.Genesis) { g.Centers[1].Validator = "" },
		"no sponsor":                   func(g *app.Genesis) { g.Centers[1].Sponsors = nil },
		"a sponsor key twice":          func(g *app.Genesis) { g.Centers[1].Sponsors = g.Centers[0].Sponsors },
		"a P-256 sponsor":              func(g *app.Genesis) { g.Centers[1].Sponsors = []string{apptest.Key("p1").Public().Multikey()} },
		"the validator key as sponsor": func(g *app.Genesis) { g.Centers[1].Sponsors = []string{g.Centers[1].Validator} },
		"a DID key as sponsor": func(g *app.Genesis) {
			g.Centers[1].Sponsors = []string{apptest.Key("center-1").Public().Multikey()}
		},
		"no API":          func(g *app.Genesis) { g.Centers[1].API = "" },
		"API with spaces": func(g *app.Genesis) { g.Centers[1].API = "https://a b" },
		"no salt":         func(g *app.Genesis) { delete(g.Centers[1].Create, "salt") },
		"a float in the body": func(g *app.Genesis) {
			g.Centers[1].Create["threshold"] = 1.5
		},
		"no keys": func(g *app.Genesis) { g.Centers[1].Create["document"] = map[string]any{} },
		"too many keys": func(g *app.Genesis) {
			g.Params.MaxKeys = 1
			g.Centers[1].Create["document"] = apptest.Document("a", "b")
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := genesis()
			spoil(g)
			if err := g.Validate(); err == nil {
				t.Error("accepted")
			}
			l := apptest.New(t, apptest.Options{})
			if _, _, err := l.App.Init(g); err == nil {
				t.Error("Init accepted it")
			}
		})
	}
}

// A genesis made in Go may leave out profile and rules; the file spells them out.
func TestGenesisHasDefaults(t *testing.T) {
	for n, want := range map[int]governance.Profile{1: governance.Private, 2: governance.Consortium} {
		g := apptest.Genesis(n, exec.DefaultParams())
		g.Profile, g.Rules = "", nil
		if err := g.Validate(); err != nil {
			t.Fatal(err)
		}
		data, err := g.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		full, err := app.ParseGenesis(data)
		if err != nil {
			t.Fatal(err)
		}
		if full.Profile != want {
			t.Errorf("%d centers: profile %s", n, full.Profile)
		}
		if diff := cmp.Diff(governance.DefaultRules(), full.Rules); diff != "" {
			t.Error(diff)
		}
		if g.Profile != "" || g.Rules != nil {
			t.Error("the genesis itself was changed")
		}
	}
}

// The order of rules makes no difference to the state.
func TestRulesOfGenesisAreOrdered(t *testing.T) {
	l := apptest.New(t, apptest.Options{Centers: 3})
	want := l.App.Head().AppHash
	swapped := genesis()
	slices.Reverse(swapped.Rules)
	hash, _, err := l.App.Init(swapped)
	if err != nil || !bytes.Equal(want, hash) {
		t.Errorf("another order gives another state (%v)", err)
	}
}
