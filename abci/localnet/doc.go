// Package localnet runs leagues of several real nodes on one machine, in this process or as child processes, under
// load and perturbations. Tests use it, and `hanse dev` prepares its homes with it.
//
//	plan, err := localnet.Prepare(dir, localnet.Manifest{League: "demo", Centers: 4})
//	net, err := localnet.Start(ctx, plan, localnet.Options{})
//	user := localnet.NewUser(plan.League, "alice")
//	receipt, err := localnet.Commit(ctx, net.Center(0), user.Create(time.Now()))
//	receipt, err = localnet.Decide(ctx, net.Center(0), 1, "center.suspend", content, plan.Control(0), plan.Control(1), plan.Control(2))
//	err = net.Restart(ctx, 2)
//	err = net.Close()
//
// A manifest can be a TOML file: see Manifest.
package localnet
