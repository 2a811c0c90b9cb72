package node

import (
	"slices"

	"github.com/hanse-id/hanse/abci/pool"
	"github.com/hanse-id/hanse/app/exec"
	"github.com/hanse-id/hanse/app/governance"
)

// join finds the center that this node works for: by its sponsor key, or else by one of its validator keys. A node of
// neither follows the league; its center may be admitted any time.
func (n *Node) join() error {
	view, err := n.state.App.View(0)
	if err != nil {
		return err
	}
	defer view.Close()
	self, err := n.membership(view.Reader())
	if err != nil {
		return err
	}
	if n.cfg.Sponsor != nil && (self == nil || !slices.Contains(self.Sponsors, n.cfg.Sponsor.Public().Multikey())) {
		n.cfg.Logger.Warn("sponsor key belongs to no center of the league as this node knows it: it takes no operations until one has it",
			"sponsor", n.cfg.Sponsor.Public().Multikey(), "height", n.state.App.Head().Height)
	}
	switch {
	case n.cfg.Name != "":
	case self != nil:
		n.cfg.Name = self.Name
	default:
		n.cfg.Name = "follower"
	}
	return nil
}

// membership reads who is a member and whether this node works for one of them; nil if for none.
func (n *Node) membership(r exec.Reader) (*governance.Center, error) {
	centers, err := governance.Centers(r)
	if err != nil {
		return nil, err
	}
	validators, err := ValidatorKeys(n.cfg.Home)
	if err != nil {
		return nil, err
	}
	sponsor := ""
	if n.cfg.Sponsor != nil {
		sponsor = n.cfg.Sponsor.Public().Multikey()
	}
	active := int64(0)
	var self *governance.Center
	for i, c := range centers {
		if c.Status == governance.Active {
			active++
		}
		if slices.Contains(c.Sponsors, sponsor) || self == nil && slices.Contains(validators, c.Validator) {
			self = &centers[i]
		}
	}
	n.centers.Store(active)
	n.become(self)
	return self, nil
}

// become notes whom this node works for.
func (n *Node) become(self *governance.Center) {
	if self == nil {
		return
	}
	if n.center.Swap(self) == nil {
		n.cfg.Logger.Info("this node works for a center of the league", "name", self.Name, "did", self.DID)
		close(n.joined)
	}
}

// Center is this node's own center, as the ledger has it; zero for a node that belongs to none (yet: see Joined). The last
// record stays when the center is removed.
func (n *Node) Center() governance.Center {
	if self := n.center.Load(); self != nil {
		return *self
	}
	return governance.Center{}
}

// Joined is closed when this node belongs to a center of the league: at once, or when its center is admitted.
func (n *Node) Joined() <-chan struct{} { return n.joined }

// rules reads what the pool needs of the last committed state, when the node starts and whenever a block may have changed it.
func (n *Node) rules() (pool.Rules, error) {
	view, err := n.state.App.View(0)
	if err != nil {
		return pool.Rules{}, err
	}
	defer view.Close()
	rules, err := pool.ReadRules(view.Reader())
	if err != nil {
		return rules, err
	}
	if _, err := n.membership(view.Reader()); err != nil {
		n.cfg.Logger.Error("this node's own center", "err", err)
	}
	return rules, nil
}
