package main

import (
	"context"
	"sync"
	"time"
)

// burst makes snapshots, as many as there are callers, all at the same moment.
func burst(ctx context.Context, d *daemon, c command) (interface{}, error) {
	samples := make([]sample, c.Callers)
	failures := make(chan error, c.Callers)
	gate := make(chan struct{})
	var running sync.WaitGroup
	for number := range samples {
		running.Add(1)
		go func(number int) {
			defer running.Done()
			one := &caller{d: d, options: c.loopOptions, number: number}
			<-gate
			// All count from the same moment: waiting for one's turn is what this is about.
			if err := prepare(ctx, one); err != nil {
				failures <- err
			}
			samples[number].duration = time.Since(samples[number].start)
		}(number)
	}
	start := time.Now()
	for number := range samples {
		samples[number].start = start
	}
	close(gate)
	running.Wait()
	close(failures)
	return loopResult{summarize(samples), time.Since(start).Seconds()}, <-failures
}
