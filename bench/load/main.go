// Load puts load on a daemon that serves containerd's snapshots service, through containerd's own client. It reads
// commands from its standard input, one line of JSON each, and answers each with a line: {"result": ...} or
// {"error": "..."}. It is compiled against Debian's golang-github-containerd-containerd-dev, without modules.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
)

// command is a line of input: what to do, and everything that one of the actions wants to know.
type command struct {
	Action string `json:"action"`
	// Namespace is where it works; every scenario has its own.
	Namespace string `json:"namespace"`

	loopOptions
	fillOptions
	stallOptions

	// Key and Name are of one snapshot: active, committed.
	Key  string `json:"key"`
	Name string `json:"name"`
	// Files is how many files a layer gets.
	Files int `json:"files"`
}

type action func(ctx context.Context, d *daemon, c command) (interface{}, error)

var actions = map[string]action{
	"answer":  waitForAnswer,
	"base":    makeBase,
	"burst":   burst,
	"clear":   clearNamespace,
	"collect": collectGarbage,
	"commit":  commitKey,
	"fill":    fill,
	"layer":   makeLayer,
	"loop":    loop,
	"stall":   stall,
	"usage":   measureUsage,
}

func perform(d *daemon, line []byte) (interface{}, error) {
	var c command
	if err := json.Unmarshal(line, &c); err != nil {
		return nil, err
	}
	act, ok := actions[c.Action]
	if !ok {
		return nil, fmt.Errorf("no action is called %q", c.Action)
	}
	result, err := act(inNamespace(c.Namespace), d, c)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Action, err)
	}
	return result, nil
}

func serve(d *daemon) error {
	lines := bufio.NewScanner(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		result, err := perform(d, lines.Bytes())
		answer := map[string]interface{}{"result": result}
		if err != nil {
			answer = map[string]interface{}{"error": err.Error()}
		}
		if err := answers.Encode(answer); err != nil {
			return err
		}
	}
	return lines.Err()
}

func main() {
	address := flag.String("address", "", "the socket of the daemon")
	mountPoints := flag.String("mount-points", "", "a directory in which snapshots can be mounted")
	flag.Parse()
	d, err := dial(*address)
	if err == nil {
		d.mountPoints = *mountPoints
		err = serve(d)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}
