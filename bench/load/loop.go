package main

import (
	"context"
	"fmt"
	"math/rand"
	"sync"
	"time"
)

// loopOptions say what a number of callers does again and again.
type loopOptions struct {
	Operation string `json:"operation"`
	Callers   int    `json:"callers"`
	// Connections is how many the callers share evenly; one when it is 0.
	Connections int     `json:"connections"`
	Seconds     float64 `json:"seconds"`
	// Prefix is that of the keys that are made, or were made by fill.
	Prefix string `json:"prefix"`
	// Parent of what is made; empty for none.
	Parent string `json:"parent"`
	// Keys is how many snapshots there are to ask about.
	Keys int `json:"keys"`
	// Filters of a list, and how many snapshots it has to find.
	Filters []string `json:"filters"`
	Expect  int      `json:"expect"`
}

type loopResult struct {
	summary
	Seconds float64 `json:"seconds"`
}

// loop lets the callers call for a while.
func loop(ctx context.Context, d *daemon, c command) (interface{}, error) {
	until := time.Now().Add(time.Duration(c.Seconds * float64(time.Second)))
	start := time.Now()
	samples, err := callInTurn(ctx, d, c.loopOptions, func() bool { return time.Now().Before(until) })
	if err != nil {
		return nil, err
	}
	return loopResult{summarize(samples), time.Since(start).Seconds()}, nil
}

// callInTurn starts the callers and waits until all have stopped, which they do when there is no more to do, or when a
// call fails: a measurement with failures is none.
func callInTurn(ctx context.Context, d *daemon, options loopOptions, more func() bool) ([]sample, error) {
	operate, ok := operations[options.Operation]
	if !ok {
		return nil, fmt.Errorf("no operation is called %q", options.Operation)
	}
	connections, err := d.connections(options.Connections)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	perCaller := make([][]sample, options.Callers)
	failures := make(chan error, options.Callers)
	var running sync.WaitGroup
	for number := 0; number < options.Callers; number++ {
		running.Add(1)
		go func(number int) {
			defer running.Done()
			c := &caller{
				d:       connections[number%len(connections)],
				options: options,
				number:  number,
				random:  rand.New(rand.NewSource(int64(number))),
			}
			for more() && ctx.Err() == nil {
				start := time.Now()
				if err := operate(ctx, c); err != nil {
					failures <- err
					stop()
					return
				}
				perCaller[number] = append(perCaller[number], sample{start, time.Since(start)})
			}
		}(number)
	}
	running.Wait()
	select {
	case err := <-failures:
		return nil, fmt.Errorf("%s: %w", options.Operation, err)
	default:
		return flatten(perCaller), nil
	}
}

func flatten(perCaller [][]sample) []sample {
	var all []sample
	for _, samples := range perCaller {
		all = append(all, samples...)
	}
	return all
}
