package main

import (
	"context"
	"time"

	leasesapi "github.com/containerd/containerd/api/services/leases/v1"
	snapshotsapi "github.com/containerd/containerd/api/services/snapshots/v1"
	"github.com/containerd/containerd/defaults"
	"github.com/containerd/containerd/errdefs"
	"github.com/containerd/containerd/leases"
	leasesproxy "github.com/containerd/containerd/leases/proxy"
	"github.com/containerd/containerd/namespaces"
	"github.com/containerd/containerd/pkg/dialer"
	"github.com/containerd/containerd/snapshots"
	"github.com/containerd/containerd/snapshots/proxy"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
)

const snapshotterName = "overlayfs"

// daemon is a connection to the one that is measured. All callers share it, as those of one client of containerd do,
// unless an action asks for more connections.
type daemon struct {
	snapshots.Snapshotter
	address string
	leases  leases.Manager
	// mountPoints is a directory in which callers mount their snapshots.
	mountPoints string
	// more are further connections that were asked for once.
	more []*daemon
}

// connections gives so many to the same daemon, this one included; what was dialled stays for the next time.
func (d *daemon) connections(count int) ([]*daemon, error) {
	for len(d.more) < count-1 {
		another, err := dial(d.address)
		if err != nil {
			return nil, err
		}
		another.mountPoints = d.mountPoints
		d.more = append(d.more, another)
	}
	all := append([]*daemon{d}, d.more...)
	if count < 1 {
		count = 1
	}
	return all[:count], nil
}

func dial(address string) (*daemon, error) {
	// A daemon that is being started is asked again at once. Without a limit of its own, an attempt would be given up after
	// those two milliseconds as well, in which a busy daemon cannot answer.
	eager := grpc.ConnectParams{
		Backoff:           backoff.Config{BaseDelay: 2 * time.Millisecond, Multiplier: 1, MaxDelay: 2 * time.Millisecond},
		MinConnectTimeout: 20 * time.Second,
	}
	conn, err := grpc.Dial(dialer.DialAddress(address),
		grpc.WithInsecure(),
		grpc.WithContextDialer(dialer.ContextDialer),
		grpc.WithConnectParams(eager),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(defaults.DefaultMaxRecvMsgSize)))
	if err != nil {
		return nil, err
	}
	return &daemon{
		Snapshotter: proxy.NewSnapshotter(snapshotsapi.NewSnapshotsClient(conn), snapshotterName),
		address:     address,
		leases:      leasesproxy.NewLeaseManager(leasesapi.NewLeasesClient(conn)),
	}, nil
}

func inNamespace(namespace string) context.Context {
	return namespaces.WithNamespace(context.Background(), namespace)
}

// waitForAnswer returns when the daemon has answered a question.
func waitForAnswer(ctx context.Context, d *daemon, c command) (interface{}, error) {
	for {
		_, err := d.Stat(ctx, c.Key)
		if err == nil || errdefs.IsNotFound(err) {
			return nil, nil
		}
		if !errdefs.IsUnavailable(err) {
			return nil, err
		}
		time.Sleep(time.Millisecond)
	}
}

// collectGarbage has the daemon remove and clean up what is not needed any more, and waits for that. A daemon without
// leases cleans up by itself.
func collectGarbage(ctx context.Context, d *daemon, _ command) (interface{}, error) {
	lease, err := d.leases.Create(ctx, leases.WithRandomID())
	if errdefs.IsNotImplemented(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return nil, d.leases.Delete(ctx, lease, leases.SynchronousDelete)
}
