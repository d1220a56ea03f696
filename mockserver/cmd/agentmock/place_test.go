package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// content is what a file has.
func content(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// A file that is written keeps its permissions, and leaves nothing beside it.
func TestPlaceKeepsPermissions(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	for _, permissions := range []os.FileMode{0o600, 0o644} {
		write(t, name, "old")
		if err := os.Chmod(name, permissions); err != nil {
			t.Fatal(err)
		}
		before, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if replaced, err := place(name, []byte("new"), 0o600, nil); !replaced || err != nil {
			t.Errorf("replaced: %v, %v", replaced, err)
		}
		after, err := os.Stat(name)
		if err != nil || after.Mode() != before.Mode() || content(t, name) != "new" {
			t.Errorf("%v %v: %s", err, after.Mode(), content(t, name))
		}
	}
	if left, _ := os.ReadDir(filepath.Dir(name)); len(left) != 1 {
		t.Errorf("there is %v", left)
	}
}

func TestOverwrite(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	for _, old := range []string{"", "old", "as long", "much longer than the new one"} {
		write(t, name, old)
		if err := overwrite(name, []byte("the new")); err != nil || content(t, name) != "the new" {
			t.Errorf("%q became %q: %v", old, content(t, name), err)
		}
	}
	if err := overwrite(name+"2", nil); !os.IsNotExist(err) {
		t.Errorf("a file that is not there: %v", err)
	}
}

// A name leads to a file over all kinds of links, also to one that is not
// there yet.
func TestResolve(t *testing.T) {
	directory, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	at := func(elements ...string) string { return filepath.Join(append([]string{directory}, elements...)...) }
	if err := os.MkdirAll(at("a", "b"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, at("a", "b", "file"), "")
	for name, target := range map[string]string{
		"to-file":     at("a", "b", "file"),
		"to-link":     "to-file",
		"to-dir":      at("a", "b"),
		"dangling":    "to-dir/../new", // a/new: what is above the target of to-dir
		"dangling2":   "dangling",
		"loop":        "loop",
		"into-no-dir": "none/file",
	} {
		if err := os.Symlink(target, at(name)); err != nil {
			t.Skip(err)
		}
	}
	for name, want := range map[string]string{
		"a/b/file":    at("a", "b", "file"),
		"new":         at("new"),
		"to-file":     at("a", "b", "file"),
		"to-link":     at("a", "b", "file"),
		"to-dir/file": at("a", "b", "file"),
		"to-dir/new":  at("a", "b", "new"),
		"dangling":    at("a", "new"),
		"dangling2":   at("a", "new"),
		"loop":        "",
		"into-no-dir": "",
		"to-dir":      "",
	} {
		got, err := resolve(filepath.Join(directory, filepath.FromSlash(name)))
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s is %q, want %q (%v)", name, got, want, err)
		}
	}
	t.Chdir(directory)
	if got, err := resolve("new"); filepath.Base(got) != "new" || err != nil {
		t.Errorf("a relative name: %q %v", got, err)
	}
}

// What is no file is refused before it is opened, by every flag that writes.
func TestNoFileToWrite(t *testing.T) {
	directory := t.TempDir()
	for name, says := range map[string]string{directory: "a directory", device(t): "a device"} {
		if name == "" {
			continue
		}
		for _, args := range [][]string{{"-state", name}, {"-port-file", name}, {"-tls", "-ca-out", name}} {
			out, _ := serving(t, args...).CombinedOutput()
			if text := string(out); !strings.Contains(text, args[len(args)-2]) || !strings.Contains(text, says+"; it must be a regular file") || strings.Count(text, "\n") != 1 {
				t.Errorf("%v: %s", args, out)
			}
		}
		if info, err := os.Stat(name); err != nil || info.Mode().IsRegular() {
			t.Fatalf("%s is gone", name)
		}
	}
}
