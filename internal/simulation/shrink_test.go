package simulation

import (
	"slices"
)

// shrink returns the smallest schedule that it finds by removing parts of s, as long
// as fails returns true. It removes statements and events, many at a time and then one
// by one, and resets fields to their zero values.
func shrink(s *schedule, fails func(*schedule) bool) *schedule {
	for {
		smaller := *s
		smaller.Events = reduce(smaller.Events, func(e []event) bool { return fails(smaller.with(smaller.Ops, e)) })
		smaller.Ops = reduce(smaller.Ops, func(o []op) bool { return fails(smaller.with(o, smaller.Events)) })
		for _, simpler := range simplifications {
			try := smaller.with(smaller.Ops, smaller.Events)
			if simpler(try); try.String() != smaller.String() && fails(try) {
				smaller = *try
			}
		}
		smaller.simplifyParts(fails)
		if smaller.String() == s.String() {
			return s
		}
		s = &smaller
	}
}

// with returns a copy of s with other statements and events.
func (s *schedule) with(ops []op, events []event) *schedule {
	c := *s
	c.Ops, c.Events = slices.Clone(ops), slices.Clone(events)
	return &c
}

// reduce returns the part of list that is left when no part can be removed. It tries
// halves first, and then smaller and smaller parts: delta debugging.
func reduce[T any](list []T, fails func([]T) bool) []T {
	for size := max(len(list)/2, 1); size >= 1 && len(list) > 0; {
		removed := false
		for from := 0; from < len(list); {
			rest := slices.Concat(list[:from], list[min(from+size, len(list)):])
			if fails(rest) {
				list, removed = rest, true
			} else {
				from += size
			}
		}
		if size == 1 && !removed {
			break
		}
		size = max(size/2, 1)
	}
	return list
}

// simplifications change the configuration to a plainer one.
var simplifications = []func(*schedule){
	func(s *schedule) { s.Setup.Rotate = false },
	func(s *schedule) { s.Setup.Catalog = false },
	func(s *schedule) { s.Setup.QueryTimeout = 0 },
	func(s *schedule) { s.Setup.Prefetch = false },
	func(s *schedule) { s.Setup.EngineV2 = false },
	func(s *schedule) { s.Setup.V2 = "" },
	func(s *schedule) { s.Setup.TTL = 0 },
	func(s *schedule) { s.Setup.Attempts = 5 },
	func(s *schedule) { s.Setup.Green = false },
}

// partSimplifications change a statement or an event to a plainer one.
var (
	opSimplifications = []func(*op){
		func(o *op) { o.Timeout = 0 },
		func(o *op) { o.Think = 0 },
		func(o *op) { o.Read = 0 },
		func(o *op) { o.Empty = false },
		func(o *op) { o.Unknown = false },
		func(o *op) { o.Rows, o.Batch = min(o.Rows, 1), min(o.Batch, 1) },
		func(o *op) { o.Batch = min(o.Batch, 1) },
	}
	eventSimplifications = []func(*event){
		func(e *event) { e.Count = min(e.Count, 1) },
		func(e *event) { e.Strict = false },
	}
)

// simplifyParts simplifies each statement and event.
func (s *schedule) simplifyParts(fails func(*schedule) bool) {
	for i := range s.Ops {
		for _, simpler := range opSimplifications {
			try := s.with(s.Ops, s.Events)
			if simpler(&try.Ops[i]); try.Ops[i] != s.Ops[i] && fails(try) {
				s.Ops = try.Ops
			}
		}
	}
	for i := range s.Events {
		for _, simpler := range eventSimplifications {
			try := s.with(s.Ops, s.Events)
			if simpler(&try.Events[i]); try.Events[i] != s.Events[i] && fails(try) {
				s.Events = try.Events
			}
		}
	}
}
