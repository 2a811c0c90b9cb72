package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/hanse-id/hanse/abci/node"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
)

// leagueCharter is what a league's founders agree on beside who they are.
type leagueCharter struct {
	League    string
	Profile   governance.Profile
	Resources []governance.Resource // what centers may accredit for of their own right
	Params    map[string]int64      // other than the defaults
}

// floorOfConsortium is the number of members below which no removal goes where a consortium has as many.
const floorOfConsortium = 4

// assembleGenesis makes the genesis bytes of a league; the order of the descriptors does not matter.
func assembleGenesis(charter leagueCharter, descriptors []descriptor) ([]byte, error) {
	params := exec.DefaultParams()
	if params.MinCenters = 1; charter.Profile != governance.Private {
		params.MinCenters = int64(max(1, min(floorOfConsortium, len(descriptors))))
	}
	params, err := changedParams(params, charter.Params)
	if err != nil {
		return nil, err
	}
	g := &app.Genesis{League: charter.League, Profile: charter.Profile, Params: params, Rules: governance.DefaultRules(charter.Resources...)}
	for _, d := range sorted(descriptors) {
		g.Centers = append(g.Centers, d.Center)
	}
	if err := g.Validate(); err != nil {
		return nil, err
	}
	return node.AssembleGenesis(g, time.Time{})
}

// installGenesis puts genesis and peers into a home that `hanse init` made.
func installGenesis(home string, genesis []byte, descriptors []descriptor) error {
	cfg, _, err := loadConfig(home, nil)
	if err != nil {
		return err
	}
	if err := takesPart(home, descriptors); err != nil {
		return err
	}
	if err := writeGenesis(home, genesis); err != nil {
		return err
	}
	return setPeers(home, peersOf(cfg.Center.Name, descriptors))
}

func writeGenesis(home string, genesis []byte) error {
	if err := node.WriteGenesis(home, genesis); err != nil {
		return hinted(err, "compare the digests; where the center has never run, delete that file and install again")
	}
	return nil
}

// takesPart refuses to put a center under a genesis that does not have it as it is: it could never leave that league again.
func takesPart(home string, descriptors []descriptor) error {
	own, err := readDescriptor(home)
	if err != nil {
		return err
	}
	want, err := json.Marshal(own.Center)
	if err != nil {
		return err
	}
	for _, d := range descriptors {
		if got, err := json.Marshal(d.Center); err == nil && bytes.Equal(got, want) {
			return nil
		}
	}
	return hinted(fmt.Errorf("none of the descriptors is that of %s", home), "add %s", filepath.Join(home, "descriptor.json"))
}

var peersLine = regexp.MustCompile(`(?m)^peers = .*$`)

// setPeers rewrites the one line of hanse.toml that names the peers and leaves the operator's other edits alone.
func setPeers(home string, peers []string) error {
	path := filepath.Join(home, "hanse.toml")
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !peersLine.Match(text) {
		return fmt.Errorf("%s has no line that begins with \"peers = \"", path)
	}
	return writePrivate(path, peersLine.ReplaceAllLiteral(text, []byte("peers = "+tomlList(peers))))
}

// peersOf lists the peer addresses of all centers but the named one.
func peersOf(self string, descriptors []descriptor) []string {
	var peers []string
	for _, d := range sorted(descriptors) {
		if d.Center.Name != self {
			peers = append(peers, d.NodeID+"@"+d.P2P)
		}
	}
	return peers
}

func sorted(descriptors []descriptor) []descriptor {
	return slices.SortedFunc(slices.Values(descriptors), func(a, b descriptor) int { return cmp.Compare(a.Center.Name, b.Center.Name) })
}

// writeDescriptor writes a home's own descriptor.
func writeDescriptor(home string, d *descriptor) error {
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	return writePrivate(filepath.Join(home, "descriptor.json"), text)
}

// readDescriptor reads a home's own descriptor.
func readDescriptor(home string) (*descriptor, error) {
	data, err := readPrivate(filepath.Join(home, "descriptor.json"))
	if err != nil {
		return nil, err
	}
	d := &descriptor{}
	return d, strictJSON(data, d)
}

// strictJSON decodes one JSON object whose members are all known.
func strictJSON(data []byte, out any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(out); err != nil {
		return err
	}
	if dec.More() {
		return fmt.Errorf("more than one JSON value")
	}
	return nil
}

func fingerprint(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func trimSpace(b []byte) []byte { return bytes.TrimSpace(b) }
