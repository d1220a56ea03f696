//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// refused runs a program that must not start, and returns what it says.
func refused(t *testing.T, cmd *exec.Cmd, code int) string {
	t.Helper()
	out, _ := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != code || strings.Count(string(out), "\n") != 1 {
		t.Errorf("%v: exit code %d, want %d and one line: %s", cmd.Args[1:], got, code, out)
	}
	return string(out)
}

// A state file behind a link is written where the link leads, however the link
// leads there and whether the file is there already.
func TestStateFileBehindLink(t *testing.T) {
	directory := t.TempDir()
	real, link := filepath.Join(directory, "data", "state.json"), filepath.Join(directory, "link.json")
	if err := os.Mkdir(filepath.Dir(real), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join("data", "state.json"), link); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"first", "second"} {
		r := launch(t, "-apis", "orq", "-state", link)
		mustCreate(t, r, key)
		r.terminate()
		if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Fatalf("the link is now %v %v", info, err)
		}
		hasAgent(t, real, key)
	}
	hasAgent(t, real, "first")
}

// One server at a time has a state file, by whatever name, also after it has
// been written many times.
func TestOneOwnerByWhateverName(t *testing.T) {
	directory := t.TempDir()
	name, symbolic, hard := filepath.Join(directory, "state.json"), filepath.Join(directory, "link.json"), filepath.Join(directory, "hard.json")
	if err := os.Symlink(name, symbolic); err != nil {
		t.Fatal(err)
	}
	write(t, name, `{"version":1,"apis":{}}`)
	for _, withHard := range []bool{false, true} {
		names := []string{name, symbolic}
		if withHard {
			if err := os.Link(name, hard); err != nil {
				t.Skip(err)
			}
			names = append(names, hard)
		}
		for i, own := range names {
			r := launch(t, "-apis", "orq", "-state", own, "-verbose")
			for save := range 2 {
				for _, other := range names {
					if said := refused(t, serving(t, "-apis", "orq", "-state", other), 1); !strings.Contains(said, "another server is using it") {
						t.Errorf("%s while another has %s: %s", other, own, said)
					}
				}
				if save == 0 {
					mustCreate(t, r, "k"+strings.Repeat("x", i)+strings.Repeat("y", len(names)))
					r.saved()
				}
			}
			r.terminate()
		}
		if withHard && content(t, name) != content(t, hard) {
			t.Error("one name has another content than the other")
		}
	}
	if left, _ := filepath.Glob(filepath.Join(directory, "*")); len(left) != 3 {
		t.Errorf("there is %v", left)
	}
}

// saved waits until the program, which is -verbose, has written its state.
func (r *running) saved() {
	r.t.Helper()
	r.stderr.next(r.t, "the state was saved")
}

// nobody is a user who owns nothing.
const nobody = 65534

// unprivileged lets a program run without the right to write everywhere.
func unprivileged(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		for directory := filepath.Dir(cmd.Path); directory != filepath.Dir(os.TempDir()) && directory != os.TempDir(); directory = filepath.Dir(directory) {
			if err := os.Chmod(directory, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// openDirectory is a directory that every user can get into.
func openDirectory(t *testing.T) string {
	t.Helper()
	directory, err := os.MkdirTemp("", "agentmock-state")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		os.Chmod(directory, 0o700)
		os.RemoveAll(directory)
	})
	if err := os.Chmod(directory, 0o755); err != nil {
		t.Fatal(err)
	}
	return directory
}

// In a directory that cannot be written a file that can be is written in
// place; one that cannot be, or is not there, is refused at the start.
func TestStateFileInDirectoryThatCannotBeWritten(t *testing.T) {
	directory := openDirectory(t)
	name := filepath.Join(directory, "state.json")
	write(t, name, `{"version":1,"apis":{}}`)
	if err := os.Chmod(name, 0o666); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		if err := os.Chown(name, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(directory, 0o555); err != nil {
		t.Fatal(err)
	}
	cmd := serving(t, "-apis", "orq", "-state", name)
	unprivileged(t, cmd)
	r := begin(t, cmd)
	mustCreate(t, r, "front-desk")
	other := serving(t, "-apis", "orq", "-state", name)
	unprivileged(t, other)
	refused(t, other, 1)
	r.terminate()
	hasAgent(t, name, "front-desk")

	for _, path := range []string{filepath.Join(directory, "new.json"), filepath.Join(directory, "none", "state.json"), name} {
		if path == name {
			if err := os.Chmod(name, 0o444); err != nil {
				t.Fatal(err)
			}
		}
		cmd := serving(t, "-apis", "orq", "-state", path)
		unprivileged(t, cmd)
		if said := refused(t, cmd, 2); !strings.Contains(said, "-state") || !strings.Contains(said, strings.TrimSuffix(path, "/state.json")) {
			t.Errorf("%s: %s", path, said)
		}
	}
}

// A pipe is refused at the start instead of waited for.
func TestStateFileThatIsAPipe(t *testing.T) {
	name := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Skip(err)
	}
	for _, flag := range []string{"-state", "-port-file"} {
		if said := refused(t, serving(t, flag, name), 2); !strings.Contains(said, "is a pipe; it must be a regular file") {
			t.Errorf("%s: %s", flag, said)
		}
	}
}

// The file keeps its permissions, which somebody gave it on purpose.
func TestStateFileKeepsPermissions(t *testing.T) {
	name := filepath.Join(t.TempDir(), "state.json")
	write(t, name, `{"version":1,"apis":{}}`)
	if err := os.Chmod(name, 0o640); err != nil {
		t.Fatal(err)
	}
	r := launch(t, "-apis", "orq", "-state", name)
	mustCreate(t, r, "front-desk")
	r.terminate()
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

// The file of another stays theirs, although root could replace it.
func TestStateFileKeepsItsOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can write the file of another")
	}
	name := filepath.Join(t.TempDir(), "state.json")
	write(t, name, `{"version":1,"apis":{}}`)
	if err := os.Chown(name, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	r := launch(t, "-apis", "orq", "-state", name)
	mustCreate(t, r, "front-desk")
	r.terminate()
	hasAgent(t, name, "front-desk")
	if info, err := os.Stat(name); err != nil || info.Sys().(*syscall.Stat_t).Uid != nobody {
		t.Errorf("%+v %v", info.Sys(), err)
	}
}

// A port file that is a link stays one, and what it had goes at the end.
func TestPortFileBehindLink(t *testing.T) {
	directory := t.TempDir()
	link := filepath.Join(directory, "link")
	if err := os.Symlink("port", link); err != nil {
		t.Fatal(err)
	}
	r := launch(t, "-port-file", link)
	if text := content(t, filepath.Join(directory, "port")); !strings.HasSuffix(r.ready.URL, ":"+strings.TrimSpace(text)) {
		t.Errorf("it has %q", text)
	}
	r.terminate()
	if _, err := os.Lstat(link); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(link); !os.IsNotExist(err) {
		t.Errorf("the port is still there: %v", err)
	}
}
