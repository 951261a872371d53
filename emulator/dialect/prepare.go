package dialect

import "github.com/e6data/e6data-go/internal/sqltext"

// prepare finds the operands that are written in another way because of an operator
// that follows them.
func (r *rewriter) prepare() {
	if !r.looksBack {
		return
	}
	for i := 0; i < len(r.toks) && r.err == nil; i++ {
		t := &r.toks[i]
		switch {
		case t.word == kInterval:
			r.findInterval(i)
		case t.word == kCollate && r.operandEnd(i-1):
			r.around(span{r.primaryStart(i - 1), i}, "lower(", insert{text: ")"})
		case t.op == ':' && !t.inList && r.operandEnd(i-1):
			i = r.findPath(i) - 1
		case t.word == kLike && (r.is(i+1, kSome) || r.is(i+1, kAny)) && r.isOp(i+2, '('):
			last := i - 1
			if r.is(last, kNot) {
				last--
			}
			if r.operandEnd(last) {
				s := span{r.sumStart(last), int(r.toks[i+2].pair) + 1}
				r.around(s, "(", insert{text: ")"})
			}
		}
	}
	for i := range r.toks {
		if r.toks[i].word == kInterval && r.err == nil {
			r.findSum(i)
		}
	}
}

// intervalEnd returns the token behind the interval that begins with token i, and its
// unit. ok is false if no interval begins there.
func (r *rewriter) intervalEnd(i int) (end int, unit string, ok bool) {
	switch {
	case r.isKind(i+1, sqltext.KindText):
		if unit, ok = r.unit(span{i + 2, min(i+3, len(r.toks))}); ok && r.isKind(i+2, sqltext.KindWord) {
			return i + 3, unit, true
		}
		_, unit, ok = splitInterval(unquote(r.text(i + 1)))
		return i + 2, unit, ok
	case r.isKind(i+1, sqltext.KindNumber), r.isKind(i+1, sqltext.KindPositional), r.isKind(i+1, sqltext.KindWord) && r.toks[i+1].word == 0:
		end = i + 2
	case r.isOp(i+1, '-') && r.isKind(i+2, sqltext.KindNumber):
		end = i + 3
	case r.isOp(i+1, '('):
		end = int(r.toks[i+1].pair) + 1
	default:
		return 0, "", false
	}
	if end >= len(r.toks) {
		return 0, "", false
	}
	unit, ok = r.unit(span{end, end + 1})
	return end + 1, unit, ok
}

// findInterval links the last token of an interval to its first.
func (r *rewriter) findInterval(i int) {
	if end, _, ok := r.intervalEnd(i); ok {
		r.toks[end-1].head = int32(i)
	}
}

// findSum casts the sum of an operand and intervals back to the operand's type, since
// DuckDB adds an interval to a DATE as a TIMESTAMP. The first interval of a sum does it.
func (r *rewriter) findSum(i int) {
	if !r.isOp(i-1, '+') && !r.isOp(i-1, '-') || !r.operandEnd(i-2) {
		return
	}
	start := r.sumStart(i - 2)
	if r.summed[start] || r.is(start, kInterval) {
		return
	}
	if r.summed == nil {
		r.summed = map[int]bool{}
	}
	r.summed[start] = true
	end := i
	for {
		next, unit, ok := r.intervalEnd(end)
		if !ok {
			return
		}
		if unit == "week" || unit == "quarter" {
			r.fail(end, "an interval of a %s cannot be added: the engine refuses it", unit)
			return
		}
		if fine(unit) {
			return
		}
		if !r.isOp(next, '+') && !r.isOp(next, '-') || !r.is(next+1, kInterval) {
			end = next
			break
		}
		end = next + 1
	}
	base := span{start, i - 1}
	switch r.typeOf(base) {
	case typDate:
		r.around(span{start, end}, "CAST(", insert{text: " AS DATE)"})
	case typUnknown:
		r.around(span{start, end}, "cast_to_type(", insert{text: ", ", operand: base, tail: ")"})
	}
}

// findPath makes v:a.b a call: of json_extract_string where a cast follows. It returns
// the token behind the path.
func (r *rewriter) findPath(i int) int {
	_, end, ok := r.pathOf(i)
	if !ok {
		return max(end, i+1) // path reports it
	}
	function := "json_extract("
	if r.isOperator(end, "::") {
		function = "json_extract_string("
	}
	r.around(span{r.primaryStart(i - 1), end}, function, insert{})
	return end
}
