package simulator

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// journalName is the file in Options.Dir: one JSON array of records per change and line.
const journalName = "gateway.jsonl"

// journal appends every change before it is answered. It does not fsync: the page cache survives kill -9, and against a
// power cut pretend money needs no defence. A nil file keeps nothing.
type journal struct {
	file *os.File
	// broken is set when the journal is closed or a half-written line could not be taken back; nothing more is accepted
	// then.
	broken error
}

// openJournal reads the books of dir and leaves the journal open at its end. A last line without its end, which a
// killed process leaves, is cut off: its change was never answered.
func openJournal(dir string) (*books, *journal, error) {
	b := newBooks()
	if dir == "" {
		return b, &journal{}, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, fmt.Errorf("simulator: journal directory: %w", err)
	}
	path := filepath.Join(dir, journalName)
	lines, end, err := replay(path, b)
	if err != nil {
		return nil, nil, err
	}
	if lines > 2*len(b.records())+1000 {
		if end, err = compact(path, b); err != nil {
			return nil, nil, err
		}
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) // #nosec G304 -- the path is a setting
	if err != nil {
		return nil, nil, fmt.Errorf("simulator: journal: %w", err)
	}
	if err := errors.Join(file.Truncate(end), seek(file, end)); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("simulator: journal: %w", err), file.Close())
	}
	return b, &journal{file: file}, nil
}

func seek(f *os.File, to int64) error {
	_, err := f.Seek(to, io.SeekStart)
	return err
}

// replay applies every whole line and returns their number and where the last one ends.
func replay(path string, b *books) (lines int, end int64, err error) {
	file, err := os.Open(path) // #nosec G304 -- the path is a setting
	if errors.Is(err, os.ErrNotExist) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, fmt.Errorf("simulator: journal: %w", err)
	}
	defer file.Close()
	reader := bufio.NewReaderSize(file, 1<<20)
	for {
		line, err := reader.ReadBytes('\n')
		if err == io.EOF {
			return lines, end, nil
		}
		if err != nil {
			return 0, 0, fmt.Errorf("simulator: journal: %w", err)
		}
		var records []record
		if err := json.Unmarshal(line, &records); err != nil {
			return 0, 0, fmt.Errorf("simulator: journal line %d is damaged: %w", lines+1, err)
		}
		for _, r := range records {
			b.apply(r)
		}
		lines, end = lines+1, end+int64(len(line))
	}
}

// compact rewrites the journal as the books it leads to, by way of a new file, and returns its length.
func compact(path string, b *books) (int64, error) {
	var buf bytes.Buffer
	for _, r := range b.records() {
		line, err := json.Marshal([]record{r})
		if err != nil {
			return 0, err
		}
		buf.Write(append(line, '\n'))
	}
	next := path + ".new"
	if err := os.WriteFile(next, buf.Bytes(), 0o600); err != nil {
		return 0, fmt.Errorf("simulator: compact journal: %w", err)
	}
	if err := os.Rename(next, path); err != nil {
		return 0, fmt.Errorf("simulator: compact journal: %w", err)
	}
	return int64(buf.Len()), nil
}

// append writes one change with one write call. A short write (disk full) is taken back.
func (j *journal) append(records []record) error {
	if j.broken != nil {
		return j.broken
	}
	if j.file == nil {
		return nil
	}
	line, err := json.Marshal(records)
	if err != nil {
		return fmt.Errorf("simulator: journal: %w", err)
	}
	at, err := j.file.Seek(0, io.SeekCurrent)
	if err != nil {
		return fmt.Errorf("simulator: journal: %w", err)
	}
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		err = fmt.Errorf("simulator: journal: %w", err)
		if undo := errors.Join(j.file.Truncate(at), seek(j.file, at)); undo != nil {
			j.broken = errors.Join(err, undo)
		}
		return err
	}
	return nil
}

func (j *journal) close() error {
	file := j.file
	j.file, j.broken = nil, errors.New("simulator: closed")
	if file == nil {
		return nil
	}
	return file.Close()
}
