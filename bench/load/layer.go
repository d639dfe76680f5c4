package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/containerd/containerd/mount"
)

const filesPerDirectory = 1000

// makeLayer prepares a snapshot and puts files into it, past the mount, straight into the directory that takes the
// changes: the daemon sees the same, and it is quick.
func makeLayer(ctx context.Context, d *daemon, c command) (interface{}, error) {
	mounts, err := d.Prepare(ctx, c.Key, c.Parent, rooted(nil))
	if err != nil {
		return nil, err
	}
	upper, err := upperDirectory(mounts)
	if err != nil {
		return nil, err
	}
	directories := (c.Files + filesPerDirectory - 1) / filesPerDirectory
	return nil, forEach(0, directories, func(number int) error {
		files := c.Files - number*filesPerDirectory
		if files > filesPerDirectory {
			files = filesPerDirectory
		}
		return makeFiles(filepath.Join(upper, fmt.Sprintf("directory-%d", number)), files)
	})
}

func makeFiles(directory string, count int) error {
	if err := os.Mkdir(directory, 0o755); err != nil {
		return err
	}
	for number := 0; number < count; number++ {
		file, err := os.OpenFile(filepath.Join(directory, fmt.Sprintf("file-%d", number)), os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		if err := file.Close(); err != nil {
			return err
		}
	}
	return nil
}

// upperDirectory is where the changes of an active snapshot go.
func upperDirectory(mounts []mount.Mount) (string, error) {
	for _, m := range mounts {
		if m.Type == "bind" {
			return m.Source, nil
		}
		for _, option := range m.Options {
			if strings.HasPrefix(option, "upperdir=") {
				return strings.TrimPrefix(option, "upperdir="), nil
			}
		}
	}
	return "", fmt.Errorf("no directory takes changes in %v", mounts)
}

func commitKey(ctx context.Context, d *daemon, c command) (interface{}, error) {
	return nil, d.Commit(ctx, c.Name, c.Key, rooted(nil))
}
