package main

import (
	"sort"
	"time"
)

// sample is one operation of a caller.
type sample struct {
	start    time.Time
	duration time.Duration
}

func (s sample) end() time.Time {
	return s.start.Add(s.duration)
}

// summary says how long operations took, in milliseconds.
type summary struct {
	Operations int     `json:"operations"`
	P50        float64 `json:"p50"`
	P99        float64 `json:"p99"`
	Worst      float64 `json:"worst"`
}

func summarize(samples []sample) summary {
	durations := make([]time.Duration, len(samples))
	for i, each := range samples {
		durations[i] = each.duration
	}
	sort.Slice(durations, func(a, b int) bool { return durations[a] < durations[b] })
	return summary{
		Operations: len(durations),
		P50:        rank(durations, 50),
		P99:        rank(durations, 99),
		Worst:      rank(durations, 100),
	}
}

// rank is the duration that so many percent of all do not exceed; 0 when there are none.
func rank(sorted []time.Duration, percent int) float64 {
	if len(sorted) == 0 {
		return 0
	}
	position := (len(sorted)*percent + 99) / 100
	return milliseconds(sorted[position-1])
}

func milliseconds(d time.Duration) float64 {
	return float64(d) / float64(time.Millisecond)
}
