package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// checkRegular refuses what is there and is no regular file, also at the end
// of links: a pipe would have to be waited for, and a device would be replaced
// by a file.
func checkRegular(name string) error {
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	kind := "something else"
	switch mode := info.Mode(); {
	case mode.IsRegular():
		return nil
	case mode.IsDir():
		kind = "a directory"
	case mode&fs.ModeNamedPipe != 0:
		kind = "a pipe"
	case mode&fs.ModeDevice != 0:
		kind = "a device"
	case mode&fs.ModeSocket != 0:
		kind = "a socket"
	}
	return fmt.Errorf("%s is %s; it must be a regular file", name, kind)
}

// maxLinks is how many links in a row are followed.
const maxLinks = 40

// resolve follows links to the file that a name is for, which need not exist
// yet. It refuses what is no regular file.
func resolve(name string) (string, error) {
	if err := checkRegular(name); err != nil {
		return "", err
	}
	path := name
	for range maxLinks {
		if real, err := filepath.EvalSymlinks(path); !errors.Is(err, fs.ErrNotExist) {
			return real, err
		}
		directory, base := filepath.Split(path) // not Dir: a ".." after a link is the parent of where that leads
		directory, err := filepath.EvalSymlinks(cmp.Or(directory, "."))
		if err != nil {
			return "", err
		}
		path = filepath.Join(directory, base)
		target, err := os.Readlink(path)
		if err != nil {
			return path, nil // no link, and not there yet
		}
		if !filepath.IsAbs(target) {
			target = directory + string(filepath.Separator) + target
		}
		path = target
	}
	return "", fmt.Errorf("%s: too many links", name)
}

// writeFile puts data into a file, as place does. A link stays a link.
func writeFile(name string, data []byte, permissions os.FileMode) error {
	path, err := resolve(name)
	if err != nil {
		return err
	}
	_, err = place(path, data, permissions, nil)
	return err
}

// removeFile takes away a file that was written, or at least what is in it.
func removeFile(name string) error {
	path, err := resolve(name)
	if err != nil {
		return err
	}
	if err = os.Remove(path); err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return os.Truncate(path, 0)
}

// place puts data into a file. If it can it replaces the file, so that readers
// see either all of the old content or all of the new one, even after a crash;
// before is then called with the name of what is to take its place, and an
// error of it keeps the file from being replaced. Otherwise it writes in
// place. A file that exists keeps its permissions.
func place(path string, data []byte, permissions os.FileMode, before func(temporary string) error) (replaced bool, err error) {
	info, err := os.Stat(path)
	exists := err == nil
	if exists {
		permissions = info.Mode().Perm()
	}
	if exists && !isReplaceable(info) {
		return false, overwrite(path, data)
	}
	err = replace(path, data, permissions, before)
	if exists && errors.Is(err, errIrreplaceable) {
		return false, overwrite(path, data)
	}
	return err == nil, err
}

// errIrreplaceable is that no other file can take the place of one: the
// directory cannot be written, or something is mounted at the name.
var errIrreplaceable = errors.New("cannot be replaced")

func replace(path string, data []byte, permissions os.FileMode, before func(temporary string) error) (err error) {
	directory := filepath.Dir(path)
	temporary, err := os.CreateTemp(directory, "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("%w: %w", errIrreplaceable, err)
	}
	defer func() {
		if err != nil {
			temporary.Close()           //nolint:errcheck // the first error counts
			os.Remove(temporary.Name()) //nolint:errcheck // the first error counts
		}
	}()
	if _, err = temporary.Write(data); err != nil {
		return err
	}
	if err = temporary.Chmod(permissions); err != nil {
		return err
	}
	if err = temporary.Sync(); err != nil {
		return err
	}
	if err = temporary.Close(); err != nil {
		return err
	}
	if before != nil {
		if err = before(temporary.Name()); err != nil {
			return fmt.Errorf("%w: %w", errIrreplaceable, err)
		}
	}
	if err = os.Rename(temporary.Name(), path); err != nil {
		return fmt.Errorf("%w: %w", errIrreplaceable, err)
	}
	// The rename itself lives in the directory. Not every file system can
	// sync one, and the content is safe either way.
	if opened, openErr := os.Open(directory); openErr == nil {
		opened.Sync()  //nolint:errcheck // see above
		opened.Close() //nolint:errcheck // opened to read
	}
	return nil
}

// overwrite writes in place. What makes the file longer comes first, so that a
// full disk leaves the old content whole.
func overwrite(path string, data []byte) (err error) {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	length := info.Size()
	if length < int64(len(data)) {
		if _, err = file.WriteAt(data[length:], length); err == nil {
			err = file.Sync()
		}
		if err != nil {
			return errors.Join(err, file.Truncate(length))
		}
		data = data[:length]
	}
	if _, err = file.WriteAt(data, 0); err != nil {
		return err
	}
	if int64(len(data)) < length {
		if err = file.Truncate(int64(len(data))); err != nil {
			return err
		}
	}
	return file.Sync()
}
