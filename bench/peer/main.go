// Peer serves containerd's own overlayfs snapshotter from a process of its own: what a proxy snapshotter cannot be faster
// than without being better, since containerd pays for the same calls over a socket.
package main

import (
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"

	snapshotsapi "github.com/containerd/containerd/api/services/snapshots/v1"
	"github.com/containerd/containerd/contrib/snapshotservice"
	"github.com/containerd/containerd/snapshots/overlay"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
)

func serve(root, address string) error {
	// As containerd's plugin makes it.
	snapshotter, err := overlay.NewSnapshotter(root, overlay.AsynchronousRemove)
	if err != nil {
		return err
	}
	defer snapshotter.Close()
	listener, err := net.Listen("unix", address)
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	snapshotsapi.RegisterSnapshotsServer(server, snapshotservice.FromSnapshotter(snapshotter))
	ending := make(chan os.Signal, 1)
	signal.Notify(ending, unix.SIGTERM)
	go func() {
		<-ending
		server.Stop()
	}()
	return server.Serve(listener)
}

func main() {
	root := flag.String("root", "", "where the snapshots are")
	address := flag.String("address", "", "the socket to serve on")
	flag.Parse()
	if err := serve(*root, *address); err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
}
