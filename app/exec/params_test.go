package exec_test

import (
	"encoding/json"
	"maps"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/jcs"
)

func TestDefaultsAreValidAndThoseOfTheLedger(t *testing.T) {
	p := exec.DefaultParams()
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	if p.WindowSeconds != 600 || p.MaxBatchBytes != op.MaxBatchBytes || p.MaxBatchRaw != op.MaxBatchRaw || p.MaxBatchOps != op.MaxBatchOps {
		t.Errorf("%+v", p)
	}
	if p.MaxKeys != 20 || p.MaxServices != 10 || p.MaxControllers != 10 || p.MaxAlsoKnownAs != 10 || p.MaxDocumentBytes != 16<<10 || p.MaxStatusSet != 5_400 {
		t.Errorf("%+v", p)
	}
}

func TestParametersCannotExceedTheFormats(t *testing.T) {
	for _, s := range exec.ParamSpecs() {
		limit := map[string]int64{"maxBatchBytes": op.MaxBatchBytes, "maxBatchRaw": op.MaxBatchRaw, "maxBatchOps": op.MaxBatchOps, "maxDocumentBytes": op.MaxPayloadBytes}[s.Name]
		if limit != 0 && s.Max > limit {
			t.Errorf("%s may be %d, the format allows %d", s.Name, s.Max, limit)
		}
		if s.Default < s.Min || s.Default > s.Max {
			t.Errorf("%s: default %d is out of bounds", s.Name, s.Default)
		}
	}
}

func TestSpecsNameEveryParameterOnce(t *testing.T) {
	data, err := json.Marshal(exec.DefaultParams())
	if err != nil {
		t.Fatal(err)
	}
	value, err := jcs.ParseIntegers(data, jcs.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(value, any(exec.DefaultParams().Value())); diff != "" {
		t.Error(diff)
	}
}

func TestParametersOutOfBoundsAreNamed(t *testing.T) {
	for _, s := range exec.ParamSpecs() {
		for _, bad := range []int64{s.Min - 1, s.Max + 1, -1 << 63, 1<<63 - 1} {
			value := exec.DefaultParams().Value()
			value[s.Name] = bad
			if _, err := exec.ParseParams(value); err == nil || !strings.Contains(err.Error(), s.Name) {
				t.Errorf("%s = %d: %v", s.Name, bad, err)
			}
		}
	}
}

func TestAMissingParameterIsCalledMissing(t *testing.T) {
	value := exec.DefaultParams().Value()
	delete(value, "maxKeys")
	if _, err := exec.ParseParams(value); err == nil || err.Error() != "parameter maxKeys is missing" {
		t.Error(err)
	}
	value["maxKeys"] = "20"
	if _, err := exec.ParseParams(value); err == nil || err.Error() != "parameter maxKeys: not an integer" {
		t.Error(err)
	}
}

func TestParseParamsIsStrict(t *testing.T) {
	good := exec.DefaultParams().Value()
	if p, err := exec.ParseParams(good); err != nil || p != exec.DefaultParams() {
		t.Fatalf("%+v, %v", p, err)
	}
	for name, vary := range map[string]func(map[string]any){
		"unknown member":  func(m map[string]any) { m["x"] = int64(1) },
		"missing member":  func(m map[string]any) { delete(m, "maxKeys") },
		"a text":          func(m map[string]any) { m["maxKeys"] = "20" },
		"another integer": func(m map[string]any) { m["maxKeys"] = 20 },
		"other case":      func(m map[string]any) { delete(m, "maxKeys"); m["MaxKeys"] = int64(20) },
	} {
		value := maps.Clone(good)
		vary(value)
		if _, err := exec.ParseParams(value); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestLargerLimitsMustHoldTheSmaller(t *testing.T) {
	for name, vary := range map[string]func(*exec.Params){
		"maxBatchRaw": func(p *exec.Params) {
			p.MaxCenterBlockRaw, p.MaxBatchRaw = 2<<20, 2<<20
			p.MaxBlockRaw = 2 << 20
			p.MaxCenterBlockRaw = 3 << 20
		},
		"maxBatchOps":           func(p *exec.Params) { p.MaxCenterBlockOps = 10 },
		"maxCenterBlockOps":     func(p *exec.Params) { p.MaxBlockOps = 2000 },
		"maxCenterBlockBatches": func(p *exec.Params) { p.MaxCenterBlockBatches, p.MaxBlockBatches = 2, 1 },
		"minCenters":            func(p *exec.Params) { p.MinCenters, p.MaxCenters = 9, 8 },
	} {
		p := exec.DefaultParams()
		vary(&p)
		if err := p.Validate(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// setPayload is a status.set of the last n indices of a list, in a league with the longest name.
func setPayload(n, size int64) error {
	league := strings.Repeat("l", 50)
	set := map[string]any{}
	for i := size - n; i < size; i++ {
		set[strconv.FormatInt(i, 10)] = int64(1)
	}
	by := did.DID("did:hanse:" + league + ":Qm" + strings.Repeat("a", 44))
	_, err := op.Draft{
		League: league, Type: "status.set", By: by, Exp: 1 << 31, Nonce: [16]byte{1},
		Body: map[string]any{"list": op.ID{}.String(), "set": set},
	}.Payload()
	return err
}

func TestAsManyStatusChangesAsAllowedFitAnOperation(t *testing.T) {
	p := exec.DefaultParams()
	if err := setPayload(p.MaxStatusSet, p.MaxListSize); err != nil {
		t.Error(err)
	}
	if err := setPayload(p.MaxStatusSet+50, p.MaxListSize); err == nil {
		t.Error("more would fit: the default is not the largest")
	}
	if err := setPayload(7400, 7400); err == nil {
		t.Error("7,400 fit, which the documentation denies")
	}
}

func TestAProposalNeedsMoreThanOneHalfAndNeverMoreThanAll(t *testing.T) {
	for _, c := range []struct {
		numerator, denominator int64
		want                   bool
	}{
		{1, 2, true}, {2, 3, true}, {3, 4, true}, {99, 100, true}, {50, 100, true},
		{1, 3, false}, {49, 99, false}, {49, 100, false}, {1, 1, false}, {2, 2, false}, {3, 2, false}, {0, 1, false}, {0, 0, false},
	} {
		if got := exec.Majority(c.numerator, c.denominator); got != c.want {
			t.Errorf("%d/%d: %t", c.numerator, c.denominator, got)
		}
		p := exec.DefaultParams()
		p.VoteNumerator, p.VoteDenominator = c.numerator, c.denominator
		inBounds := c.numerator >= 1 && c.numerator <= 99 && c.denominator >= 2 && c.denominator <= 100
		if err := p.Validate(); (err == nil) != (c.want && inBounds) {
			t.Errorf("%d/%d: %v", c.numerator, c.denominator, err)
		}
	}
}
