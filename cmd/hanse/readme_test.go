package main

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestReadmeExample runs the worked example of the README as it stands there, but for ports, folders, and the build.
func TestReadmeExample(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a league of processes")
	}
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, found := strings.Cut(string(text), "## A worked example")
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(example, -1)
	if !found || len(blocks) != 4 {
		t.Fatalf("the worked example has %d blocks of commands, want 4", len(blocks))
	}
	dir := exampleDir(t)
	api, err := freeRange(4)
	if err != nil {
		t.Fatal(err)
	}
	adapt := adapter(t, dir, api)

	dev := strings.Fields(adapt.Replace(blocks[0][1]))
	stop := startDev(t, dir, append(dev[1:], "--api", api)) // dev[0] is ./hanse
	defer stop()

	commands := adapt.Replace(blocks[1][1]) + "\nset +e\n" + adapt.Replace(blocks[2][1]) + "\necho last exit code: $?\nset -e\n" + adapt.Replace(blocks[3][1])
	script := exec.CommandContext(t.Context(), "sh", "-euxc", commands)
	script.Dir = dir
	script.Env = append(os.Environ(), "HANSE_API=http://"+api)
	out, err := script.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"held    true", "accreditation  pass", "accept", "reject", "last exit code: 3"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the example does not print %q:\n%s", want, out)
		}
	}
	saysWhatIsLeft(t, dir, string(text))
}

// saysWhatIsLeft looks for files of the example that the README does not tell to delete.
func saysWhatIsLeft(t *testing.T, dir, readme string) {
	t.Helper()
	_, left, found := strings.Cut(readme, "\nIt leaves ")
	left, _, ended := strings.Cut(left, "delete them")
	if !found || !ended {
		t.Fatal("the README does not say what the example leaves")
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if name := file.Name(); name != "cmd" && !strings.Contains(left, "`"+name+"`") && !strings.Contains(left, "`"+name+"/`") && !strings.Contains(left, "/"+name+"`") {
			t.Errorf("the README does not say that the example leaves %s", name)
		}
	}
}

// exampleDir is a folder in which this binary is ./hanse, and the repository's cmd folder is where the README has it.
func exampleDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd, err := filepath.Abs("../../cmd")
	if err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"hanse": self, "cmd": cmd} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// adapter replaces what a test must not use as it stands: fixed ports and folders, and a second build.
func adapter(t *testing.T, dir, api string) *strings.Replacer {
	t.Helper()
	_, port, _ := net.SplitHostPort(api)
	first, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	pairs := []string{"go run ./cmd/hanse", "./hanse", "go build -o hanse ./cmd/hanse\n", "", "/tmp/league", filepath.Join(dir, "league")}
	for i := range 4 {
		pairs = append(pairs, strconv.Itoa(7080+i), strconv.Itoa(first+i))
	}
	return strings.NewReplacer(pairs...)
}

// startDev runs `hanse dev` until the returned function is called, which ends it as Ctrl-C does.
func startDev(t *testing.T, dir string, args []string) (stop func()) {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), filepath.Join(dir, "hanse"), args...)
	cmd.Args[0] = "hanse"
	cmd.Dir = dir
	var out strings.Builder
	cmd.Stderr = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	stop = func() {
		_ = cmd.Process.Signal(os.Interrupt)
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("dev ended with %v:\n%s", err, out.String())
			}
		case <-time.After(time.Minute):
			_ = cmd.Process.Kill()
			t.Error("dev does not end when interrupted")
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	await(t, ctx, "dev.json says ready", func() bool {
		data, err := os.ReadFile(filepath.Join(dir, "league", "dev.json"))
		return err == nil && strings.Contains(string(data), `"ready": true`)
	})
	return stop
}
