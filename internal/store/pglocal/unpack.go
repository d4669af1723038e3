package pglocal

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// maxUnpacked bounds what an archive may become on disk.
const maxUnpacked = 1 << 30

// unpack extracts a .tar.gz into the new directory dir. An entry that points outside of dir, by name or by link, is an
// error: os.Root follows neither.
func unpack(archive, dir string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	zip, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	var total int64
	for r := tar.NewReader(zip); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if total += h.Size; h.Size < 0 || total > maxUnpacked {
			return fmt.Errorf("more than %d bytes unpacked", int64(maxUnpacked))
		}
		if err := unpackEntry(root, h, r); err != nil {
			return fmt.Errorf("entry %q: %w", h.Name, err)
		}
	}
	return restoreLinks(root)
}

func unpackEntry(root *os.Root, h *tar.Header, r io.Reader) error {
	name := filepath.FromSlash(path.Clean(h.Name))
	if h.Typeflag != tar.TypeDir {
		if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
	}
	switch h.Typeflag {
	case tar.TypeDir:
		return root.MkdirAll(name, 0o755)
	case tar.TypeReg:
		mode := os.FileMode(0o644)
		if h.Mode&0o111 != 0 {
			mode = 0o755
		}
		f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, r)
		// The umask of a private shell would hide the programs from the server's account.
		return errors.Join(err, f.Chmod(mode), f.Close())
	case tar.TypeSymlink:
		return link(root, h.Linkname, name)
	case tar.TypeXGlobalHeader:
		return nil
	default:
		return fmt.Errorf("of type %q, which PostgreSQL has no use for", h.Typeflag)
	}
}

// link makes name a symbolic link to target, relative to name's directory and inside the tree.
func link(root *os.Root, target, name string) error {
	if path.IsAbs(target) || !filepath.IsLocal(filepath.Join(filepath.Dir(name), filepath.FromSlash(target))) {
		return fmt.Errorf("link to %q leaves the archive", target)
	}
	return root.Symlink(filepath.FromSlash(target), name)
}

// restoreLinks makes the links of pg-symlinks.json, where npm packages, which cannot carry any, list them.
func restoreLinks(root *os.Root) error {
	const listed = "package/native/pg-symlinks.json"
	text, err := root.ReadFile(filepath.FromSlash(listed))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(text, &links); err != nil {
		return fmt.Errorf("%s: %w", listed, err)
	}
	for _, l := range links {
		to, err := filepath.Rel(path.Dir(l.Target), l.Source)
		if err != nil {
			return fmt.Errorf("%s: %w", listed, err)
		}
		if err := link(root, filepath.ToSlash(to), filepath.Join("package", filepath.FromSlash(l.Target))); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%s: %w", listed, err)
		}
	}
	return nil
}

// programsIn finds the directory with initdb and postgres in an unpacked tree.
func programsIn(tree string) (string, error) {
	var found string
	err := filepath.WalkDir(tree, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.Name() != "initdb"+exe || d.IsDir() || !strings.HasSuffix(filepath.Dir(p), "bin") {
			return nil
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(p), "postgres"+exe)); err != nil {
			return nil
		}
		found = filepath.Dir(p)
		return fs.SkipAll
	})
	if err == nil && found == "" {
		err = errors.New("no bin/initdb with a postgres beside it in the archive")
	}
	return found, err
}
