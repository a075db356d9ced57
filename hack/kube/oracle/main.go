// oracle tells how the tools that people deploy with would read objects: kstatus (Flux, Helm 4,
// kubectl's cli-utils) and health scripts of Argo CD.
//
// usage: oracle [-lua FILE] <objects      one object in YAML or JSON, or a list of them
// Prints one line for each: kstatus's word, a tab, Argo CD's word ("-" without a script), a tab,
// Argo CD's message.
//
//	oracle -helmrelease <object      one HelmRelease of Flux: fails if it has a field that Flux's
//	                                 own type does not know, or one of another type
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"

	helmv2 "github.com/fluxcd/helm-controller/api/v2"
	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
	"sigs.k8s.io/yaml"
)

func main() {
	script := flag.String("lua", "", "health script of Argo CD")
	helmRelease := flag.Bool("helmrelease", false, "check a HelmRelease of Flux")
	flag.Parse()
	check := func() error { return run(*script) }
	if *helmRelease {
		check = checkHelmRelease
	}
	if err := check(); err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(1)
	}
}

func run(script string) error {
	objects, err := readObjects(os.Stdin)
	if err != nil {
		return err
	}
	text := []byte{}
	if script != "" {
		if text, err = os.ReadFile(script); err != nil {
			return err
		}
	}
	for _, object := range objects {
		result, err := status.Compute(&unstructured.Unstructured{Object: object})
		if err != nil {
			return err
		}
		health, message := "-", ""
		if script != "" {
			if health, message, err = argo(string(text), object); err != nil {
				return err
			}
		}
		fmt.Printf("%s\t%s\t%s\n", result.Status, health, message)
	}
	return nil
}

func checkHelmRelease() error {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	var release helmv2.HelmRelease
	if err := yaml.UnmarshalStrict(text, &release); err != nil {
		return err
	}
	if release.APIVersion != helmv2.GroupVersion.String() || release.Kind != helmv2.HelmReleaseKind {
		return fmt.Errorf("%s %s is no HelmRelease", release.APIVersion, release.Kind)
	}
	return nil
}

// readObjects: numbers as int64 where they are whole, as the API machinery has them.
func readObjects(from io.Reader) ([]map[string]any, error) {
	text, err := io.ReadAll(from)
	if err != nil {
		return nil, err
	}
	if text, err = yaml.YAMLToJSON(text); err != nil {
		return nil, err
	}
	var list []json.RawMessage
	if json.Unmarshal(text, &list) != nil {
		list = []json.RawMessage{text}
	}
	var objects []map[string]any
	for _, item := range list {
		var object unstructured.Unstructured
		if err := object.UnmarshalJSON(item); err != nil {
			return nil, err
		}
		objects = append(objects, object.Object)
	}
	return objects, nil
}

// argo runs a script as Argo CD's util/lua does: base, table and string libraries, the object in
// the global obj, and a table with status and message as its result.
func argo(script string, object map[string]any) (string, string, error) {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for _, open := range []lua.LGFunction{lua.OpenBase, lua.OpenTable, lua.OpenString} {
		state.Push(state.NewFunction(open))
		state.Call(0, 0)
	}
	state.SetGlobal("obj", toLua(state, object))
	if err := state.DoString(script); err != nil {
		return "", "", err
	}
	table, ok := state.Get(-1).(*lua.LTable)
	if !ok {
		return "", "", fmt.Errorf("the script returns no table")
	}
	health := lua.LVAsString(table.RawGetString("status"))
	switch health {
	case "Healthy", "Progressing", "Degraded", "Suspended", "Missing", "Unknown":
	default:
		return "", "", fmt.Errorf("the script returns the status %q, which Argo CD does not know", health)
	}
	return health, lua.LVAsString(table.RawGetString("message")), nil
}

func toLua(state *lua.LState, value any) lua.LValue {
	switch typed := value.(type) {
	case map[string]any:
		table := state.NewTable()
		for key, item := range typed {
			table.RawSetString(key, toLua(state, item))
		}
		return table
	case []any:
		table := state.NewTable()
		for _, item := range typed {
			table.Append(toLua(state, item))
		}
		return table
	case string:
		return lua.LString(typed)
	case bool:
		return lua.LBool(typed)
	case int64:
		return lua.LNumber(typed)
	case float64:
		return lua.LNumber(typed)
	}
	return lua.LNil
}
