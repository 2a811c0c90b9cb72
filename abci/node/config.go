package node

import (
	"fmt"
	"log/slog"
	"net"
	"time"

	abcitypes "github.com/cometbft/cometbft/abci/types"
	cmtconfig "github.com/cometbft/cometbft/config"
	"github.com/go-viper/mapstructure/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/hanse-id/hanse/did/keystore"
)

// Config of a node. Zero values mean the stated defaults; everything else of CometBFT is derived in code.
type Config struct {
	// Home is the center's directory (see Init); it is locked while the node runs.
	Home string
	// Name is shown to peers (CometBFT's moniker); default: the center's name in the ledger, "follower" before it is admitted.
	Name string
	// P2P is the address peers connect to, "host:port". Port 0: a free one is chosen, see Node.P2PAddr.
	P2P string
	// External is the address that peers are told, "host:port"; default: P2P.
	External string
	// RPC is CometBFT's own RPC address, "host:port"; it must be loopback. Port 0: a free one. Empty: no RPC.
	RPC string
	// Peers are dialled for ever: "<node id>@host:port". Batches are not relayed: name every other center.
	Peers []string
	// Sponsor signs this center's batches; its key must be one of the center's sponsor keys. Nil, or as long as it is the
	// key of no center: the node follows the league (and signs blocks, if its key is a validator's) but takes no operations.
	Sponsor keystore.Signer
	// Version of this binary ("1.2.3"), which upgrade plans of the league are compared with: *app.UpgradeError. Empty: not
	// compared.
	Version string
	// Logger gets the logs of the node and of CometBFT; default: slog.Default().
	Logger *slog.Logger
	// Metrics registers the node's and CometBFT's metrics (names begin with "hanse_"); nil: none.
	Metrics prometheus.Registerer
	// IdleInterval is the time between blocks of an idle league; default 1 s. All nodes of a league should agree.
	IdleInterval time.Duration
	// CacheBytes bounds the state's leaf cache; its database takes about twice as much outside Go's heap. Default 64 MiB.
	CacheBytes int64
	// Intercept stands between CometBFT and the application: for tests of dishonest centers. Nil: nothing does.
	Intercept func(abcitypes.Application) abcitypes.Application
	// Advanced sets CometBFT's own settings by their names in its config.toml: {"consensus.timeout_propose": "1s"}.
	Advanced map[string]any
}

func (c Config) withDefaults() Config {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.IdleInterval <= 0 {
		c.IdleInterval = time.Second
	}
	if c.CacheBytes <= 0 {
		c.CacheBytes = 64 << 20
	}
	return c
}

// SettingError says that a setting cannot be used.
type SettingError struct {
	Name   string
	Reason string
}

func (e *SettingError) Error() string { return fmt.Sprintf("setting %s: %s", e.Name, e.Reason) }

// comet derives CometBFT's configuration. The figures suit centers on a LAN; blocks come about every 100 ms under load.
func (c Config) comet() (*cmtconfig.Config, error) {
	cfg := cmtconfig.DefaultConfig()
	cfg.Moniker = c.Name
	cfg.Genesis, cfg.NodeKey = "config/genesis.json", "config/node_key.json"
	cfg.PrivValidatorKey, cfg.PrivValidatorState = "config/priv_validator_key.json", "data/priv_validator_state.json"
	c.consensus(cfg.Consensus)
	c.network(cfg.P2P)
	c.mempool(cfg.Mempool)
	cfg.RPC.PprofListenAddress = ""
	cfg.RPC.CORSAllowedOrigins = nil
	cfg.TxIndex.Indexer = "null" // receipts are our own index
	cfg.Storage.DiscardABCIResponses = false
	cfg.Instrumentation.Prometheus = false // metrics.go
	if err := c.advanced(cfg); err != nil {
		return nil, err
	}
	c.fixed(cfg)
	cfg.SetRoot(c.Home)
	if err := cfg.ValidateBasic(); err != nil {
		return nil, &SettingError{"advanced", err.Error()}
	}
	return cfg, nil
}

// consensus: a dead proposer costs TimeoutPropose. The other two are waited for only where votes differ: on a busy
// machine, patience there is cheaper than another round. Without "empty blocks" a block follows at once on one that
// changed the app hash, or when the pool has work (alarm.go), and otherwise after IdleInterval, so that block time goes on.
func (c Config) consensus(cs *cmtconfig.ConsensusConfig) {
	cs.TimeoutPropose, cs.TimeoutProposeDelta = 500*time.Millisecond, 250*time.Millisecond
	cs.TimeoutPrevote, cs.TimeoutPrevoteDelta = 500*time.Millisecond, 250*time.Millisecond
	cs.TimeoutPrecommit, cs.TimeoutPrecommitDelta = 500*time.Millisecond, 250*time.Millisecond
	cs.TimeoutCommit = 50 * time.Millisecond
	cs.SkipTimeoutCommit = false
	cs.CreateEmptyBlocks = false
	cs.CreateEmptyBlocksInterval = c.IdleInterval
	cs.PeerGossipSleepDuration = 10 * time.Millisecond
	cs.PeerQueryMaj23SleepDuration = time.Second
}

// network: addresses on one machine or in one private network are ordinary; peers are named, not discovered.
func (c Config) network(p *cmtconfig.P2PConfig) {
	p.ExternalAddress = c.External
	p.AddrBook = "data/addrbook.json"
	p.AddrBookStrict = false
	p.AllowDuplicateIP = true
	p.PexReactor = false
	p.FlushThrottleTimeout = 5 * time.Millisecond
	p.MaxPacketMsgPayloadSize = 16 << 10
	p.SendRate, p.RecvRate = 100<<20, 100<<20
	p.PersistentPeersMaxDialPeriod = 2 * time.Second
}

// mempool: the application's own (package pool). A transaction above a receiver's MaxTxBytes costs the connection,
// so every node has the same, well above a batch's limit; MaxBatchBytes 0 means the same.
func (c Config) mempool(m *cmtconfig.MempoolConfig) {
	m.MaxTxBytes = 1 << 20
	m.MaxBatchBytes = 0
	m.ReapInterval = time.Millisecond // the wait is inside ReapTxs
	m.CheckTxRetryDelay = time.Second
	m.Recheck = false
}

// fixed sets what is not the operator's to choose.
func (c Config) fixed(cfg *cmtconfig.Config) {
	cfg.DBBackend = "goleveldb"
	cfg.FilterPeers = true // a stopping node turns peers away: abci.Application.Quiesce
	cfg.Mempool.Type = cmtconfig.MempoolTypeApp
	cfg.Mempool.Broadcast = true
	cfg.BlockSync.AdaptiveSync = false
	cfg.StateSync.Enable = false // until snapshots can be restored
	cfg.RPC.Unsafe = false
	cfg.RPC.ListenAddress = ""
	cfg.RPC.GRPCListenAddress = ""
	if c.RPC != "" {
		cfg.RPC.ListenAddress = "tcp://" + c.RPC
	}
	cfg.P2P.ListenAddress = "tcp://" + c.P2P
	cfg.P2P.PersistentPeers = join(c.Peers)
	cfg.P2P.UnconditionalPeerIDs = join(ids(c.Peers)) // strangers who fill the places of peers keep no center out
}

// advanced applies the operator's own settings; a name that CometBFT does not have is a *SettingError.
func (c Config) advanced(cfg *cmtconfig.Config) error {
	if len(c.Advanced) == 0 {
		return nil
	}
	decoder, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
		Result: cfg, ErrorUnused: true, WeaklyTypedInput: true,
		DecodeHook: mapstructure.StringToTimeDurationHookFunc(),
	})
	if err != nil {
		return err
	}
	tree, err := nest(c.Advanced)
	if err != nil {
		return err
	}
	if err := decoder.Decode(tree); err != nil {
		return &SettingError{"advanced", err.Error()}
	}
	return nil
}

// nest turns {"a.b": 1} into {"a": {"b": 1}}; nested maps may be given as such.
func nest(flat map[string]any) (map[string]any, error) {
	tree := map[string]any{}
	for name, value := range flat {
		if err := put(tree, name, value); err != nil {
			return nil, err
		}
	}
	return tree, nil
}

// loopback checks that an address can be reached from this machine only.
func loopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return &SettingError{"rpc", err.Error()}
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return &SettingError{"rpc", fmt.Sprintf("%s is not a loopback address: CometBFT's RPC has no access control", address)}
	}
	return nil
}
