package main

import (
	"context"
	"fmt"
	"math/rand"

	"github.com/containerd/containerd/snapshots"
)

// caller is one of those who call at the same time. It waits for the answer to each call before the next.
type caller struct {
	d       *daemon
	options loopOptions
	// number and round make its keys its own.
	number int
	round  int
	random *rand.Rand
}

func (c *caller) nextKey() string {
	c.round++
	return fmt.Sprintf("%s-%d-%d", c.options.Prefix, c.number, c.round)
}

// filledKey is one of those that `fill` made.
func (c *caller) filledKey() string {
	return filledKey(c.options.Prefix, c.random.Intn(c.options.Keys))
}

type operation func(ctx context.Context, c *caller) error

var operations = map[string]operation{
	"prepare":             prepare,
	"prepare-remove":      prepareRemove,
	"write-remove":        writeRemove,
	"write-commit-remove": writeCommitRemove,
	"stat":                stat,
	"mounts":              mounts,
	"list":                list,
}

// rooted keeps containerd from collecting a snapshot that nothing refers to.
func rooted(more map[string]string) snapshots.Opt {
	labels := map[string]string{"containerd.io/gc.root": "benchmark"}
	for key, value := range more {
		labels[key] = value
	}
	return snapshots.WithLabels(labels)
}

func prepare(ctx context.Context, c *caller) error {
	_, err := c.d.Prepare(ctx, c.nextKey(), c.options.Parent, rooted(nil))
	return err
}

func prepareRemove(ctx context.Context, c *caller) error {
	key := c.nextKey()
	if _, err := c.d.Prepare(ctx, key, c.options.Parent, rooted(nil)); err != nil {
		return err
	}
	return c.d.Remove(ctx, key)
}

func stat(ctx context.Context, c *caller) error {
	_, err := c.d.Stat(ctx, c.filledKey())
	return err
}

func mounts(ctx context.Context, c *caller) error {
	_, err := c.d.Mounts(ctx, c.filledKey())
	return err
}

func list(ctx context.Context, c *caller) error {
	found := 0
	err := c.d.Walk(ctx, func(context.Context, snapshots.Info) error {
		found++
		return nil
	}, c.options.Filters...)
	if err == nil && found != c.options.Expect {
		err = fmt.Errorf("found %d snapshots, want %d", found, c.options.Expect)
	}
	return err
}
