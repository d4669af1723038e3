package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// faultTable reads what TestSeededFaults left, lets the second judge look at each fault, and prints who caught what. Every fault must be
// caught by one of the two.
func faultTable(_ context.Context, c *checkout, args []string) error {
	if len(args) != 1 {
		return errors.New("name the folder of the records")
	}
	second, err := c.secondJudge("creditpocket")
	if err != nil {
		return err
	}
	folders, err := os.ReadDir(args[0])
	if err != nil {
		return err
	}
	fmt.Printf("%-32s %-28s %s\n", "planted fault", "contract suite (kin-openapi)", "second judge (libopenapi)")
	faults, caught, one, two := 0, 0, 0, 0
	for _, folder := range folders {
		if !folder.IsDir() {
			continue
		}
		faults++
		dir := filepath.Join(args[0], folder.Name())
		verdict, err := os.ReadFile(filepath.Join(dir, "verdict"))
		if err != nil {
			return err
		}
		files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
		if err != nil {
			return err
		}
		answers, word := 0, "missed"
		for _, file := range files {
			if err := each(file, func(r record) error {
				answers++
				wrong, err := rejected(second, r)
				if wrong != "" {
					word = "caught"
				}
				return err
			}); err != nil {
				return err
			}
		}
		if answers != 1 {
			return fmt.Errorf("%s has %d answers", dir, answers)
		}
		if string(verdict) == "caught" {
			one++
		}
		if word == "caught" {
			two++
		}
		if string(verdict) == "caught" || word == "caught" {
			caught++
		}
		fmt.Printf("%-32s %-28s %s\n", strings.ReplaceAll(folder.Name(), "-", " "), verdict, word)
	}
	result("contract-faults", "planted", faults, "caught", caught, "by_contract_suite", one, "by_second_judge", two)
	if faults < 10 || caught < faults {
		return fmt.Errorf("%d of %d faults were caught", caught, faults)
	}
	return nil
}
