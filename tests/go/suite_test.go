// Package conformance runs containerd's own test suite for snapshotters against a daemon, through containerd's own
// gRPC client, and containerd's applier for layers. It is compiled against Debian's golang-github-containerd-containerd-dev, without modules.
package conformance

import (
	"context"
	"flag"
	"fmt"
	"testing"

	snapshotsapi "github.com/containerd/containerd/api/services/snapshots/v1"
	"github.com/containerd/containerd/namespaces"
	"github.com/containerd/containerd/pkg/dialer"
	"github.com/containerd/containerd/snapshots"
	"github.com/containerd/containerd/snapshots/proxy"
	"github.com/containerd/containerd/snapshots/testsuite"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

var (
	address     = flag.String("address", "", "the socket of the daemon")
	snapshotter = flag.String("snapshotter", "overlayfs", "the snapshotter to ask for")
	namespaced  = flag.Bool("namespaced", true, "send a namespace, as clients of containerd do; a proxying containerd does not when it collects garbage")
)

// The suite puts its cases into this namespace; the flag decides whether the daemon is told.
const namespace = "testsuite"

// withoutNamespace takes the header away that the suite's context carries.
func withoutNamespace(ctx context.Context) context.Context {
	md, ok := metadata.FromOutgoingContext(ctx)
	if !ok || *namespaced {
		return ctx
	}
	md = md.Copy()
	delete(md, namespaces.GRPCHeader)
	return metadata.NewOutgoingContext(ctx, md)
}

func unary(ctx context.Context, method string, req, reply interface{}, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	return invoke(withoutNamespace(ctx), method, req, reply, cc, opts...)
}

func stream(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	return open(withoutNamespace(ctx), desc, cc, method, opts...)
}

// removeAll empties the daemon, children before their parents, so that the next case starts from nothing.
func removeAll(ctx context.Context, sn snapshots.Snapshotter) error {
	for {
		var infos []snapshots.Info
		parents := map[string]bool{}
		if err := sn.Walk(ctx, func(ctx context.Context, info snapshots.Info) error {
			infos = append(infos, info)
			parents[info.Parent] = true
			return nil
		}); err != nil {
			return fmt.Errorf("listing what a case left: %w", err)
		}
		if len(infos) == 0 {
			return nil
		}
		removed := 0
		for _, info := range infos {
			if parents[info.Name] {
				continue
			}
			if err := sn.Remove(ctx, info.Name); err != nil {
				return fmt.Errorf("removing what a case left: %w", err)
			}
			removed++
		}
		if removed == 0 {
			return fmt.Errorf("%d snapshots are each other's parents", len(infos))
		}
	}
}

func dial() (*grpc.ClientConn, error) {
	return grpc.Dial(dialer.DialAddress(*address),
		grpc.WithInsecure(),
		grpc.WithContextDialer(dialer.ContextDialer),
		grpc.WithUnaryInterceptor(unary),
		grpc.WithStreamInterceptor(stream))
}

func connect(ctx context.Context, root string) (snapshots.Snapshotter, func() error, error) {
	conn, err := dial()
	if err != nil {
		return nil, nil, err
	}
	sn := proxy.NewSnapshotter(snapshotsapi.NewSnapshotsClient(conn), *snapshotter)
	return sn, func() error {
		defer conn.Close()
		return removeAll(namespaces.WithNamespace(context.Background(), namespace), sn)
	}, nil
}

// TestSnapshotter is the suite. Its cases share one daemon and use the same keys: run it with -test.parallel 1.
func TestSnapshotter(t *testing.T) {
	testsuite.SnapshotterSuite(t, "Strata", connect)
}
