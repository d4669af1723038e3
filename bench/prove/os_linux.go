package main

import (
	"os/exec"
	"syscall"
)

// dieWithParent ends a process with the prover, however that ends.
func dieWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
