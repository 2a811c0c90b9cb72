package localnet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/rpc"
	"time"

	"github.com/hanse-id/hanse/app"
	"github.com/hanse-id/hanse/app/op"
)

// waitSlice bounds one call of Wait over the wire; the client asks again.
const waitSlice = 5 * time.Second

// Serve offers a center to other processes of this machine (net/rpc with gob), for tests. It returns when l is closed.
func Serve(l net.Listener, c Center) error {
	server := rpc.NewServer()
	if err := server.RegisterName("Center", &service{c}); err != nil {
		return err
	}
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		go server.ServeConn(conn)
	}
}

// service is what net/rpc calls.
type service struct{ center Center }

// Submit, Receipt, Wait, Head, Blocks and Health pass a call on.
func (s *service) Submit(envelopes [][]byte, reply *[]app.Submission) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	*reply, err = s.center.Submit(ctx, envelopes)
	return err
}

// Receipt says what is known of an operation.
func (s *service) Receipt(id op.ID, reply *app.Receipt) (err error) {
	*reply, err = s.center.Receipt(context.Background(), id)
	return err
}

// Wait waits for a receipt for a while.
func (s *service) Wait(id op.ID, reply *app.Receipt) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), waitSlice)
	defer cancel()
	*reply, err = s.center.Wait(ctx, id)
	return err
}

// Head is the last committed block.
func (s *service) Head(_ struct{}, reply *app.Head) (err error) {
	*reply, err = s.center.Head(context.Background())
	return err
}

// Range asks for Limit blocks from height From.
type Range struct {
	From  int64
	Limit int
}

// Blocks lists committed blocks.
func (s *service) Blocks(r Range, reply *[]app.BlockRecord) (err error) {
	*reply, err = s.center.Blocks(context.Background(), r.From, r.Limit)
	return err
}

// Health says how the node is.
func (s *service) Health(_ struct{}, reply *app.Health) error {
	*reply = s.center.Health(context.Background())
	return nil
}

// Remote is a center in another process.
type Remote struct{ address string }

var _ Center = (*Remote)(nil)

// Dial returns the center that Serve offers at address. It connects for every call: the other process may be killed
// at any time.
func Dial(address string) *Remote { return &Remote{address} }

func (r *Remote) call(ctx context.Context, method string, args, reply any) error {
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", r.address)
	if err != nil {
		return err
	}
	client := rpc.NewClient(conn)
	defer client.Close()
	select {
	case call := <-client.Go("Center."+method, args, reply, make(chan *rpc.Call, 1)).Done:
		return call.Error
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Submit admits operations.
func (r *Remote) Submit(ctx context.Context, envelopes [][]byte) (subs []app.Submission, err error) {
	err = r.call(ctx, "Submit", envelopes, &subs)
	if err == nil && len(subs) != len(envelopes) {
		err = fmt.Errorf("%d submissions for %d operations", len(subs), len(envelopes))
	}
	return subs, err
}

// Receipt says what is known of an operation.
func (r *Remote) Receipt(ctx context.Context, id op.ID) (receipt app.Receipt, err error) {
	err = r.call(ctx, "Receipt", id, &receipt)
	return receipt, err
}

// Wait waits for a receipt until ctx ends.
func (r *Remote) Wait(ctx context.Context, id op.ID) (receipt app.Receipt, err error) {
	for {
		var last app.Receipt
		err = r.call(ctx, "Wait", id, &last)
		final := last.State == app.Committed || last.State == app.Rejected
		if err != nil || final || ctx.Err() != nil {
			return last, err
		}
	}
}

// Head is the last committed block.
func (r *Remote) Head(ctx context.Context) (head app.Head, err error) {
	err = r.call(ctx, "Head", struct{}{}, &head)
	return head, err
}

// Blocks lists committed blocks.
func (r *Remote) Blocks(ctx context.Context, from int64, limit int) (blocks []app.BlockRecord, err error) {
	err = r.call(ctx, "Blocks", Range{from, limit}, &blocks)
	return blocks, err
}

// Health says how the node is; one that cannot be asked is stopped.
func (r *Remote) Health(ctx context.Context) app.Health {
	var h app.Health
	if err := r.call(ctx, "Health", struct{}{}, &h); err != nil {
		return app.Health{Reasons: []string{"stopped"}}
	}
	return h
}
