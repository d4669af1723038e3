package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// workshop is where clients are generated and compiled.
type workshop struct {
	*checkout
	dir       string
	spec      string // the mobile document
	generator string // openapi-generator's jar, which also holds Jackson
	server    *live
}

// consumers makes clients of the mobile document with the generators that mobile teams use, compiles them, and runs them against a live
// server. No line of a generated client is touched.
func consumers(ctx context.Context, c *checkout, _ []string) error {
	dir, err := os.MkdirTemp("", "creditpocket-consumers-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	w := &workshop{checkout: c, dir: dir, spec: c.dist("creditpocket-mobile.yaml"),
		generator: c.path("openapi", "tools", "node_modules", "@openapitools", "openapi-generator-cli", "bin", "openapi-generator.jar")}
	if w.server, err = c.startServer(ctx, true); err != nil {
		return err
	}
	defer w.server.stop()
	began := time.Now()
	done := []any{}
	for _, consumer := range []struct {
		name string
		make func(context.Context) (string, error)
	}{
		{"java", w.java}, {"kotlin", w.kotlin}, {"typescript", w.typescript}, {"plus_kotlin", w.plus("kotlin", ".kt")}, {"plus_swift", w.plus("swift", ".swift")},
	} {
		started := time.Now()
		said, err := consumer.make(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", consumer.name, err)
		}
		fmt.Printf("%s (%.0f s)\n", strings.TrimSpace(said), time.Since(started).Seconds())
		done = append(done, consumer.name, "ok")
	}
	result("contract-consumers", append(done, "seconds", int(time.Since(began).Seconds()))...)
	return nil
}

// generate runs openapi-generator.
func (w *workshop) generate(ctx context.Context, out, generator, parts, properties string) error {
	_, err := command{}.output(ctx, "java", "-Xmx1g", "-jar", w.generator, "generate", "-i", w.spec, "-g", generator, "-o", filepath.Join(w.dir, out),
		"--global-property", parts+",modelDocs=false,modelTests=false,apiDocs=false,apiTests=false", "--additional-properties", properties)
	return err
}

// java logs in, lists loans and reads a typed 409 from the live server.
func (w *workshop) java(ctx context.Context) (string, error) {
	if err := w.generate(ctx, "java", "java", "models,apis,supportingFiles",
		"library=native,openApiNullable=false,dateLibrary=java8,hideGenerationTimestamp=true,invokerPackage=org.creditpocket,apiPackage=org.creditpocket.api,modelPackage=org.creditpocket.model"); err != nil {
		return "", err
	}
	sources, err := files(filepath.Join(w.dir, "java", "src", "main", "java"), ".java")
	if err != nil {
		return "", err
	}
	classes := filepath.Join(w.dir, "java-classes")
	args := append([]string{"-nowarn", "-d", classes, "-cp", w.generator, w.path("openapi", "tools", "consumers", "Main.java")}, sources...)
	if _, err := (command{}).output(ctx, "javac", args...); err != nil {
		return "", err
	}
	out, err := command{}.output(ctx, "java", "-cp", classes+":"+w.generator, "Main", w.server.base, w.server.mobile, w.server.password, w.path("openapi", "examples", "loan-list-response.json"))
	return fmt.Sprintf("%d files: %s", len(sources), out), err
}

// kotlin parses the answer that survives of the original service.
func (w *workshop) kotlin(ctx context.Context) (string, error) {
	const gson, stdlib = "/usr/share/java/gson.jar", "/usr/share/java/kotlin-stdlib.jar"
	if _, err := exec.LookPath("kotlinc"); err != nil {
		return "", errors.New("kotlinc is missing: apt-get install kotlin libgoogle-gson-java")
	}
	if err := w.generate(ctx, "kotlin", "kotlin", "models", "serializationLibrary=gson,packageName=org.creditpocket,dateLibrary=string"); err != nil {
		return "", err
	}
	sources, err := files(filepath.Join(w.dir, "kotlin"), ".kt")
	if err != nil {
		return "", err
	}
	jar := filepath.Join(w.dir, "kotlin.jar")
	args := append([]string{"-J-Xmx1g", "-nowarn", "-cp", gson, "-d", jar, w.path("openapi", "tools", "consumers", "Main.kt")}, sources...)
	if _, err := (command{}).output(ctx, "kotlinc", args...); err != nil {
		return "", err
	}
	out, err := command{}.output(ctx, "java", "-cp", strings.Join([]string{jar, gson, stdlib}, ":"), "MainKt", w.path("openapi", "examples", "loan-list-response.json"))
	return fmt.Sprintf("%d files: %s", len(sources), out), err
}

// typescript is a program that compiles under --strict only while every name and type it uses is the document's.
func (w *workshop) typescript(ctx context.Context) (string, error) {
	dir := filepath.Join(w.dir, "typescript")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	// It would take the documents of a redocly.yaml in its folder for those it is asked for.
	if _, err := (command{dir: dir}).output(ctx, w.tool("openapi-typescript"), w.spec, "-o", filepath.Join(dir, "creditpocket.d.ts")); err != nil {
		return "", err
	}
	source, err := os.ReadFile(w.path("openapi", "tools", "consumers", "main.ts"))
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, "main.ts"), source, 0o644); err != nil {
		return "", err
	}
	if _, err := (command{dir: dir}).output(ctx, w.tool("tsc"), "--strict", "--noUncheckedIndexedAccess", "--target", "es2022", "--module", "commonjs",
		"--moduleResolution", "node10", "--lib", "es2022,dom", "--types", "node", "--typeRoots", w.path("openapi", "tools", "node_modules", "@types"), "main.ts"); err != nil {
		return "", err
	}
	out, err := command{dir: dir}.output(ctx, "node", "main.js", w.server.base, w.server.mobile, w.server.password)
	return "tsc --strict: " + string(out), err
}

// plus generates with openapi-generator-plus. Its Kotlin wants the compiler of 1.9 (`data object`) and Ktor, where Debian has 1.3 and nothing of Ktor,
// and there is no Swift compiler here: what it makes is counted, not compiled.
func (w *workshop) plus(language, extension string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		out := filepath.Join(w.dir, "plus-"+language)
		if _, err := (command{dir: w.path("openapi", "tools")}).output(ctx, w.tool("openapi-generator-plus"), "-o", out,
			"-g", "@openapi-generator-plus/"+language+"-client-generator", w.spec); err != nil {
			return "", err
		}
		made, err := files(out, extension)
		if err != nil {
			return "", err
		}
		if len(made) < 50 {
			return "", fmt.Errorf("only %d files", len(made))
		}
		return fmt.Sprintf("openapi-generator-plus %s: %d files, not compiled", language, len(made)), nil
	}
}

// files lists the files under dir with an extension.
func files(dir, extension string) (found []string, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, extension) {
			found = append(found, path)
		}
		return err
	})
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("no %s files in %s", extension, dir)
	}
	return found, err
}
