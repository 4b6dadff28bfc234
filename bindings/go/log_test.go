package sextant

import (
	"reflect"
	"testing"

	"sextant/internal/raw"
)

func TestLog(t *testing.T) {
	var levels []LogLevel
	var lines []string
	SetLogger(func(level LogLevel, line string) {
		levels = append(levels, level)
		lines = append(lines, line)
	})
	raw.Sx_log_put(logQueue, int(LogWarn), "the first")
	raw.Sx_log_put(logQueue, int(LogDebug), "the second, ö")
	c, err := NewContext() // any call brings the lines
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if !reflect.DeepEqual(lines, []string{"the first", "the second, ö"}) ||
		!reflect.DeepEqual(levels, []LogLevel{LogWarn, LogDebug}) {
		t.Errorf("levels %v, lines %q", levels, lines)
	}
	SetLogger(nil)
	raw.Sx_log_put(logQueue, int(LogInfo), "discarded")
	if c, err = NewContext(); err == nil {
		c.Close()
	}
	if len(lines) != 2 {
		t.Errorf("lines %q", lines)
	}
}
