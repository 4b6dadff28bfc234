package sextant

import (
	"sync"

	"sextant/internal/raw"
)

// LogLevel is the weight of a line of the library's log.
type LogLevel int

// The levels, the most urgent first.
const (
	LogWarn  LogLevel = 1
	LogInfo  LogLevel = 2
	LogDebug LogLevel = 3
)

// The library writes its lines to a queue that Go empties after each call: no callback ever enters Go.
var (
	logQueue = raw.Sx_log_create()
	logMu    sync.Mutex
	logFn    func(LogLevel, string)
)

// SetLogger says where the library's log goes; nil, the default, discards it. For log/slog:
//
//	sextant.SetLogger(func(l sextant.LogLevel, line string) { slog.Log(ctx, slog.Level(4*(2-l)), line) })
func SetLogger(fn func(level LogLevel, line string)) {
	logMu.Lock()
	logFn = fn
	logMu.Unlock()
}

func drainLog() {
	type entry struct {
		level LogLevel
		line  string
	}
	var lines []entry
	logMu.Lock()
	fn := logFn
	for level := raw.Sx_log_next(logQueue); level != 0; level = raw.Sx_log_next(logQueue) {
		lines = append(lines, entry{LogLevel(level), raw.Sx_log_line(logQueue)})
	}
	logMu.Unlock()
	if fn != nil {
		for _, l := range lines {
			fn(l.level, l.line)
		}
	}
}
