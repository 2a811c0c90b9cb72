package issuance

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
)

// groupWrites bounds how many writes share one commit.
const groupWrites = 128

var errClosed = errors.New("issuance store is closed")

// writer owns the one writing connection. It runs whatever writes are waiting in one transaction, each in a savepoint
// of its own, so that a failing write undoes itself alone and a sync to disk is shared by all.
type writer struct {
	conn     *sql.Conn
	prepared map[string]*sql.Stmt
	queue    chan *write
	stop     chan struct{}
	once     sync.Once
	done     sync.WaitGroup
}

type write struct {
	run  func(*writer) error
	err  error
	done chan struct{}
}

func startWriter(conn *sql.Conn) *writer {
	w := &writer{conn: conn, prepared: map[string]*sql.Stmt{}, queue: make(chan *write), stop: make(chan struct{})}
	w.done.Go(w.loop)
	return w
}

// do runs a write and returns when it is on stable storage or undone. Once it is taken up it is not cancelled: the
// caller learns what happened.
func (w *writer) do(ctx context.Context, run func(*writer) error) error {
	one := &write{run: run, done: make(chan struct{})}
	select {
	case w.queue <- one:
		<-one.done
		return one.err
	case <-ctx.Done():
		return ctx.Err()
	case <-w.stop:
		return errClosed
	}
}

func (w *writer) loop() {
	for {
		select {
		case first := <-w.queue:
			w.group(first)
		case <-w.stop:
			for _, s := range w.prepared {
				_ = s.Close()
			}
			_ = w.conn.Close()
			return
		}
	}
}

// group runs first and whatever else is waiting in one transaction.
func (w *writer) group(first *write) {
	var ran []*write
	err := w.exec("BEGIN IMMEDIATE")
	if err == nil {
		for one := first; one != nil; {
			ran = append(ran, one)
			one.err = w.isolated(one.run)
			if one = nil; len(ran) < groupWrites { // what is taken from the queue is run
				one = w.next()
			}
		}
		if err = w.exec("COMMIT"); err != nil {
			_ = w.exec("ROLLBACK")
		}
	} else {
		ran = []*write{first}
	}
	for _, one := range ran {
		if err != nil && one.err == nil {
			one.err = fmt.Errorf("issuance store: commit: %w", err)
		}
		close(one.done)
	}
}

func (w *writer) next() *write {
	select {
	case one := <-w.queue:
		return one
	default:
		return nil
	}
}

func (w *writer) isolated(run func(*writer) error) error {
	if err := w.exec("SAVEPOINT one"); err != nil {
		return fmt.Errorf("issuance store: %w", err)
	}
	if err := run(w); err != nil {
		if undo := errors.Join(w.exec("ROLLBACK TO one"), w.exec("RELEASE one")); undo != nil {
			return fmt.Errorf("issuance store: %w", errors.Join(err, undo))
		}
		return err
	}
	return w.exec("RELEASE one")
}

// statement prepares a query once. Contexts of requests do not reach the connection: a cancelled statement in the
// middle of a group would undo the others.
func (w *writer) statement(query string) (*sql.Stmt, error) {
	if s := w.prepared[query]; s != nil {
		return s, nil
	}
	s, err := w.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	w.prepared[query] = s
	return s, nil
}

func (w *writer) exec(query string, args ...any) error {
	_, err := w.changed(query, args...)
	return err
}

// changed runs a statement and returns how many rows it changed.
func (w *writer) changed(query string, args ...any) (int64, error) {
	s, err := w.statement(query)
	if err != nil {
		return 0, err
	}
	result, err := s.Exec(args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// row reads one row into dest; found is false if there is none.
func (w *writer) row(dest []any, query string, args ...any) (found bool, err error) {
	s, err := w.statement(query)
	if err != nil {
		return false, err
	}
	err = s.QueryRow(args...).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

func (w *writer) close() {
	w.once.Do(func() { close(w.stop) })
	w.done.Wait()
}
