package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/containerd/containerd/errdefs"
	"github.com/containerd/containerd/snapshots"
)

// fillOptions say which snapshots to make: those with numbers from From up to, not including, To.
type fillOptions struct {
	From int `json:"from"`
	To   int `json:"to"`
	// Groups is how many values the label `group` has, spread evenly; 0 for no such label.
	Groups int `json:"groups"`
}

// fillers is how many snapshots are made or removed at once where that is not what is measured.
const fillers = 64

func filledKey(prefix string, number int) string {
	return fmt.Sprintf("%s-%08d", prefix, number)
}

// fill makes many active snapshots.
func fill(ctx context.Context, d *daemon, c command) (interface{}, error) {
	return nil, forEach(c.From, c.To, func(number int) error {
		labels := map[string]string{}
		if c.Groups > 0 {
			labels["group"] = fmt.Sprintf("g%d", number%c.Groups)
		}
		_, err := d.Prepare(ctx, filledKey(c.Prefix, number), c.Parent, rooted(labels))
		return err
	})
}

// forEach runs a task for each number, several at a time, until one fails.
func forEach(from, to int, task func(number int) error) error {
	next := int64(from) - 1
	failures := make(chan error, fillers)
	var running sync.WaitGroup
	for i := 0; i < fillers; i++ {
		running.Add(1)
		go func() {
			defer running.Done()
			for number := int(atomic.AddInt64(&next, 1)); number < to; number = int(atomic.AddInt64(&next, 1)) {
				if err := task(number); err != nil {
					failures <- err
					atomic.StoreInt64(&next, int64(to))
					return
				}
			}
		}()
	}
	running.Wait()
	close(failures)
	return <-failures
}

// makeBase makes an empty layer as a base for others, unless it is there.
func makeBase(ctx context.Context, d *daemon, c command) (interface{}, error) {
	key := c.Name + "-active"
	if _, err := d.Prepare(ctx, key, "", rooted(nil)); err != nil {
		return nil, err
	}
	err := d.Commit(ctx, c.Name, key, rooted(nil))
	if errdefs.IsAlreadyExists(err) {
		err = d.Remove(ctx, key)
	}
	return nil, err
}

// clearNamespace removes every snapshot of the namespace, children before their parents, and waits for the clean-up.
func clearNamespace(ctx context.Context, d *daemon, c command) (interface{}, error) {
	for {
		leaves, err := childless(ctx, d)
		if err != nil {
			return nil, err
		}
		if len(leaves) == 0 {
			return collectGarbage(ctx, d, c)
		}
		if err := forEach(0, len(leaves), func(number int) error { return d.Remove(ctx, leaves[number]) }); err != nil {
			return nil, err
		}
	}
}

func childless(ctx context.Context, d *daemon) ([]string, error) {
	var names []string
	parents := map[string]bool{}
	err := d.Walk(ctx, func(_ context.Context, info snapshots.Info) error {
		names = append(names, info.Name)
		parents[info.Parent] = true
		return nil
	})
	var leaves []string
	for _, name := range names {
		if !parents[name] {
			leaves = append(leaves, name)
		}
	}
	return leaves, err
}
