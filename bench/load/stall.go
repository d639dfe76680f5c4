package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"
)

// stallOptions say which slow thing happens to one snapshot while others are worked on.
type stallOptions struct {
	Event string `json:"event"`
}

// stallResult compares the calls that had to do with a slow event and those before it.
type stallResult struct {
	// Quiet is of the calls that had ended when the event began.
	Quiet summary `json:"quiet"`
	// During is of the calls that were under way at some time of the event.
	During summary `json:"during"`
	// Seconds is how long the event took.
	Seconds float64 `json:"seconds"`
}

type event func(ctx context.Context, d *daemon, c command) error

var events = map[string]event{"commit": commitEvent, "remove": removeEvent}

func commitEvent(ctx context.Context, d *daemon, c command) error {
	return d.Commit(ctx, c.Name, c.Key, rooted(nil))
}

// removeEvent ends when the files are gone. containerd deletes them when it collects garbage.
func removeEvent(ctx context.Context, d *daemon, c command) error {
	mounts, err := d.Mounts(ctx, c.Key)
	if err != nil {
		return err
	}
	upper, err := upperDirectory(mounts)
	if err != nil {
		return err
	}
	if err := d.Remove(ctx, c.Key); err != nil {
		return err
	}
	if _, err := collectGarbage(ctx, d, c); err != nil {
		return err
	}
	for {
		if _, err := os.Lstat(filepath.Dir(upper)); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// stall runs a loop, lets the event happen in the middle of it, and stops when the event is over. The loop's seconds are
// those before the event.
func stall(ctx context.Context, d *daemon, c command) (interface{}, error) {
	happen, ok := events[c.Event]
	if !ok {
		return nil, fmt.Errorf("no event is called %q", c.Event)
	}
	var over int32
	var begin, end time.Time
	happened := make(chan error, 1)
	go func() {
		defer atomic.StoreInt32(&over, 1)
		time.Sleep(time.Duration(c.Seconds * float64(time.Second)))
		begin = time.Now()
		err := happen(ctx, d, c)
		end = time.Now()
		happened <- err
	}()
	samples, err := callInTurn(ctx, d, c.loopOptions, func() bool { return atomic.LoadInt32(&over) == 0 })
	if failure := <-happened; failure != nil {
		return nil, fmt.Errorf("%s: %w", c.Event, failure)
	}
	if err != nil {
		return nil, err
	}
	quiet := filter(samples, func(s sample) bool { return s.end().Before(begin) })
	during := filter(samples, func(s sample) bool { return s.end().After(begin) && s.start.Before(end) })
	return stallResult{summarize(quiet), summarize(during), end.Sub(begin).Seconds()}, nil
}

func filter(samples []sample, wanted func(sample) bool) []sample {
	var found []sample
	for _, each := range samples {
		if wanted(each) {
			found = append(found, each)
		}
	}
	return found
}
