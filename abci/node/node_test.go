package node_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/hanse-id/hanse/abci"
	"github.com/hanse-id/hanse/abci/localnet"
	"github.com/hanse-id/hanse/abci/node"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

func plan(t *testing.T, centers int) *localnet.Plan {
	t.Helper()
	p, err := localnet.Prepare(t.TempDir(), localnet.Manifest{League: "node-test", Centers: centers})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func config(p *localnet.Plan) node.Config {
	n := p.Nodes[0]
	return node.Config{
		Home: n.Home, P2P: "127.0.0.1:0", RPC: "127.0.0.1:0", Sponsor: n.Sponsor, CacheBytes: 8 << 20,
		Logger: slog.New(slog.DiscardHandler),
	}
}

func run(t *testing.T, cfg node.Config) *node.Node {
	t.Helper()
	n, err := node.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Stop(); err != nil {
			t.Error(err)
		}
	})
	return n
}

func TestInitKeepsKeysAndHidesThem(t *testing.T) {
	home := t.TempDir()
	first, err := node.Init(home)
	if err != nil {
		t.Fatal(err)
	}
	again, err := node.Init(home)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, again); diff != "" {
		t.Fatal(diff)
	}
	if _, err := keys.ParseMultikey(first.Validator); err != nil || len(first.NodeID) != 40 {
		t.Fatalf("%+v %v", first, err)
	}
	for _, name := range []string{"config/node_key.json", "config/priv_validator_key.json", "data/priv_validator_state.json"} {
		info, err := os.Stat(filepath.Join(home, name))
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s: mode %o", name, mode)
		}
	}
}

func TestKeyThatOthersCanReadIsRefused(t *testing.T) {
	p := plan(t, 1)
	path := filepath.Join(p.Nodes[0].Home, "config", "priv_validator_key.json")
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	_, err := node.Start(t.Context(), config(p))
	if bad, ok := errors.AsType[*node.ModeError](err); !ok || bad.Path != path {
		t.Fatalf("error %v", err)
	}
}

func TestGenesisIsTheSameWhereverItIsAssembled(t *testing.T) {
	p := plan(t, 4)
	first, err := node.AssembleGenesis(p.Genesis, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	turned := *p.Genesis
	turned.Centers = slices.Clone(turned.Centers)
	slices.Reverse(turned.Centers)
	second, err := node.AssembleGenesis(&turned, node.DefaultGenesisTime.In(time.FixedZone("east", 3600)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(first), string(second)); diff != "" {
		t.Fatal(diff)
	}
	if _, err := node.ParseGenesis(first); err != nil {
		t.Fatal(err)
	}
	power := bytes.Replace(first, []byte(`"power": "10"`), []byte(`"power": "7"`), 1)
	if _, err := node.ParseGenesis(power); err == nil || bytes.Equal(power, first) {
		t.Error("validators that are not the centers: accepted")
	} else if _, ok := errors.AsType[*abci.GenesisError](err); !ok {
		t.Errorf("error %v", err)
	}
	other, err := node.AssembleGenesis(p.Genesis, time.Unix(1_800_000_000, 0))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := errors.AsType[*node.GenesisExistsError](node.WriteGenesis(p.Nodes[0].Home, other)); !ok {
		t.Error("another genesis over the first: accepted")
	}
	if err := node.WriteGenesis(p.Nodes[0].Home, first); err != nil {
		t.Error(err)
	}
}

func TestHomeBelongsToOneNode(t *testing.T) {
	p := plan(t, 1)
	n := run(t, config(p))
	if _, ok := errors.AsType[*node.LockedError](startError(t, config(p))); !ok {
		t.Error("second node started")
	}
	_, err := node.OpenState(p.Nodes[0].Home)
	if _, ok := errors.AsType[*node.LockedError](err); !ok {
		t.Errorf("state opened under a running node: %v", err)
	}
	if err := n.Stop(); err != nil {
		t.Fatal(err)
	}
	run(t, config(p))
}

func startError(t *testing.T, cfg node.Config) error {
	t.Helper()
	n, err := node.Start(t.Context(), cfg)
	if err == nil {
		t.Error("node started")
		_ = n.Stop()
	}
	return err
}

func TestSettingsThatCannotBeUsed(t *testing.T) {
	p := plan(t, 1)
	for name, change := range map[string]func(*node.Config){
		"rpc open to the world": func(c *node.Config) { c.RPC = "0.0.0.0:0" },
		"rpc on a name":         func(c *node.Config) { c.RPC = "example.org:0" },
		"no port":               func(c *node.Config) { c.P2P = "127.0.0.1" },
		"unknown setting":       func(c *node.Config) { c.Advanced = map[string]any{"consensus.no_such": 1} },
		"bad value":             func(c *node.Config) { c.Advanced = map[string]any{"consensus.timeout_commit": "soon"} },
		"given twice":           func(c *node.Config) { c.Advanced = map[string]any{"p2p": 1, "p2p.pex": true} },
	} {
		cfg := config(p)
		change(&cfg)
		if _, ok := errors.AsType[*node.SettingError](startError(t, cfg)); !ok {
			t.Errorf("%s: not a setting error", name)
		}
	}
	cfg := config(p)
	cfg.Home = t.TempDir()
	if _, ok := errors.AsType[*node.NotInitialisedError](startError(t, cfg)); !ok {
		t.Error("empty home: not said")
	}
	cfg = config(p)
	cfg.Advanced = map[string]any{"consensus.timeout_commit": "20ms", "p2p": map[string]any{"send_rate": 1 << 20}}
	run(t, cfg)
}

// A sponsor key that no center has may be one that a center will have: the node runs, and takes no operations.
func TestStrangersSponsorKeyTakesNoOperations(t *testing.T) {
	p := plan(t, 1)
	stranger, err := keystore.GeneratePrivate(keys.EdDSA)
	if err != nil {
		t.Fatal(err)
	}
	var log loud
	cfg := config(p)
	cfg.Sponsor, cfg.Logger = stranger, log.logger()
	n := run(t, cfg)
	if err := localnet.Ready(t.Context(), []localnet.Center{n.Ledger()}); err != nil {
		t.Fatal(err)
	}
	_, err = n.Ledger().Submit(t.Context(), [][]byte{[]byte("operation")})
	if refused, ok := errors.AsType[*exec.Error](err); !ok || refused.Code != exec.CodeNotReady {
		t.Errorf("error %v", err)
	}
	if !strings.Contains(log.String(), stranger.Public().Multikey()) {
		t.Error("nothing is said of the key")
	}
	if n.Center().Name != "center-0" { // by its validator key
		t.Errorf("center %+v", n.Center())
	}
}

func TestMissingSignStateIsNotMadeAnew(t *testing.T) {
	p := plan(t, 1)
	if err := os.Remove(filepath.Join(p.Nodes[0].Home, "data", "priv_validator_state.json")); err != nil {
		t.Fatal(err)
	}
	if err := startError(t, config(p)); err == nil || !strings.Contains(err.Error(), "sign state") {
		t.Fatalf("error %v", err) // signing without knowing what was signed is how validators double-sign
	}
}

// Several nodes of one process have metrics of their own, and RPC listens where it was told to.
func TestMetricsAndAddresses(t *testing.T) {
	for range 2 {
		p := plan(t, 1)
		cfg := config(p)
		registry := prometheus.NewRegistry()
		cfg.Metrics = registry
		n := run(t, cfg)
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range families {
			names = append(names, f.GetName())
			if !strings.HasPrefix(f.GetName(), "hanse_") {
				t.Errorf("metric %s", f.GetName())
			}
		}
		for _, want := range []string{"hanse_cometbft_consensus_height", "hanse_pool_pending_operations"} {
			if !slices.Contains(names, want) {
				t.Errorf("%s is missing in %v", want, names)
			}
		}
		for path, want := range map[string]int{
			"/status": http.StatusOK, "/dial_peers": http.StatusNotFound, "/unsafe_flush_mempool": http.StatusNotFound,
			"/debug/pprof/": http.StatusNotFound, "/metrics": http.StatusNotFound,
		} {
			res, err := http.Get("http://" + n.RPCAddr() + path)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode != want {
				t.Errorf("RPC %s: status %d, want %d", path, res.StatusCode, want)
			}
		}
		if n.Center().Name != "center-0" || n.ID() == "" || strings.HasSuffix(n.P2PAddr(), ":0") {
			t.Errorf("center %+v, id %s, p2p %s", n.Center(), n.ID(), n.P2PAddr())
		}
		if err := n.Stop(); err != nil {
			t.Fatal(err)
		}
		if after, err := registry.Gather(); err != nil || len(after) != 0 {
			t.Errorf("%d metrics after Stop: %v", len(after), err)
		}
	}
}

// loud keeps what is logged as a warning or worse. It is safe for concurrent use.
type loud struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (l *loud) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(p)
}

func (l *loud) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

func (l *loud) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.String()
}

func TestCleanStopIsQuiet(t *testing.T) {
	p := plan(t, 1)
	for range 2 {
		var log loud
		cfg := config(p)
		cfg.Logger = log.logger()
		n := run(t, cfg)
		if err := localnet.Ready(t.Context(), []localnet.Center{n.Ledger()}); err != nil {
			t.Fatal(err)
		}
		if err := n.Stop(); err != nil {
			t.Fatal(err)
		}
		if n.Err() != nil || log.String() != "" {
			t.Fatalf("%v\n%s", n.Err(), log.String())
		}
	}
}

// CometBFT would go on with the genesis that it stored, and say nothing.
func TestReplacedGenesisIsRefused(t *testing.T) {
	p := plan(t, 1)
	n := run(t, config(p))
	if err := localnet.Ready(t.Context(), []localnet.Center{n.Ledger()}); err != nil {
		t.Fatal(err)
	}
	if err := n.Stop(); err != nil {
		t.Fatal(err)
	}
	other, err := node.AssembleGenesis(p.Genesis, node.DefaultGenesisTime.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(p.Nodes[0].Home, "config", "genesis.json")
	mine, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, other, 0o644); err != nil {
		t.Fatal(err)
	}
	var wrong *abci.GenesisError
	if _, err := node.Start(t.Context(), config(p)); !errors.As(err, &wrong) {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, mine, 0o644); err != nil {
		t.Fatal(err)
	}
	run(t, config(p))
}
