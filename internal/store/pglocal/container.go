package pglocal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// A cluster made by a container engine stays with it: the file "container" beside the data says so, because the data
// belongs to an account of the image that no program outside can use. It reads "initialising" until the first answer.

func (s *starter) containerised() bool {
	_, err := os.Stat(s.file("container"))
	return err == nil
}

func (s *starter) containerName() string { return "creditpocket-pg-" + digest(s.dir) }

// engine runs a command of the container engine. The password travels in its environment, never in its arguments.
func (s *starter) engine(ctx context.Context, args ...string) (string, error) {
	pw, err := s.password()
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, s.docker, args...)
	cmd.Env = append(os.Environ(), "POSTGRES_PASSWORD="+pw)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &errs, 2*time.Second
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w %s", s.docker, args[0], err, strings.TrimSpace(errs.String()))
	}
	return strings.TrimSpace(out.String()), nil
}

// engineUnavailable says why no container can be run, "" when one can.
func (s *starter) engineUnavailable(ctx context.Context) string {
	if s.NoDocker {
		return "no container: refused by the setting"
	}
	if _, err := exec.LookPath(s.docker); err != nil {
		return fmt.Sprintf("no container: no command %q", s.docker)
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	if _, err := s.engine(ctx, "version", "--format", "{{.Server.Version}}"); err != nil {
		return "no container: " + err.Error()
	}
	return ""
}

// containerPort is the loopback port of the running container, 0 when none runs.
func (s *starter) containerPort(ctx context.Context) int {
	out, err := s.engine(ctx, "port", s.containerName(), "5432/tcp")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(out, "\n")
	port, err := strconv.Atoi(first[strings.LastIndexByte(first, ':')+1:])
	if err != nil {
		return 0
	}
	return port
}

func (s *starter) adoptContainer(ctx context.Context) (*Cluster, error) {
	if why := s.engineUnavailable(ctx); why != "" {
		return nil, fmt.Errorf("pglocal: the data in %s lives in a container of image %s: %w\n  %s\nIt was not touched. Start the engine, or choose another data directory", s.data(), s.Image, ErrNoPostgres, why)
	}
	port := s.containerPort(ctx)
	if port == 0 {
		return nil, nil
	}
	if err := s.containerReady(ctx, port); err != nil {
		return nil, err
	}
	return &Cluster{s: s, port: port, source: Adopted, adopted: true}, nil
}

func (s *starter) launchContainer(ctx context.Context) (*Cluster, error) {
	// One left by a crash. The data is in the directory, not in it.
	_, _ = s.engine(ctx, "rm", "--force", s.containerName())
	if state, err := os.ReadFile(s.file("container")); err == nil && strings.TrimSpace(string(state)) == "initialising" {
		if entries, err := os.ReadDir(s.data()); err != nil || len(entries) > 0 {
			aside := fmt.Sprintf("%s.unfinished-%d", s.data(), time.Now().Unix())
			s.Log.Warn("the first start of the container did not finish; its data is put aside", "data", aside)
			if err := os.Rename(s.data(), aside); err != nil {
				return nil, fmt.Errorf("pglocal: %w", err)
			}
		}
	}
	if !s.containerised() {
		if err := s.write("container", "initialising\n", 0o644); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(s.data(), 0o700); err != nil {
		return nil, fmt.Errorf("pglocal: %w", err)
	}
	port, err := FreePort(s.savedPort())
	if err != nil {
		return nil, err
	}
	s.Log.Info("starting PostgreSQL in a container", "image", s.Image, "name", s.containerName(), "data", s.data())
	args := []string{
		"run", "--detach", "--name", s.containerName(),
		"--publish", fmt.Sprintf("127.0.0.1:%d:5432", port),
		"--volume", s.data() + ":/var/lib/postgresql/data",
		"--env", "POSTGRES_USER=" + superuser, "--env", "POSTGRES_PASSWORD",
		"--env", "POSTGRES_INITDB_ARGS=--encoding=UTF8 --locale=C --auth=scram-sha-256 --data-checksums",
		s.Image, "postgres",
	}
	_, err = s.engine(ctx, append(args, s.settings()...)...)
	if err == nil {
		err = s.containerReady(ctx, port)
	}
	if err != nil {
		_, rmErr := s.engine(context.WithoutCancel(ctx), "rm", "--force", s.containerName())
		return nil, fmt.Errorf("pglocal: container %s: %w", s.containerName(), errors.Join(err, rmErr))
	}
	return &Cluster{s: s, port: port, source: Container}, s.savePort(port)
}

// containerReady waits until the container's server answers.
func (s *starter) containerReady(ctx context.Context, port int) error {
	for began := time.Now(); ; {
		err := s.answers(ctx, port)
		if err == nil {
			return s.write("container", "ready\n", 0o644)
		}
		if errors.Is(err, ErrForeign) {
			return err
		}
		if running, e := s.engine(ctx, "inspect", "--format", "{{.State.Running}}", s.containerName()); e != nil || running != "true" {
			said, _ := s.engine(ctx, "logs", "--tail", "20", s.containerName())
			return fmt.Errorf("it ended: %w\n%s", errors.Join(err, e), said)
		}
		if time.Since(began) > 2*time.Minute {
			return fmt.Errorf("no answer for two minutes: %w", err)
		}
		if e := pause(ctx, 100*time.Millisecond); e != nil {
			return errors.Join(e, err)
		}
	}
}

// stopContainer stops the server in order and removes the container; the data stays in its directory.
func (s *starter) stopContainer(ctx context.Context) error {
	if s.containerPort(ctx) != 0 {
		if _, err := s.engine(ctx, "stop", "--time", "30", s.containerName()); err != nil {
			return fmt.Errorf("pglocal: %w", err)
		}
	}
	_, _ = s.engine(ctx, "rm", "--force", s.containerName())
	return nil
}

func (s *starter) killContainer(ctx context.Context) error {
	_, err := s.engine(ctx, "kill", s.containerName())
	return err
}
