package conformance

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	snapshotsapi "github.com/containerd/containerd/api/services/snapshots/v1"
	"github.com/containerd/containerd/content"
	"github.com/containerd/containerd/content/local"
	"github.com/containerd/containerd/diff"
	"github.com/containerd/containerd/diff/apply"
	"github.com/containerd/containerd/mount"
	"github.com/containerd/containerd/namespaces"
	"github.com/containerd/containerd/snapshots"
	"github.com/containerd/containerd/snapshots/proxy"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// With this label containerd 2.3 prepares a layer whose parent it names at the commit.
const parentChainLabel = "containerd.io/snapshot/parent-chain-id"

// An entry of a layer: a directory when its path ends in a slash, a symbolic or hard link when it has a target.
type entry struct {
	path     string
	content  string
	mode     int64
	uid      int
	symlink  string
	hardlink string
}

// The layers of an image, bottom first.
var layers = [][]entry{
	{
		{path: "usr/", mode: 0755},
		{path: "usr/kept", content: "1", mode: 0644, uid: 7},
		{path: "usr/changed", content: "1", mode: 0644},
		{path: "usr/deleted", content: "1", mode: 0644},
		{path: "usr/returns", content: "1", mode: 0644},
		{path: "usr/link", symlink: "kept"},
		{path: "usr/other-name", hardlink: "usr/kept"},
		{path: "hidden/", mode: 0750},
		{path: "hidden/below", content: "1", mode: 0600},
		{path: "hidden/deep/", mode: 0755},
		{path: "hidden/deep/below", content: "1", mode: 0600},
		{path: "gone/", mode: 0755},
		{path: "gone/with/", mode: 0755},
		{path: "gone/with/files", content: "1", mode: 0644},
		{path: "was-directory/", mode: 0755},
		{path: "was-directory/file", content: "1", mode: 0644},
		{path: "was-file", content: "1", mode: 0644},
		{path: "implicit/", mode: 0755},
		{path: "implicit/kept", content: "1", mode: 0644},
		{path: "implicit/deleted", content: "1", mode: 0644},
		{path: "implicit/hidden/", mode: 0755},
		{path: "implicit/hidden/below", content: "1", mode: 0644},
	},
	{
		{path: "usr/", mode: 0711, uid: 3},
		{path: "usr/.wh.deleted"},
		{path: "usr/.wh.returns"},
		{path: "usr/changed", content: "22", mode: 04755},
		{path: "hidden/", mode: 0750},
		{path: "hidden/.wh..wh..opq"},
		{path: "hidden/above", content: "2", mode: 0640},
		{path: ".wh.gone"},
		{path: "was-directory", content: "2", mode: 0644},
		{path: "was-file/", mode: 0755},
		{path: "was-file/file", content: "2", mode: 0644},
	},
	{
		{path: "implicit/.wh.deleted"},
		{path: "implicit/new", content: "3", mode: 0644},
		{path: "implicit/hidden/.wh..wh..opq"},
		{path: "implicit/hidden/above", content: "3", mode: 0644},
		{path: "new/and/implicit/file", content: "3", mode: 0644},
	},
	{
		{path: "usr/returns", content: "4", mode: 0600},
		{path: "hidden/again", content: "4", mode: 0644},
		{path: "gone/", mode: 0700},
		{path: "gone/again", content: "4", mode: 0644},
		{path: "was-file/.wh.file"},
	},
}

// What the image shows nevertheless when deletions are lost.
var deleted = []string{
	"hidden/below", "hidden/deep", "hidden/deep/below", "gone/with", "gone/with/files", "implicit/deleted",
	"implicit/hidden/below", "usr/deleted", "was-file/file",
}

// archiveOf writes a layer as a tar file; times of entries tell the layers apart.
func archiveOf(t *testing.T, number int, entries []entry) []byte {
	var buffer bytes.Buffer
	w := tar.NewWriter(&buffer)
	for n, e := range entries {
		header := &tar.Header{
			Name: e.path, Mode: e.mode, Uid: e.uid, Gid: 2 * e.uid, Size: int64(len(e.content)), Typeflag: tar.TypeReg,
			ModTime: time.Unix(int64(1000*number+n+1), 0),
		}
		switch {
		case strings.HasSuffix(e.path, "/"):
			header.Typeflag = tar.TypeDir
		case e.symlink != "":
			header.Typeflag, header.Linkname, header.Mode = tar.TypeSymlink, e.symlink, 0777
		case e.hardlink != "":
			header.Typeflag, header.Linkname, header.Mode, header.Uid, header.Gid = tar.TypeLink, e.hardlink, 0644, 7, 14
		}
		must(t, w.WriteHeader(header))
		_, err := w.Write([]byte(e.content))
		must(t, err)
	}
	must(t, w.Close())
	return buffer.Bytes()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// unpacker unpacks layers with containerd's own applier.
type unpacker struct {
	ctx    context.Context
	sn     snapshots.Snapshotter
	client snapshotsapi.SnapshotsClient
	differ diff.Applier
	layers []ocispec.Descriptor
}

func newUnpacker(t *testing.T) *unpacker {
	ctx := namespaces.WithNamespace(context.Background(), namespace)
	conn, err := dial()
	must(t, err)
	client := snapshotsapi.NewSnapshotsClient(conn)
	sn := proxy.NewSnapshotter(client, *snapshotter)
	t.Cleanup(func() {
		defer conn.Close()
		if err := removeAll(ctx, sn); err != nil {
			t.Error(err)
		}
	})
	store, err := local.NewStore(t.TempDir())
	must(t, err)
	u := &unpacker{ctx: ctx, sn: sn, client: client, differ: apply.NewFileSystemApplier(store)}
	for number, entries := range layers {
		data := archiveOf(t, number, entries)
		desc := ocispec.Descriptor{
			MediaType: ocispec.MediaTypeImageLayer, Digest: digest.FromBytes(data), Size: int64(len(data)),
		}
		must(t, content.WriteBlob(ctx, store, fmt.Sprint(number), bytes.NewReader(data), desc))
		u.layers = append(u.layers, desc)
	}
	return u
}

// sequential unpacks each layer over the one before. It returns the name of the topmost.
func (u *unpacker) sequential(t *testing.T) string {
	parent := ""
	for number, desc := range u.layers {
		key := fmt.Sprintf("extract-%d one after the other", number)
		mounts, err := u.sn.Prepare(u.ctx, key, parent)
		must(t, err)
		_, err = u.differ.Apply(u.ctx, desc, mounts)
		must(t, err)
		name := fmt.Sprintf("sequential %d", number)
		must(t, u.sn.Commit(u.ctx, name, key))
		parent = name
	}
	return parent
}

// parallel unpacks all layers at once, and puts each onto its parent at its commit, as containerd does since 2.2. It
// returns the name of the topmost, or the first error of a commit.
func (u *unpacker) parallel(t *testing.T, prefix string, labelled bool) (string, error) {
	key := func(number int) string { return fmt.Sprintf("%s-%d", prefix, number) }
	name := func(number int) string { return fmt.Sprintf("%s layer %d", prefix, number) }
	errs := make([]error, len(u.layers))
	var group sync.WaitGroup
	for number, desc := range u.layers {
		var opts []snapshots.Opt
		if labelled && number > 0 {
			opts = append(opts, snapshots.WithLabels(map[string]string{parentChainLabel: name(number - 1)}))
		}
		mounts, err := u.sn.Prepare(u.ctx, key(number), "", opts...)
		must(t, err)
		group.Add(1)
		go func(number int, desc ocispec.Descriptor) {
			defer group.Done()
			_, errs[number] = u.differ.Apply(u.ctx, desc, mounts)
		}(number, desc)
	}
	group.Wait()
	parent := ""
	for number := range u.layers {
		must(t, errs[number])
		if err := u.commitOnto(parent, name(number), key(number)); err != nil {
			return "", err
		}
		parent = name(number)
	}
	return parent, nil
}

// commitOnto is Commit with a parent, which this client does not know yet: field 5 of the request.
func (u *unpacker) commitOnto(parent, name, key string) error {
	request := &snapshotsapi.CommitSnapshotRequest{Snapshotter: *snapshotter, Name: name, Key: key}
	if parent != "" {
		request.XXX_unrecognized = append([]byte{5<<3 | 2, byte(len(parent))}, parent...)
	}
	_, err := u.client.Commit(u.ctx, request)
	return err
}

// show describes every file below a committed snapshot, by its path.
func (u *unpacker) show(t *testing.T, name string) map[string]string {
	key := "look at " + name
	mounts, err := u.sn.View(u.ctx, key, name)
	must(t, err)
	shown := map[string]string{}
	must(t, mount.WithTempMount(u.ctx, mounts, func(root string) error {
		return filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
			if err != nil || path == root {
				return err
			}
			below := strings.TrimPrefix(path, root+"/")
			shown[below], err = describe(path, below, info)
			return err
		})
	}))
	must(t, u.sn.Remove(u.ctx, key))
	return shown
}

func describe(path, below string, info os.FileInfo) (string, error) {
	stat := info.Sys().(*syscall.Stat_t)
	if info.IsDir() && isImplicit(below) {
		// Without the parent at hand the applier cannot know its mode, owner and time; nor can it for containerd's overlayfs.
		return "directory", nil
	}
	text := fmt.Sprintf("%v owner %d:%d time %d", info.Mode(), stat.Uid, stat.Gid, info.ModTime().Unix())
	switch {
	case info.Mode().IsRegular():
		data, err := os.ReadFile(path)
		return fmt.Sprintf("%s links %d content %q", text, stat.Nlink, data), err
	case info.Mode()&os.ModeSymlink != 0:
		target, err := os.Readlink(path)
		return text + " to " + target, err
	}
	return text, nil
}

// isImplicit tells whether the topmost layer that has something in a directory does not list the directory.
func isImplicit(directory string) bool {
	for number := len(layers) - 1; number >= 0; number-- {
		for _, e := range layers[number] {
			if e.path == directory+"/" {
				return false
			}
		}
		for _, e := range layers[number] {
			if strings.HasPrefix(e.path, directory+"/") {
				return true
			}
		}
	}
	return false
}

// TestRebase unpacks an image with containerd's applier into snapshots that get their parents at their commits.
func TestRebase(t *testing.T) {
	t.Run("LikeSequential", func(t *testing.T) {
		u := newUnpacker(t)
		wanted := u.show(t, u.sequential(t))
		name, err := u.parallel(t, "extract", true)
		must(t, err)
		if lost := differences(wanted, u.show(t, name)); len(lost) > 0 {
			t.Error(strings.Join(lost, "\n"))
		}
	})

	// What the label is for: an applier that sees a plain directory deletes what a whiteout names.
	t.Run("LostWithoutLabel", func(t *testing.T) {
		u := newUnpacker(t)
		wanted := u.show(t, u.sequential(t))
		name, err := u.parallel(t, "plain", false)
		must(t, err)
		shown := u.show(t, name)
		for _, path := range deleted {
			if _, there := shown[path]; !there {
				t.Errorf("%s is gone: this applier keeps deletions by itself", path)
			}
			if _, there := wanted[path]; there {
				t.Errorf("%s is deleted by a layer, and shown", path)
			}
		}
	})

	t.Run("RefusedWithoutLabel", func(t *testing.T) {
		u := newUnpacker(t)
		_, err := u.parallel(t, "extract", false)
		if status.Code(err) != codes.FailedPrecondition || !strings.Contains(err.Error(), `"rebase"`) {
			t.Errorf("the commit ended with %v", err)
		}
	})
}

func differences(wanted, shown map[string]string) []string {
	var found []string
	for path, text := range wanted {
		if shown[path] != text {
			found = append(found, fmt.Sprintf("%s: wanted %q, got %q", path, text, shown[path]))
		}
	}
	for path, text := range shown {
		if _, there := wanted[path]; !there {
			found = append(found, fmt.Sprintf("%s: wanted nothing, got %q", path, text))
		}
	}
	sort.Strings(found)
	return found
}
