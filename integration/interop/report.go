package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// report collects what was compared.
type report struct {
	cases, statements, cells int
	differences              []Difference
	recorded                 []recording
}

// recording is a line of the files of recorded answers.
type recording struct {
	Case      string  `json:"case"`
	Driver    answers `json:"driver"`
	Connector answers `json:"connector"`
}

// add compares the answers to a case.
func (r *report) add(c Case, driver, connector answers) {
	r.cases++
	r.statements += len(driver)
	for _, a := range driver {
		for _, row := range a.Rows {
			r.cells += len(row)
		}
	}
	r.differences = append(r.differences, compare(c.Name, driver, connector)...)
	if !c.Large {
		r.recorded = append(r.recorded, recording{c.Name, driver, connector})
	}
}

// record writes the answers to a file for each part: enginetest and the emulator.
func (r *report) record(dir string) error {
	var engine, emulator strings.Builder
	for _, line := range r.recorded {
		text, err := json.Marshal(line)
		if err != nil {
			return err
		}
		b := &engine
		if strings.HasPrefix(line.Case, emulatorPrefix) {
			b = &emulator
		}
		b.Write(text)
		b.WriteByte('\n')
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "enginetest.jsonl"), []byte(engine.String()), 0o600),
		os.WriteFile(filepath.Join(dir, "emulator.jsonl"), []byte(emulator.String()), 0o600))
}

// errDifferent is the error of a comparison with differences that are not known.
var errDifferent = errors.New("the driver and the connector differ in a way that is not known")

// print prints the report. The error is errDifferent if a difference is not known.
func (r *report) print(out io.Writer, all bool) error {
	var b strings.Builder
	unexpected := 0
	count := map[*Known]int{}
	for _, d := range r.differences {
		if d.Known == nil {
			unexpected++
		} else {
			count[d.Known]++
		}
		if d.Known == nil || all {
			fmt.Fprintln(&b, d)
		}
	}
	fmt.Fprintf(&b, "%d cases, %d statements, %d cells of the driver: %d differences are not known\n", r.cases, r.statements, r.cells, unexpected)
	for _, k := range known {
		fmt.Fprintf(&b, "%6d times: %s: %s\n", count[k], k.Name, k.Why)
	}
	if _, err := io.WriteString(out, b.String()); err != nil {
		return err
	}
	if unexpected > 0 {
		return fmt.Errorf("%w, %d times", errDifferent, unexpected)
	}
	return nil
}
