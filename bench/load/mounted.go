package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/containerd/containerd/mount"
	"golang.org/x/sys/unix"
)

// content is what each written file holds: one block.
var content = make([]byte, 4096)

// writeRemove makes a snapshot, mounts it, writes one file into it, and takes it away again.
func writeRemove(ctx context.Context, c *caller) error {
	key := c.nextKey()
	if err := prepareWritten(ctx, c, key, 1); err != nil {
		return err
	}
	return c.d.Remove(ctx, key)
}

// writeCommitRemove makes a layer of ten files and takes it away again.
func writeCommitRemove(ctx context.Context, c *caller) error {
	key := c.nextKey()
	name := key + "-committed"
	if err := prepareWritten(ctx, c, key, 10); err != nil {
		return err
	}
	if err := c.d.Commit(ctx, name, key, rooted(nil)); err != nil {
		return err
	}
	return c.d.Remove(ctx, name)
}

func prepareWritten(ctx context.Context, c *caller, key string, files int) error {
	mounts, err := c.d.Prepare(ctx, key, c.options.Parent, rooted(nil))
	if err != nil {
		return err
	}
	point, err := c.mountPoint()
	if err != nil {
		return err
	}
	if err := mount.All(mounts, point); err != nil {
		return err
	}
	for number := 0; number < files && err == nil; number++ {
		err = os.WriteFile(filepath.Join(point, fmt.Sprintf("file-%d", number)), content, 0o644)
	}
	if failure := unix.Unmount(point, 0); err == nil {
		err = failure
	}
	return err
}

// mountPoint is the caller's own.
func (c *caller) mountPoint() (string, error) {
	point := filepath.Join(c.d.mountPoints, fmt.Sprint(c.number))
	return point, os.MkdirAll(point, 0o755)
}
