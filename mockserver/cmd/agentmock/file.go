package main

import (
	"os"
	"path/filepath"
)

// writeFile puts data into a file so that readers see either all of the old
// content or all of the new one, even after a crash.
func writeFile(name string, data []byte, permissions os.FileMode) (err error) {
	temporary, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
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
	if err = os.Rename(temporary.Name(), name); err != nil {
		return err
	}
	// The rename itself lives in the directory. Not every file system can
	// sync one, and the content is safe either way.
	if directory, openErr := os.Open(filepath.Dir(name)); openErr == nil {
		directory.Sync()  //nolint:errcheck // see above
		directory.Close() //nolint:errcheck // opened to read
	}
	return nil
}
