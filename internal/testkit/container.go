package testkit

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/modules/postgres"
	"github.com/testcontainers/testcontainers-go/wait"
)

const image = "postgres:15-alpine"

// engineAnswers asks for a Docker engine, for a limited time: a machine without one must not wait.
func engineAnswers(ctx context.Context, limit time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	answer := make(chan bool, 1)
	go func() { // looking for the engine's address heeds no context
		engine, err := testcontainers.NewDockerClientWithOpts(ctx)
		if err != nil {
			answer <- false
			return
		}
		defer engine.Close()
		_, err = engine.Ping(ctx, client.PingOptions{})
		answer <- err == nil
	}()
	select {
	case ok := <-answer:
		return ok
	case <-ctx.Done():
		return false
	}
}

// startContainer starts the named container, or finds it running, and returns the URL of its database "postgres".
func startContainer(ctx context.Context, name string) (string, error) {
	command := []string{"postgres"}
	for setting, value := range testSettings() {
		command = append(command, "-c", setting+"="+value)
	}
	c, err := postgres.Run(ctx, image,
		testcontainers.WithReuseByName(name),
		postgres.WithPassword(rand.Text()), // the port may be open to the network
		testcontainers.WithEnv(map[string]string{"POSTGRES_INITDB_ARGS": "--encoding=UTF8 --locale=C"}),
		testcontainers.WithTmpfs(map[string]string{"/var/lib/postgresql/data": "rw"}),
		testcontainers.WithCmd(command...),
		testcontainers.WithConfigModifier(func(config *container.Config) {
			// The container serves several runs and has a reaper of its own; the library's would end it with the first.
			delete(config.Labels, "org.testcontainers.reap")
			delete(config.Labels, "org.testcontainers.sessionId")
		}),
		// The image starts the server once to initialise it and once for good. Whether it answers is asked below, by a real
		// connection: the library's port check needs tools in the image.
		testcontainers.WithWaitStrategy(wait.ForLog("database system is ready to accept connections").WithOccurrence(2).WithStartupTimeout(time.Minute)),
	)
	if err != nil {
		return "", fmt.Errorf("container %s of %s: %w", name, image, err)
	}
	text, err := c.ConnectionString(ctx, "sslmode=disable")
	if err != nil {
		return "", fmt.Errorf("container %s: %w", name, err)
	}
	u, err := url.Parse(text)
	if err != nil {
		return "", fmt.Errorf("container %s: its URL does not parse", name)
	}
	u.Path = "/postgres"
	for began := time.Now(); !answers(ctx, u.String()); {
		if time.Since(began) > 30*time.Second || ctx.Err() != nil {
			return "", fmt.Errorf("container %s does not answer on %s", name, u.Host)
		}
		time.Sleep(50 * time.Millisecond)
	}
	return u.String(), nil
}

// removeContainer ends the named container; its data is in memory and ends with it.
func removeContainer(ctx context.Context, name string) error {
	engine, err := testcontainers.NewDockerClientWithOpts(ctx)
	if err != nil {
		return err
	}
	defer engine.Close()
	_, err = engine.ContainerRemove(ctx, name, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if errdefs.IsNotFound(err) {
		return nil
	}
	return err
}
