package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// mount mounts something for a test, which is skipped if it must not.
func mount(t *testing.T, source, target, kind string, flags uintptr, options string) {
	t.Helper()
	if err := syscall.Mount(source, target, kind, flags, options); err != nil {
		t.Skipf("mounting needs more rights: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(target, syscall.MNT_DETACH) })
}

// A file that is mounted by itself, as containers mount one, cannot be
// replaced. It is written in place, and one server has it by both names.
func TestStateFileThatIsMounted(t *testing.T) {
	directory := t.TempDir()
	name, mounted := filepath.Join(directory, "host.json"), filepath.Join(directory, "mounted.json")
	write(t, name, `{"version":1,"apis":{}}`)
	write(t, mounted, "")
	mount(t, name, mounted, "", syscall.MS_BIND, "")
	r := launch(t, "-apis", "orq", "-state", mounted, "-verbose")
	mustCreate(t, r, "front-desk")
	r.saved()
	if said := refused(t, serving(t, "-apis", "orq", "-state", name), 1); !strings.Contains(said, "another server is using it") {
		t.Error(said)
	}
	mustCreate(t, r, "night-desk")
	r.terminate()
	hasAgent(t, name, "front-desk")
	hasAgent(t, name, "night-desk")
	if left, _ := os.ReadDir(directory); len(left) != 2 {
		t.Errorf("there is %v", left)
	}
}

// A full disk costs the old content nothing, whether the file is replaced or
// written in place.
func TestFullDisk(t *testing.T) {
	directory := t.TempDir()
	mount(t, "none", directory, "tmpfs", 0, "size=64k")
	name := filepath.Join(directory, "file")
	write(t, name, "old")
	big := bytes.Repeat([]byte("x"), 128<<10)
	if _, err := place(name, big, 0o600, nil); err == nil || content(t, name) != "old" {
		t.Errorf("replaced: %v; it has %.20q", err, content(t, name))
	}
	if err := overwrite(name, big); err == nil || content(t, name) != "old" {
		t.Errorf("in place: %v; it has %.20q", err, content(t, name))
	}
	if left, _ := os.ReadDir(directory); len(left) != 1 {
		t.Errorf("there is %v", left)
	}
}

// A file system that cannot be written is found out at the start.
func TestReadOnlyFileSystem(t *testing.T) {
	directory := t.TempDir()
	write(t, filepath.Join(directory, "state.json"), `{"version":1,"apis":{}}`)
	mount(t, directory, directory, "", syscall.MS_BIND, "")
	mount(t, "none", directory, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, "")
	for _, name := range []string{"state.json", "new.json"} {
		if said := refused(t, serving(t, "-apis", "orq", "-state", filepath.Join(directory, name)), 2); !strings.Contains(said, "read-only") {
			t.Error(said)
		}
	}
}
