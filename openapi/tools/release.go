package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
)

const changelogHead = `# Changes of the contract

Each release of the two documents in ` + "`openapi/released/`" + `, newest first. What is listed oasdiff has found; what is a break (:warning:) was meant, and says what clients must do.
Written by ` + "`make spec-release VERSION=`" + `. What has changed since the last release: ` + "`make spec-breaking`" + `.
`

// release makes the present documents the released ones: the next contract is compared with them.
func release(ctx context.Context, c *checkout, args []string) error {
	if len(args) != 1 || !regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+$`).MatchString(args[0]) {
		return errors.New("name the version, such as 1.1.0")
	}
	version := args[0]
	for _, name := range documents {
		if says, err := versionOf(c.dist(name + ".json")); err != nil || says != version {
			return fmt.Errorf("%s says that it is version %s: set info.version in openapi/openapi.yaml and openapi/ops.yaml, and make generate: %w", name, says, err)
		}
	}
	allowed, err := c.permissions()
	if err != nil {
		return err
	}
	file := c.path("docs", "api-changelog.md")
	old, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	if strings.Contains(string(old), "\n## "+version+"\n") {
		return fmt.Errorf("%s is released already", version)
	}
	entry := "\n## " + version + "\n"
	for _, name := range documents {
		text := "First release.\n"
		if _, err = os.Stat(c.released(name)); err == nil {
			if text, err = c.changelog(ctx, c.released(name), c.dist(name+".yaml"), allowed); err != nil {
				return err
			}
		}
		entry += fmt.Sprintf("\n### %s\n\n%s", name, text)
	}
	if len(allowed.Once) > 0 {
		entry += "\n### Breaks that are meant\n\n"
		for _, i := range allowed.Once {
			entry += fmt.Sprintf("- `%s`, %s (%s): %s Instead: %s\n", i.Operation, cmp.Or(i.Text, "the operation"), i.ID, i.Why, i.Instead)
		}
	}
	_, earlier, _ := strings.Cut(string(old), "\n## ")
	if earlier != "" {
		earlier = "\n## " + earlier
	}
	if err := os.WriteFile(file, []byte(changelogHead+entry+earlier), 0o644); err != nil {
		return err
	}
	if err := os.MkdirAll(c.path("openapi", "released"), 0o755); err != nil {
		return err
	}
	for _, name := range documents {
		raw, err := os.ReadFile(c.dist(name + ".yaml"))
		if err != nil {
			return err
		}
		if err := os.WriteFile(c.released(name), raw, 0o644); err != nil {
			return err
		}
	}
	if err := c.forgetBreaks(); err != nil {
		return err
	}
	result("spec-release", "version", version, "documents", len(documents), "intended_breaks", len(allowed.Once))
	return nil
}

// forgetBreaks empties the list of intended breaks; the changelog has them now.
func (c *checkout) forgetBreaks() error {
	file := c.path("openapi", "intended-breaks.yaml")
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	head, _, found := strings.Cut(string(raw), "\nonce:")
	if !found {
		return errors.New("openapi/intended-breaks.yaml has no once")
	}
	return os.WriteFile(file, []byte(head+"\nonce: []\n"), 0o644)
}

func versionOf(file string) (string, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	var doc struct{ Info struct{ Version string } }
	err = json.Unmarshal(raw, &doc)
	return doc.Info.Version, err
}
