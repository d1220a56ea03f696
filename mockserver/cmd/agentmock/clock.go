package main

import (
	"errors"
	"time"
)

// The years between which a clock can stand. APIs write times with four
// digits for the year, and JSON knows no others.
const (
	firstYear = 1970
	lastYear  = 9999
)

// isDatable reports whether a clock can stand at a time.
func isDatable(t time.Time) bool {
	year := t.UTC().Year()
	return year >= firstYear && year <= lastYear
}

// setClock reads -clock.
func (s *settings) setClock(value string) error {
	at, err := time.Parse(time.RFC3339Nano, value)
	if err != nil || !isDatable(at) {
		return errors.New("must be a time of the years 1970 to 9999, such as 2026-01-01T00:00:00Z")
	}
	s.clock = at
	return nil
}

// checkClock finds what is wrong between -clock and -clock-step.
func (s *settings) checkClock() error {
	switch {
	case s.clockStep != 0 && s.clock.IsZero():
		return errors.New("-clock-step moves a clock that -clock sets: give -clock, too")
	case s.clockStep != 0 && !isDatable(s.clock.Add(s.clockStep)):
		return errors.New("-clock-step moves the clock beyond the year 9999 with the second request: give a shorter one, or an earlier -clock")
	}
	return nil
}
