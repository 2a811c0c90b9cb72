package localnet

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/hanse-id/hanse/abci/node"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/did"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

// Plan is a prepared league: homes with keys and genesis, and an address for every node. Its nodes are those of the
// centers of the genesis, then those of newcomers.
type Plan struct {
	Manifest
	Dir     string
	Genesis *app.Genesis
	Nodes   []NodePlan
}

// NodePlan is what one node of a plan is started with.
type NodePlan struct {
	Name    string
	DID     did.DID
	Home    string
	P2P     string   // "127.0.0.1:port"
	Peers   []string // all others of the genesis: nobody names a newcomer
	Sponsor keystore.Signer
	// Descriptor is what a genesis, or a proposal to admit the center, says of it.
	Descriptor app.GenesisCenter
}

// Prepare makes the homes of a league under dir. The keys of centers and users follow from the league's name: they
// are for tests and for one machine only. A directory that was prepared before is prepared again as it is.
func Prepare(dir string, m Manifest) (*Plan, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	p := &Plan{Manifest: m, Dir: dir, Genesis: &app.Genesis{League: m.League, Params: exec.DefaultParams()}}
	ids := make([]node.Identity, m.Centers+m.Newcomers)
	for i := range ids {
		name := "center-" + strconv.Itoa(i)
		n := NodePlan{Name: name, Home: filepath.Join(dir, name), Sponsor: signer(m.League, name, "sponsor")}
		var err error
		if ids[i], err = node.Init(n.Home); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		n.Descriptor = app.GenesisCenter{
			Name: name, Create: creation(signer(m.League, name, "control").Public(), name), Validator: ids[i].Validator,
			Power: 10, Sponsors: []string{n.Sponsor.Public().Multikey()}, API: "http://127.0.0.1/" + name,
		}
		if n.DID, err = app.CenterDID(m.League, n.Descriptor); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if i < m.Centers {
			p.Genesis.Centers = append(p.Genesis.Centers, n.Descriptor)
		}
		p.Nodes = append(p.Nodes, n)
	}
	return p, p.finish(ids)
}

func (p *Plan) finish(ids []node.Identity) error {
	genesis, err := node.AssembleGenesis(p.Genesis, time.Time{})
	if err != nil {
		return err
	}
	addresses, err := p.addresses()
	if err != nil {
		return err
	}
	for i := range p.Nodes {
		n := &p.Nodes[i]
		n.P2P = addresses[i]
		for j, id := range ids[:p.Centers] {
			if j != i {
				n.Peers = append(n.Peers, id.NodeID+"@"+addresses[j])
			}
		}
		if err := node.WriteGenesis(n.Home, genesis); err != nil {
			return fmt.Errorf("%s: %w", n.Name, err)
		}
	}
	return nil
}

// addresses are chosen once and kept in the directory, so that a league that is started again finds itself.
func (p *Plan) addresses() ([]string, error) {
	path := filepath.Join(p.Dir, "addresses")
	data, err := os.ReadFile(path)
	if err == nil {
		if list := strings.Fields(string(data)); len(list) == len(p.Nodes) {
			return list, nil
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	list, err := FreeAddresses(len(p.Nodes))
	if err != nil {
		return nil, err
	}
	return list, os.WriteFile(path, []byte(strings.Join(list, "\n")+"\n"), 0o600)
}

// FreeAddresses finds n loopback addresses that nobody listens on. The ports are below those that the system gives
// to outgoing connections: a node that is down for a while finds its port free again.
func FreeAddresses(n int) ([]string, error) {
	const low, high = 20_000, 32_000
	var list []string
	port := low + int(time.Now().UnixNano()/1000+int64(os.Getpid())*101)%(high-low)
	for tries := 0; len(list) < n && tries < high-low; tries++ {
		port++
		if port >= high {
			port = low
		}
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		listener, err := net.Listen("tcp", address)
		if err != nil {
			continue
		}
		if err := listener.Close(); err != nil {
			return nil, err
		}
		list = append(list, address)
	}
	if len(list) < n {
		return nil, fmt.Errorf("no %d free ports between %d and %d", n, low, high)
	}
	return list, nil
}

// signer is a key that follows from its name.
func signer(parts ...string) *keystore.Private {
	seed := sha256.Sum256([]byte("hanse localnet\x00" + strings.Join(parts, "\x00")))
	key, err := keystore.NewPrivate(keys.EdDSA, seed[:])
	if err != nil {
		panic("localnet: " + err.Error()) // 32 bytes are an Ed25519 seed
	}
	return key
}

// creation is a did.create body with one key for control and statements.
func creation(key keys.Public, salt string) map[string]any {
	sum := sha256.Sum256([]byte(salt))
	return map[string]any{
		"document": map[string]any{
			"verificationMethod": []any{map[string]any{
				"id": "#key-1", "type": "Multikey", "publicKeyMultibase": key.Multikey(),
			}},
			"capabilityInvocation": []any{"#key-1"},
			"assertionMethod":      []any{"#key-1"},
		},
		"salt": base64.RawURLEncoding.EncodeToString(sum[:16]),
	}
}
