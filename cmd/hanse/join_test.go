package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hanse-id/hanse/api/client"
	"github.com/hanse-id/hanse/app/op"
	"github.com/hanse-id/hanse/credentials"
	"github.com/hanse-id/hanse/did/keys"
)

// copiesVerify: a subject shows a copy of its accreditation as a credential, which the center that signs it is linked to by
// its domain; once the accreditation is revoked the copy fails too.
func copiesVerify(t *testing.T, l *league) {
	s := storyOf(t, l)
	university, _, err := s.openSchool(t.Context(), 0, "the university")
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := s.actAs(t.Context(), 0, "trust.accredit", map[string]any{
		"subject": string(university.DID), "action": "issue", "resource": "type:" + devType,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.reaches(t.Context(), 1, 0); err != nil {
		t.Fatal(err)
	}
	signed := accreditationCopy(t, l, receipt.ID)
	policy := map[string]any{"policy": map[string]any{"requireLinkedDomain": true, "linkedDomains": []string{l.m.Centers[0].API}}}
	result, err := l.client(1).Verify(t.Context(), signed, policy)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []credentials.CheckID{credentials.CheckSignature, credentials.CheckStatus, credentials.CheckLinkedDomain} {
		if got := outcome(result, id); got != credentials.Pass {
			t.Errorf("%s of a copy: %s: %s", id, got, summary(result))
		}
	}
	if _, err := s.actAs(t.Context(), 0, "trust.revoke", map[string]any{"accreditation": receipt.ID.String()}); err != nil {
		t.Fatal(err)
	}
	if err := s.reaches(t.Context(), 1, 0); err != nil {
		t.Fatal(err)
	}
	if result, err = l.client(1).Verify(t.Context(), signed, nil); err != nil || outcome(result, credentials.CheckStatus) != credentials.Fail {
		t.Errorf("a copy of a revoked accreditation: %v, %s", err, summary(result))
	}
}

// accreditationCopy asks center 0 for a copy of an accreditation as a credential.
func accreditationCopy(t *testing.T, l *league, id op.ID) json.RawMessage {
	t.Helper()
	answer, err := l.client(0).Do(t.Context(), client.Request{
		Method: http.MethodGet, Path: "/v1/accreditations/" + id.String() + "/credential", Header: map[string]string{"Accept": "application/json"},
	})
	if err != nil || answer.Status != http.StatusOK {
		t.Fatalf("copy of an accreditation: %v, %+v", err, answer)
	}
	return answer.Body
}

// joins lets a fifth center follow the league, be admitted by vote, serve, and be removed again; all by command.
func joins(t *testing.T, l *league) {
	home, joined := filepath.Join(l.opts.Home, "newcomer"), *l
	newcomer := makeNewcomer(t, l, home)
	p, err := startProcess(home)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.terminate()
		if err := p.wait(15 * time.Second); err != nil {
			t.Error(err)
		}
	})
	joined.m.Centers, joined.centers = append(joined.m.Centers[:4:4], newcomer), append(joined.centers[:4:4], p)
	s := storyOf(t, &joined)
	await(t, t.Context(), "the newcomer follows the league", func() bool { return s.reaches(t.Context(), 4, 0) == nil })
	if ready, err := s.center(4).Ready(t.Context()); err != nil || ready.Ready {
		t.Errorf("a center that is not admitted says that it is ready: %+v, %v", ready, err)
	}
	propose(t, l, 0, "center.admit", "--descriptor", filepath.Join(home, "descriptor.json"))
	if err := joined.awaitReady(t.Context(), 4); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.submitDID(t.Context(), 4, newSigner(t, keys.EdDSA)); err != nil {
		t.Errorf("the newcomer takes no operations: %v", err)
	}
	propose(t, l, 1, "center.remove", "--center", newcomer.Name)
	m, err := s.center(0).Center(t.Context(), newcomer.Name)
	if err != nil || m.Status != "removed" || len(m.History) != 2 {
		t.Errorf("center after its removal: %+v, %v", m, err)
	}
}

// makeNewcomer makes the home of a center that is no member of the league, with hanse init and hanse genesis install.
func makeNewcomer(t *testing.T, l *league, home string) devCenter {
	t.Helper()
	ports, err := freePorts(4)
	if err != nil {
		t.Fatal(err)
	}
	pass := filepath.Join(l.opts.Home, "newcomer.pass")
	if err := generatePassphrase(pass); err != nil {
		t.Fatal(err)
	}
	command(t, "init", "--home", home, "--name", "newcomer", "--public-url", "http://"+ports[0], "--api", ports[0], "--p2p", ports[1], "--passphrase-file", pass)
	args := []string{"genesis", "install", filepath.Join(l.home(0), "config", "genesis.json"), "--home", home}
	for i := range l.m.Centers {
		args = append(args, "--peer", describedNow(t, l, i))
	}
	command(t, args...)
	cfg, _, err := loadConfig(home, nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Ledger.RPC, cfg.Ledger.Metrics = ports[2], ports[3]
	if err := writeConfig(home, cfg); err != nil {
		t.Fatal(err)
	}
	return devCenter{Name: "newcomer", API: "http://" + ports[0], Home: home}
}

// describedNow writes a center's descriptor with the address that it has in this run.
func describedNow(t *testing.T, l *league, i int) string {
	t.Helper()
	d, err := readDescriptor(l.home(i))
	if err != nil {
		t.Fatal(err)
	}
	d.P2P = l.m.Centers[i].P2P
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(l.opts.Home, d.Center.Name+".peer.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// propose lets center by propose something and the others of the first four vote until it is executed.
func propose(t *testing.T, l *league, by int, kind string, flags ...string) {
	t.Helper()
	out := command(t, append([]string{"center", "propose", kind, "--home", l.home(by), "-o", "json"}, flags...)...)
	proposal := client.Proposal{}
	if err := json.Unmarshal(out, &proposal); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	number := jsonText(proposal.Number)
	for i := range 4 {
		p, err := l.client(by).Proposal(t.Context(), proposal.Number)
		if err != nil {
			t.Fatal(err)
		}
		if p.State == "executed" {
			return
		}
		if i != by {
			command(t, "center", "vote", number, "yes", "--home", l.home(i), "--api", l.m.Centers[by].API)
		}
	}
	p, err := l.client(by).Proposal(t.Context(), proposal.Number)
	if err != nil || p.State != "executed" {
		t.Fatalf("proposal %s: %+v, %v", number, p, err)
	}
}

// command runs a command that must succeed and returns what it printed.
func command(t *testing.T, args ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	if code := run(args, nil, &out, testLog{t}); code != exitOK {
		t.Fatalf("%v: exit code %d\n%s", args, code, out.String())
	}
	return out.Bytes()
}
