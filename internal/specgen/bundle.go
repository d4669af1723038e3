package specgen

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Bundle reads the root file of a contract in dir and returns one self-contained document: path items stand in place, every
// other reference points to a component named by the last segment of the reference. Paths and keys keep their source order,
// components are sorted. It refuses references that leave dir and two different things that would get one name.
func Bundle(dir, root string) (*yaml.Node, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	b := &bundler{dir: abs, root: root, files: map[string]*yaml.Node{}, components: map[string]map[string]component{}}
	source, err := b.load(root)
	if err != nil {
		return nil, err
	}
	doc := clone(source)
	if err := b.adoptRootComponents(doc); err != nil {
		return nil, err
	}
	if err := b.visit(doc, kindDocument, root); err != nil {
		return nil, err
	}
	set(doc, "components", b.print())
	return doc, nil
}

// The root files of the two contracts: the borrowers' and the operators'.
const (
	rootFile    = "openapi.yaml"
	opsRootFile = "ops.yaml"
)

// bundler collects the components as it meets references to them.
type bundler struct {
	dir        string
	root       string // the file that names the paths
	files      map[string]*yaml.Node
	components map[string]map[string]component
}

// component is a reusable object and the place it was taken from.
type component struct {
	origin string
	node   *yaml.Node
}

// load parses a file of dir once.
func (b *bundler) load(name string) (*yaml.Node, error) {
	if n, ok := b.files[name]; ok {
		return n, nil
	}
	raw, err := os.ReadFile(filepath.Join(b.dir, filepath.FromSlash(name)))
	if err != nil {
		return nil, err
	}
	n, err := parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	b.files[name] = n
	return n, nil
}

// parse reads one YAML document into a normalised tree.
func parse(raw []byte) (*yaml.Node, error) {
	var doc yaml.Node
	if err := yaml.NewDecoder(bytes.NewReader(raw)).Decode(&doc); err != nil {
		return nil, err
	}
	if len(doc.Content) != 1 {
		return nil, fmt.Errorf("want exactly one document")
	}
	return doc.Content[0], normalise(doc.Content[0])
}

// adoptRootComponents registers what the root document declares itself, so that a file's component of the same name is a
// collision.
func (b *bundler) adoptRootComponents(root *yaml.Node) error {
	return pairs(lookup(root, "components"), func(section, members *yaml.Node) error {
		return pairs(members, func(name, node *yaml.Node) error {
			origin := b.root + "#/components/" + section.Value + "/" + name.Value
			return b.register(section.Value, name.Value, origin, node)
		})
	})
}

func (b *bundler) register(section, name, origin string, node *yaml.Node) error {
	members := b.components[section]
	if members == nil {
		members = map[string]component{}
		b.components[section] = members
	}
	if known, ok := members[name]; ok && known.origin != origin {
		return fmt.Errorf("name collision in components.%s: %q is both %s and %s", section, name, known.origin, origin)
	}
	members[name] = component{origin, node}
	return nil
}

// visit walks an object of the given kind that stands in file and rewrites its references in place.
func (b *bundler) visit(n *yaml.Node, k kind, file string) error {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	if ref := lookup(n, "$ref"); ref != nil {
		return b.follow(n, ref, k, file)
	}
	return pairs(n, func(key, value *yaml.Node) error {
		c, ok := childOf(k, key.Value)
		if !ok {
			return nil
		}
		switch c.many {
		case mapOf:
			return pairs(value, func(name, member *yaml.Node) error {
				if strings.HasPrefix(name.Value, "x-") && c.kind != kindHeader && c.kind != kindSchema {
					return nil
				}
				return b.visit(member, c.kind, file)
			})
		case listOf:
			for _, member := range value.Content {
				if err := b.visit(member, c.kind, file); err != nil {
					return err
				}
			}
			return nil
		default:
			return b.visit(value, c.kind, file)
		}
	})
}

// follow replaces a path item by its target, and any other reference by one to the component its target becomes.
func (b *bundler) follow(n, ref *yaml.Node, k kind, file string) error {
	if len(n.Content) != 2 {
		return fmt.Errorf("%s line %d: OpenAPI 3.0 ignores what stands beside a $ref", file, n.Line)
	}
	target, node, err := b.resolve(ref.Value, file)
	if err != nil {
		return fmt.Errorf("%s line %d: %w", file, n.Line, err)
	}
	targetFile, pointer, _ := strings.Cut(target, "#")
	if k == kindPathItem {
		*n = *clone(node)
		return b.visit(n, k, targetFile)
	}
	section := sectionOf(k)
	if section == "" {
		return fmt.Errorf("%s line %d: no reference may stand here", file, n.Line)
	}
	name := baseName(targetFile, pointer)
	ref.Value, ref.Style = "#/components/"+section+"/"+name, yaml.SingleQuotedStyle
	if known, ok := b.components[section][name]; ok && known.origin == target {
		return nil
	}
	node = clone(node)
	if err := b.register(section, name, target, node); err != nil {
		return err
	}
	return b.visit(node, k, targetFile)
}

// baseName is the last segment of the pointer, or the file's name without its extension.
func baseName(file, pointer string) string {
	if pointer == "" {
		base := filepath.Base(file)
		return strings.TrimSuffix(base, filepath.Ext(base))
	}
	return unescape(pointer[strings.LastIndex(pointer, "/")+1:])
}

func unescape(segment string) string {
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(segment)
}

// resolve finds what a reference written in file means: its origin as file#pointer and its node. A reference to a
// reference is followed to its end.
func (b *bundler) resolve(ref, file string) (string, *yaml.Node, error) {
	for range 8 {
		path, pointer, _ := strings.Cut(ref, "#")
		if strings.Contains(path, "://") || strings.HasPrefix(path, "/") {
			return "", nil, fmt.Errorf("reference %q leaves the contract's directory", ref)
		}
		target := file
		if path != "" {
			target = filepath.ToSlash(filepath.Join(filepath.Dir(file), path))
		}
		if target == ".." || strings.HasPrefix(target, "../") {
			return "", nil, fmt.Errorf("reference %q leaves the contract's directory", ref)
		}
		node, err := b.load(target)
		if err != nil {
			return "", nil, fmt.Errorf("reference %q: %w", ref, err)
		}
		for _, segment := range strings.Split(pointer, "/")[1:] {
			if node = lookup(node, unescape(segment)); node == nil {
				return "", nil, fmt.Errorf("reference %q: %s has no %s", ref, target, pointer)
			}
		}
		next := lookup(node, "$ref")
		if next == nil {
			return target + "#" + pointer, node, nil
		}
		ref, file = next.Value, target
	}
	return "", nil, fmt.Errorf("reference %q goes in a circle", ref)
}

// print lays the components out: sections in a fixed order, names sorted.
func (b *bundler) print() *yaml.Node {
	out := mapping()
	for _, s := range sections {
		members := b.components[s.name]
		if len(members) == 0 {
			continue
		}
		section := mapping()
		for _, name := range slices.Sorted(maps.Keys(members)) {
			set(section, name, members[name].node)
		}
		set(out, s.name, section)
	}
	return out
}
