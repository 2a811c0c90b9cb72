package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"github.com/hanse-id/hanse/api/cache/redistest"
	"github.com/hanse-id/hanse/api/client"
	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/did/keys"
	"github.com/hanse-id/hanse/did/keystore"
)

// testCommand is a command whose notes go to the test's log.
func testCommand(t *testing.T) *cobra.Command {
	t.Helper()
	cmd := &cobra.Command{}
	cmd.SetContext(context.WithoutCancel(t.Context())) // cleanups run after t.Context has ended
	cmd.SetErr(testLog{t})
	cmd.SetOut(io.Discard)
	return cmd
}

type testLog struct{ t *testing.T }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

// startLeague runs a league of four processes, unless opts say how many, until the test ends.
func startLeague(t *testing.T, opts leagueOptions) *league {
	t.Helper()
	if testing.Short() {
		t.Skip("runs a league of processes")
	}
	var err error
	opts.League = "test"
	if opts.Centers == 0 {
		opts.Centers = 4
	}
	if opts.API, err = freeRange(opts.Centers); err != nil {
		t.Fatal(err)
	}
	opts.Params = map[string]int64{"minRecoverySeconds": 1} // no test waits for a day
	if opts.Home == "" {
		opts.Home = t.TempDir()
	}
	l, err := openLeague(testCommand(t), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
		if t.Failed() {
			for _, p := range l.centers {
				t.Logf("%s:\n%s", p.log, p.logTail())
			}
		}
	})
	begin := time.Now()
	if err := l.start(t.Context(), 2*time.Minute); err != nil {
		t.Fatal(err)
	}
	t.Logf("ready after %.1f s", time.Since(begin).Seconds())
	return l
}

func (l *league) client(i int) *client.Client {
	return client.New(l.m.Centers[i].API, client.Options{Token: l.m.Centers[i].Token})
}

// storyOf lets tests use the demo's steps.
func storyOf(t *testing.T, l *league) *story {
	return &story{cmd: testCommand(t), out: io.Discard, l: l}
}

func newSigner(t *testing.T, alg keys.Algorithm) keystore.Signer {
	t.Helper()
	signer, err := keystore.NewMemory().Generate(t.Context(), "key", alg)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// TestLeague runs one league of four processes with a real Redis through everything that does not need a league of its own.
func TestLeague(t *testing.T) {
	redis := redistest.Start(t)
	l := startLeague(t, leagueOptions{Redis: redis.URL(), Loopback: true})
	t.Run("dev.json describes every center", func(t *testing.T) { devMapIsComplete(t, l) })
	t.Run("a DID created at one center resolves at all", func(t *testing.T) { resolvesEverywhere(t, l) })
	t.Run("answers survive the loss of Redis", func(t *testing.T) { survivesRedis(t, l, redis) })
	t.Run("the printed curl lines work when pasted", func(t *testing.T) { curlLinesWork(t, l) })
	t.Run("the commands work", func(t *testing.T) { commandsWork(t, l) })
	t.Run("implementations that are not ours agree", func(t *testing.T) { interop(t, l) })
	t.Run("a copy of an accreditation verifies as long as that is in force", func(t *testing.T) { copiesVerify(t, l) })
	t.Run("a fifth center is admitted by vote, serves, and is removed", func(t *testing.T) { joins(t, l) })
	t.Run("SIGKILL under load loses no acknowledged operation", func(t *testing.T) { killUnderLoad(t, l) })
	t.Run("a second start resumes, and fsck finds the state sound", func(t *testing.T) { resumes(t, l) })
	t.Run("a center replaces the key that signs its batches", func(t *testing.T) { replacesSponsor(t, l) })
	t.Run("an old binary stops at an upgrade with exit code 75, a new one goes on", func(t *testing.T) { upgrades(t, l) })
}

func devMapIsComplete(t *testing.T, l *league) {
	data, err := os.ReadFile(filepath.Join(l.opts.Home, "dev.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m devMap
	if err := strictJSON(data, &m); err != nil {
		t.Fatal(err)
	}
	if !m.Ready || m.League != "test" || len(m.Centers) != 4 {
		t.Fatalf("ready %v, league %q, %d centers", m.Ready, m.League, len(m.Centers))
	}
	for i, c := range m.Centers {
		if want := publicURL(l.opts.apiOf(i), false); c.API != want {
			t.Errorf("center %d serves %s, want %s", i, c.API, want)
		}
		names := map[string]string{}
		for _, issuer := range c.Issuers {
			names[issuer.Name] = issuer.Format
			if _, err := l.client(i).Resolve(t.Context(), issuer.DID, nil); err != nil {
				t.Errorf("issuer %s of %s: %v", issuer.Name, c.Name, err)
			}
		}
		path, err := l.client(i).TrustPath(t.Context(), client.PathQuery{Issuer: c.Issuers[0].DID, Type: devType})
		if err != nil || !path.Held || len(path.Hops) != 2 || path.Hops[0].Authority != c.DID {
			t.Errorf("path of issuer demo of %s: %+v, %v", c.Name, path, err)
		}
		want := map[string]string{
			"demo": "vc+jwt", "vc-jwt": "vc+jwt", "vc-jwt-es256": "vc+jwt", "vc-jwt-es384": "vc+jwt", "vc-jwt-es256k": "vc+jwt",
			"vc-sd-jwt": "vc+sd-jwt", "vc-cose": "vc+cose", "eddsa-jcs-2022": "eddsa-jcs-2022", "eddsa-rdfc-2022": "eddsa-rdfc-2022",
			"ecdsa-jcs-2019": "ecdsa-jcs-2019", "ecdsa-jcs-2019-p384": "ecdsa-jcs-2019",
			"ecdsa-rdfc-2019": "ecdsa-rdfc-2019", "ecdsa-rdfc-2019-p384": "ecdsa-rdfc-2019", "ecdsa-sd-2023": "ecdsa-sd-2023", "dc-sd-jwt": "dc+sd-jwt",
		}
		if diff := cmp.Diff(want, names); diff != "" {
			t.Errorf("issuers of %s (-want +got):\n%s", c.Name, diff)
		}
		for name, link := range map[string]string{"metrics": c.Metrics, "rpc": c.RPC + "/status"} {
			if status, body := get(t, link); status != http.StatusOK || len(body) == 0 {
				t.Errorf("%s of %s: %d", name, c.Name, status)
			}
		}
	}
}

func get(t *testing.T, link string) (int, []byte) {
	t.Helper()
	resp, err := http.Get(link) //nolint:noctx // a test's request
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body
}

func resolvesEverywhere(t *testing.T, l *league) {
	s := storyOf(t, l)
	id, _, err := s.submitDID(t.Context(), 2, newSigner(t, keys.ES256))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.resolveEverywhere(t.Context(), id, 4); err != nil {
		t.Fatal(err)
	}
}

func survivesRedis(t *testing.T, l *league, redis *redistest.Server) {
	id := l.m.Centers[0].Issuers[0].DID
	redis.Stop() // hung: nothing answers
	defer redis.Continue()
	for i := range 4 {
		if _, err := l.client(i).Resolve(t.Context(), id, nil); err != nil {
			t.Errorf("center %d with a hung Redis: %v", i, err)
		}
	}
}

// curlLinesWork runs the lines of the map as a user would, with the file they share moved to a folder of the test.
func curlLinesWork(t *testing.T, l *league) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
	lines := regexp.MustCompile(`(?m)^  (curl .*)$`).FindAllStringSubmatch(l.mapText(), -1)
	if len(lines) != 3 {
		t.Fatalf("%d curl lines, want 3:\n%s", len(lines), l.mapText())
	}
	for i, want := range []string{`"didDocument"`, `"verifiableCredential"`, `"verified":true`} {
		line := strings.ReplaceAll(lines[i][1], "/tmp/vc.json", filepath.Join(l.opts.Home, "vc.json"))
		out, err := exec.CommandContext(t.Context(), "sh", "-c", line).CombinedOutput()
		if err != nil || !strings.Contains(strings.ReplaceAll(string(out), ": ", ":"), want) {
			t.Errorf("%s: %v\n%s", line, err, out)
		}
	}
}

// commandsWork runs the scripts that need a league, at its first center.
func commandsWork(t *testing.T, l *league) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/league",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			if err := setupScript(e); err != nil {
				return err
			}
			e.Setenv("HANSE_API", l.m.Centers[0].API)
			e.Setenv("HANSE_PASSPHRASE_FILE", e.WorkDir+"/pass")
			e.Setenv("OTHER", l.m.Centers[1].API)
			for i, letter := range []string{"A", "B", "C", "D"} {
				e.Setenv(letter, l.m.Centers[i].Home)
				e.Setenv(letter+"_API", l.m.Centers[i].API)
			}
			e.Setenv("ISSUER", l.m.Centers[0].Issuers[0].DID)
			return os.WriteFile(e.WorkDir+"/token", []byte(l.m.Centers[0].Token), 0o600)
		},
		Cmds: scriptCommands,
	})
}

// killUnderLoad lets clients create DIDs at three centers while the fourth is killed and comes back.
func killUnderLoad(t *testing.T, l *league) {
	s := storyOf(t, l)
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	loaded, stopLoad := context.WithCancel(ctx)
	var mu sync.Mutex
	var acknowledged []string
	var clients sync.WaitGroup
	for n := range 6 {
		clients.Go(func() {
			for loaded.Err() == nil {
				// An error is no acknowledgement: the client would repeat it.
				if id, _, err := s.submitDID(ctx, n%4, newSigner(t, keys.EdDSA)); err == nil {
					mu.Lock()
					acknowledged = append(acknowledged, id)
					mu.Unlock()
				}
			}
		})
	}
	count := func() int { mu.Lock(); defer mu.Unlock(); return len(acknowledged) }
	await(t, ctx, "load before the kill", func() bool { return count() >= 20 })
	l.centers[3].kill()
	killed := count()
	await(t, ctx, "commits without the killed center", func() bool { return count() >= killed+20 })
	if err := l.startCenter(3); err != nil {
		t.Fatal(err)
	}
	if err := l.awaitReady(ctx, 3); err != nil {
		t.Fatal(err)
	}
	stopLoad()
	clients.Wait()
	t.Logf("%d operations were acknowledged, %d of them before the kill", count(), killed)
	for _, id := range acknowledged {
		if err := s.resolveEverywhere(ctx, id, 4); err != nil {
			t.Fatalf("an acknowledged operation is lost: %v", err)
		}
	}
	appHashesAgree(t, ctx, l)
}

func await(t *testing.T, ctx context.Context, what string, done func() bool) {
	t.Helper()
	for !done() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s: time is up", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// appHashesAgree compares the headers of one height that all centers have.
func appHashesAgree(t *testing.T, ctx context.Context, l *league) {
	t.Helper()
	head, err := l.client(0).League(ctx)
	if err != nil {
		t.Fatal(err)
	}
	hashes := map[string]bool{}
	for i, c := range l.m.Centers {
		await(t, ctx, c.Name+" reaches the height", func() bool {
			h, err := l.client(i).League(ctx)
			return err == nil && h.Height >= head.Height
		})
		_, body := get(t, fmt.Sprintf("%s/commit?height=%d", c.RPC, head.Height))
		var answer struct {
			Result struct {
				SignedHeader struct {
					Header struct {
						AppHash string `json:"app_hash"`
					} `json:"header"`
				} `json:"signed_header"`
			} `json:"result"`
		}
		if err := json.Unmarshal(body, &answer); err != nil {
			t.Fatalf("%s: %v\n%s", c.Name, err, body)
		}
		hash := answer.Result.SignedHeader.Header.AppHash
		if len(hash) != 64 {
			t.Fatalf("%s has app hash %q at height %d", c.Name, hash, head.Height)
		}
		hashes[hash] = true
	}
	if len(hashes) != 1 {
		t.Fatalf("%d different app hashes at height %d", len(hashes), head.Height)
	}
}

func resumes(t *testing.T, l *league) {
	before, err := l.client(0).League(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tokens := l.m.Centers[0].Token
	if err := l.stop(); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if code := run([]string{"node", "fsck", "--home", l.home(1)}, nil, &out, testLog{t}); code != 0 || !strings.Contains(out.String(), "is sound") {
		t.Fatalf("fsck: exit %d, %s", code, out.String())
	}
	again, err := openLeague(testCommand(t), l.opts)
	if err != nil {
		t.Fatal(err)
	}
	*l = *again
	if err := l.start(t.Context(), 2*time.Minute); err != nil {
		t.Fatal(err)
	}
	after, err := l.client(0).League(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if after.Height < before.Height || l.m.Centers[0].Token != tokens {
		t.Errorf("height %d after %d, token kept: %v", after.Height, before.Height, l.m.Centers[0].Token == tokens)
	}
	receipt, err := storyReceipt(t, l)
	if err != nil || receipt.State != app.Committed {
		t.Errorf("nothing commits after resuming: %v", err)
	}
}

func storyReceipt(t *testing.T, l *league) (*client.Receipt, error) {
	_, receipt, err := storyOf(t, l).submitDID(t.Context(), 0, newSigner(t, keys.EdDSA))
	return receipt, err
}
