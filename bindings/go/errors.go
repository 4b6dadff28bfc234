package sextant

import (
	"context"
	"io/fs"

	"sextant/internal/raw"
)

// Code is a status of the library and, as an error, a sentinel for errors.Is.
type Code int32

// The statuses a call can fail with.
const (
	ErrInvalid     Code = -1
	ErrOutOfMemory Code = -2
	ErrIO          Code = -3
	ErrFormat      Code = -4
	ErrNotFound    Code = -5 // also fs.ErrNotExist
	ErrUnsupported Code = -6
	ErrVersion     Code = -7
	ErrBusy        Code = -8
	ErrFork        Code = -9
	ErrCancelled   Code = -10 // also the cause: context.Canceled or context.DeadlineExceeded
	ErrLimit       Code = -11
	ErrUTF8        Code = -12
	ErrCorrupt     Code = -13
	ErrDiskFull    Code = -14
	ErrKey         Code = -15
	ErrReadOnly    Code = -16 // also fs.ErrPermission
	ErrInternal    Code = -99
	ErrClosed      Code = -1000 // this package's own: the handle was closed; also fs.ErrClosed
)

// Error is the name of the status, such as LLM_E_FORMAT.
func (c Code) Error() string {
	if c == ErrClosed {
		return "closed"
	}
	return raw.Llm_status_name(int(c))
}

// Error is a failed call: which, its status, and the library's sentence (what was wrong, where, how to mend it).
type Error struct {
	Op    string
	Code  Code
	Msg   string
	cause error
}

// Error is the call and the sentence.
func (e *Error) Error() string { return "sextant: " + e.Op + ": " + e.Msg }

// Is tells whether the error is of a status, or of its kin in the standard library.
func (e *Error) Is(target error) bool {
	switch target {
	case fs.ErrNotExist:
		return e.Code == ErrNotFound
	case fs.ErrPermission:
		return e.Code == ErrReadOnly
	case fs.ErrClosed:
		return e.Code == ErrClosed
	}
	code, ok := target.(Code)
	return ok && code == e.Code
}

// Unwrap gives the end of the context.Context behind a cancelled call.
func (e *Error) Unwrap() error { return e.cause }

func fromRaw(op string, e raw.Llm_error, ctx context.Context) error {
	code := Code(e.GetCode())
	if code >= 0 {
		return nil
	}
	err := &Error{Op: op, Code: code, Msg: e.GetMessage()}
	if err.Msg == "" {
		err.Msg = code.Error()
	}
	if code == ErrCancelled && ctx != nil {
		err.cause = ctx.Err()
	}
	return err
}

func invalid(op, msg string) error { return &Error{Op: op, Code: ErrInvalid, Msg: msg} }
