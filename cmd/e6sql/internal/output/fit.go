package output

// layout is the form in which a table fits the terminal.
type layout struct {
	// widths holds the widths of the columns that are shown.
	widths []int
	// vertical means one line for each value.
	vertical bool
}

// extent describes a column for the layout.
type extent struct {
	header, cells int // the largest widths
	number        bool
}

const (
	// readable is the width to which a text may be cut.
	readable = 16
	// readableName is the width to which a name may be cut.
	readableName = 8
	// smallest is the width to which anything may be cut if there is no other way.
	smallest = 8
)

// frame returns the width of the lines and blanks around n columns.
func frame(n int) int { return 3*n + 1 }

// fit returns the layout of columns in a terminal.
func fit(columns []extent, width int, expand Expand) layout {
	natural := make([]int, len(columns))
	floors := make([]int, len(columns))
	for i, c := range columns {
		natural[i] = max(c.header, c.cells, 1)
		if c.number {
			floors[i] = max(c.cells, min(c.header, readableName))
		} else {
			floors[i] = min(natural[i], readable)
		}
	}
	room := width - frame(len(columns))
	switch {
	case expand == ExpandAlways:
		return layout{vertical: true}
	case width <= 0 || sum(natural) <= room:
		return layout{widths: natural}
	case sum(floors) <= room:
		return layout{widths: share(natural, floors, room)}
	case expand == ExpandAuto:
		return layout{vertical: true}
	}
	for i := range floors {
		floors[i] = min(natural[i], smallest)
	}
	return layout{widths: squeeze(natural, floors, width)}
}

// squeeze returns the widths of as many columns as fit, and at least of one. If not all
// fit, there is room for a column with an ellipsis.
func squeeze(natural, floors []int, width int) []int {
	n := len(natural)
	room := width - frame(n)
	for n > 1 && sum(floors[:n]) > room {
		n--
		room = width - frame(n+1) - 1
	}
	if floors[0] > room {
		return []int{max(room, 1)}
	}
	return share(natural[:n], floors[:n], room)
}

// share returns widths between floors and natural whose sum is at most room. It cuts the
// widest columns to the same width.
func share(natural, floors []int, room int) []int {
	widths := make([]int, len(natural))
	at := func(level int) int {
		for i := range widths {
			widths[i] = min(natural[i], max(floors[i], level))
		}
		return sum(widths)
	}
	low, high := 0, room
	for low < high { // the largest level that fits
		if level := (low + high + 1) / 2; at(level) <= room {
			low = level
		} else {
			high = level - 1
		}
	}
	left := room - at(low)
	for i := range widths {
		if left > 0 && widths[i] == low && widths[i] < natural[i] {
			widths[i]++
			left--
		}
	}
	return widths
}

func sum(n []int) int {
	total := 0
	for _, n := range n {
		total += n
	}
	return total
}
