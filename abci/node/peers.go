package node

import (
	"context"
	"strings"
	"time"

	"github.com/cometbft/cometbft/p2p"
)

// redial is how often lost peers are dialled again.
const redial = 3 * time.Second

// keepPeers dials peers that are not connected, every few seconds. CometBFT does so itself, but gives a peer up for
// good in a race: if a fresh connection breaks while its own reconnect is still setting it up (p2p/switch.go:455,
// "reconnecting.Has"), nobody reconnects.
func (n *Node) keepPeers() {
	if len(n.cfg.Peers) == 0 {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	n.redialing = cancel
	go func() {
		ticker := time.NewTicker(redial)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				n.dialMissing()
			}
		}
	}()
}

// ids lists the node ids of peer addresses.
func ids(peers []string) []string {
	list := make([]string, len(peers))
	for i, peer := range peers {
		list[i], _, _ = strings.Cut(peer, "@")
	}
	return list
}

func (n *Node) dialMissing() {
	sw := n.comet.Switch()
	var missing []string
	for _, peer := range n.cfg.Peers {
		id, _, _ := strings.Cut(peer, "@")
		if !sw.Peers().Has(p2p.ID(id)) {
			missing = append(missing, peer)
		}
	}
	if len(missing) == 0 {
		return
	}
	if err := sw.DialPeersAsync(missing); err != nil {
		n.cfg.Logger.Debug("peers cannot be dialled", "err", err)
	}
}
