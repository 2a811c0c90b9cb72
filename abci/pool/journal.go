package pool

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// journal is the append-only file of accepted operations. A frame is durable when Append returns.
type journal struct {
	mu   sync.Mutex
	path string
	file *os.File
	size int64
	cut  int64 // bytes of a torn tail that opening cut off
	err  error // the first failure; nothing is written after it
}

// openJournal opens or makes the journal at path and returns every record in it. A torn tail (the last frame of
// a crash: nobody was told that it is accepted) is cut off; damage before intact frames is a *CorruptError.
func openJournal(path string) (*journal, []record, error) {
	if err := os.Remove(path + ".new"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, &JournalError{Path: path, Err: err}
	}
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, &JournalError{Path: path, Err: err}
	}
	records, good, err := readJournal(path, data)
	if err != nil {
		return nil, nil, err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, nil, &JournalError{Path: path, Err: err}
	}
	j := &journal{path: path, file: file, size: int64(good), cut: int64(len(data) - good)}
	if err := j.settle(good < len(data)); err != nil {
		_ = file.Close()
		return nil, nil, &JournalError{Path: path, Err: err}
	}
	return j, records, nil
}

// readJournal returns the records of the intact frames and where they end.
func readJournal(path string, data []byte) ([]record, int, error) {
	var records []record
	offset := 0
	for offset < len(data) {
		rs, n, err := readFrame(data[offset:])
		if err != nil {
			if laterFrame(data[offset:]) {
				return nil, 0, &CorruptError{Path: path, Offset: int64(offset)}
			}
			break
		}
		records = append(records, rs...)
		offset += n
	}
	return records, offset, nil
}

// laterFrame reports whether an intact frame begins after the first byte of data.
func laterFrame(data []byte) bool {
	for at := 1; ; {
		i := bytes.Index(data[min(at, len(data)):], []byte(frameMagic))
		if i < 0 {
			return false
		}
		at += i
		if _, _, err := readFrame(data[at:]); err == nil {
			return true
		}
		at++
	}
}

// settle cuts a torn tail, moves to the end, and makes the file's existence durable.
func (j *journal) settle(torn bool) error {
	if torn {
		if err := j.file.Truncate(j.size); err != nil {
			return err
		}
		if err := j.file.Sync(); err != nil {
			return err
		}
	}
	if _, err := j.file.Seek(j.size, 0); err != nil {
		return err
	}
	return syncDir(filepath.Dir(j.path))
}

// Append writes records as one frame and returns when it is on disk. After an error nothing is written any more: what a
// failed fsync left on disk is unknown, and after a failed Rewrite the open file may not be the one at path.
func (j *journal) Append(records []record) error {
	if len(records) == 0 {
		return nil
	}
	frame := appendFrame(nil, records)
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil {
		return j.err
	}
	if _, err := j.file.Write(frame); err != nil {
		return j.broken(err)
	}
	if err := j.file.Sync(); err != nil {
		return j.broken(err)
	}
	j.size += int64(len(frame))
	return nil
}

// broken ends the journal's use. Called with mu held.
func (j *journal) broken(err error) error {
	j.err = &JournalError{Path: j.path, Err: err}
	return j.err
}

// Rewrite replaces the whole journal by records, atomically: a crash leaves the old file or the new one.
func (j *journal) Rewrite(records []record) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil {
		return j.err
	}
	file, size, err := writeNew(j.path+".new", records)
	if err != nil {
		return j.broken(err)
	}
	if err := errors.Join(os.Rename(j.path+".new", j.path), syncDir(filepath.Dir(j.path))); err != nil {
		_ = file.Close()
		return j.broken(err)
	}
	_ = j.file.Close()
	j.file, j.size = file, size
	return nil
}

func writeNew(path string, records []record) (*os.File, int64, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return nil, 0, err
	}
	var size int64
	for len(records) > 0 {
		n := min(len(records), 1024)
		frame := appendFrame(nil, records[:n])
		if _, err := file.Write(frame); err != nil {
			return nil, 0, errors.Join(err, file.Close())
		}
		size += int64(len(frame))
		records = records[n:]
	}
	if err := file.Sync(); err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, size, nil
}

// Size is the journal's length in bytes.
func (j *journal) Size() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.size
}

// Close closes the file.
func (j *journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.file.Close()
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
