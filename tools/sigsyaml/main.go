// Command sigsyaml reads YAML as the API server and Argo CD do: a JSON list of texts in, a JSON list of their values out.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"sigs.k8s.io/yaml"
)

func main() {
	var texts []string
	if err := json.NewDecoder(os.Stdin).Decode(&texts); err != nil {
		fail(err)
	}
	values := make([]json.RawMessage, len(texts))
	for i, text := range texts {
		value, err := yaml.YAMLToJSONStrict([]byte(text))
		if err != nil {
			fail(fmt.Errorf("text %d: %w", i, err))
		}
		values[i] = value
	}
	if err := json.NewEncoder(os.Stdout).Encode(values); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
