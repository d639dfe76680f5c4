package main

import (
	"context"
	"sync/atomic"
	"time"
)

// usageResult is how long measuring a snapshot took, and what another client felt of it.
type usageResult struct {
	Usage summary `json:"usage"`
	// Stat is of the calls of another connection meanwhile.
	Stat summary `json:"stat"`
}

// measureUsage asks for the usage of a snapshot, one call after the other for some seconds but at least three, while
// another client, on a connection of its own, asks small questions without pause.
func measureUsage(ctx context.Context, d *daemon, c command) (interface{}, error) {
	other, err := dial(d.address)
	if err != nil {
		return nil, err
	}
	questions := c.loopOptions
	questions.Operation = "stat"
	questions.Callers = 1
	var over int32
	type answers struct {
		samples []sample
		err     error
	}
	asked := make(chan answers, 1)
	go func() {
		samples, err := callInTurn(ctx, other, questions, func() bool { return atomic.LoadInt32(&over) == 0 })
		asked <- answers{samples, err}
	}()
	usages, err := repeatUsage(ctx, d, c)
	atomic.StoreInt32(&over, 1)
	stats := <-asked
	if err == nil {
		err = stats.err
	}
	if err != nil {
		return nil, err
	}
	return usageResult{summarize(usages), summarize(stats.samples)}, nil
}

func repeatUsage(ctx context.Context, d *daemon, c command) ([]sample, error) {
	until := time.Now().Add(time.Duration(c.Seconds * float64(time.Second)))
	var samples []sample
	for len(samples) < 3 || time.Now().Before(until) {
		start := time.Now()
		if _, err := d.Usage(ctx, c.Key); err != nil {
			return nil, err
		}
		samples = append(samples, sample{start, time.Since(start)})
	}
	return samples, nil
}
