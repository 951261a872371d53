package thriftrows

// Strings returns a STRING, ARRAY, MAP or STRUCT column. The strings of a batch
// share one allocation: use [strings.Clone] to keep a few of them for long.
func (c *BatchColumn) Strings() (values []string, nulls Nulls, err error) {
	c.strs, nulls, err = c.AppendStrings(c.strs[:0])
	return c.strs, nulls, err
}

// AppendStrings appends the values of Strings to dst.
func (c *BatchColumn) AppendStrings(dst []string) ([]string, Nulls, error) {
	b, v := c.batch, c.v
	switch {
	case v.kind == nullKind:
		whole, _ := extend(dst, b.NumRows())
		return whole, c.Nulls(), nil
	case v.kind != textKind:
		return dst, Nulls{}, c.mismatch("texts")
	}
	whole, add := extend(dst, b.NumRows())
	if v.constant {
		fill(add, string(v.list.text(0)))
		return whole, c.Nulls(), nil
	}
	first, last := v.list.span(b.from, b.to)
	split(add, string(v.list.data[first:last]), &v.list, b.from, first)
	return whole, c.Nulls(), nil
}

// split sets dst to the text elements of l, starting at row. arena is a copy of
// l's data, starting at base.
func split(dst []string, arena string, l *list, row, base int) {
	if len(l.offs) == 0 {
		stride := l.stride
		for i := range dst {
			dst[i] = arena[4:stride]
			arena = arena[stride:]
		}
		return
	}
	begin := 0
	ends := l.offs[row+1:][:len(dst)]
	for i, end := range ends {
		end := int(end) - base
		dst[i] = arena[begin+4 : end]
		begin = end
	}
}

// Bytes returns a BINARY column, or a column of a type that Strings accepts,
// without copying. The elements are parts of the chunk. They must not be
// changed, and are valid until the batch's next call of Next or Reset.
func (c *BatchColumn) Bytes() (values [][]byte, nulls Nulls, err error) {
	b, v := c.batch, c.v
	var add [][]byte
	c.raw, add = extend(c.raw[:0], b.NumRows())
	switch {
	case v.kind == nullKind:
	case v.kind != textKind && v.kind != bytesKind:
		return nil, Nulls{}, c.mismatch("texts or bytes")
	case v.constant:
		fill(add, v.list.text(0))
	default:
		view(add, &v.list, b.from)
	}
	return c.raw, c.Nulls(), nil
}

// view sets dst to the text elements of l, starting at row, without copying.
func view(dst [][]byte, l *list, row int) {
	if len(l.offs) == 0 {
		stride := l.stride
		data := l.data[row*stride:]
		for i := range dst {
			dst[i] = data[4:stride:stride]
			data = data[stride:]
		}
		return
	}
	begin := l.offs[row]
	for i, end := range l.offs[row+1:][:len(dst)] {
		dst[i] = l.data[begin+4 : end : end]
		begin = end
	}
}
