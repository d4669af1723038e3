package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// contender is one server of the comparison.
type contender struct {
	name      string
	validates string // what, in words
	ours      bool
	both      bool // it validates requests and answers
	explains  bool // it is there to explain the others, nobody has to be ahead of it
	command   func(addr, port, data string) []string
}

// contenders are all servers, in the order in which a round visits them.
func contenders(self, bin string) []*contender {
	us := func(mode, name, validates string, both bool) *contender {
		return &contender{name: name, validates: validates, ours: true, both: both, command: func(addr, _, data string) []string {
			return []string{self, "-serve", mode, "-addr", addr, "-data", data}
		}}
	}
	goPeer := func(name, validates string, both bool, more ...string) *contender {
		return &contender{name: name, validates: validates, both: both, command: func(addr, _, data string) []string {
			return append([]string{filepath.Join(bin, name), "-addr", addr, "-data", data}, more...)
		}}
	}
	// What our answers have to do beside the operation explains a part of the distance.
	dutiful := goPeer("ogen", "requests and answers; with the headers, request id and deadlines of ours", true, "-duties")
	dutiful.name, dutiful.explains = "ogen, our duties", true
	nodePeer := func(name, file string) *contender {
		return &contender{name: name, validates: "requests and answers (objects, before they are encoded)", both: true, command: func(_, port, data string) []string {
			return []string{"node", filepath.Join(peersDir, "node", file), data, port}
		}}
	}
	return []*contender{
		us("none", "ours, unchecked", "nothing", false),
		us("both", "ours", "requests and answers (bytes)", true),
		us("request", "ours, requests alone", "requests", false),
		goPeer("ogen", "requests and answers (structs, before they are encoded)", true),
		dutiful,
		goPeer("huma", "requests", false),
		nodePeer("fastify + ajv", "fastify.js"),
		nodePeer("express-openapi-validator", "express.js"),
		us("kin", "ours, by kin-openapi", "requests and answers", true),
	}
}

// build makes the peers: the Go ones from their module, the Node ones' packages from their lock file.
func build(ctx context.Context, bin string) error {
	peers := exec.CommandContext(ctx, "go", "build", "-o", bin+"/", "./ogen", "./huma")
	peers.Dir, peers.Env = peersDir, append(os.Environ(), "GOWORK=off")
	if out, err := peers.CombinedOutput(); err != nil {
		return fmt.Errorf("the Go peers: %w\n%s", err, out)
	}
	if _, err := exec.LookPath("node"); err != nil {
		return errors.New("node is needed for two of the peers")
	}
	npm := exec.CommandContext(ctx, "npm", "ci", "--no-audit", "--no-fund", "--silent")
	npm.Dir = filepath.Join(peersDir, "node")
	if out, err := npm.CombinedOutput(); err != nil {
		return fmt.Errorf("the Node peers: %w\n%s", err, out)
	}
	return nil
}

// spoil copies the answers to a folder, the one to a profile with a number out of its bounds.
func spoil(dir string) error {
	for _, name := range []string{"openapi.json", "page.json", profileFile} {
		raw, err := os.ReadFile(filepath.Join(peersDir, name))
		if err != nil {
			return err
		}
		if name == profileFile {
			raw = []byte(strings.Replace(string(raw), `"workStatus": 1`, `"workStatus": 99`, 1))
		}
		if err := os.WriteFile(filepath.Join(dir, name), raw, 0o644); err != nil {
			return err
		}
	}
	return nil
}
