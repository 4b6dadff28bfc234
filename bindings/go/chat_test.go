package sextant_test

import (
	"testing"
)

func TestChatAnswersAreRead(t *testing.T) {
	m := modelOf(t)
	call := "<tool_call>\n{\"name\": \"get\", \"arguments\": {\"city\": \"Paris\"}}\n</tool_call>"
	got, err := m.ParseChat("<tool_call>", "<think>\n", "Hm.</think>\n\nYes. "+call, false)
	if err != nil {
		t.Fatal(err)
	}
	if got.Content != "Yes." || got.Reasoning != "Hm." || got.Malformed || len(got.ToolCalls) != 1 {
		t.Fatalf("got %+v", got)
	}
	if c := got.ToolCalls[0]; c.Name != "get" || c.Arguments != "{\"city\":\"Paris\"}" || c.ID == "" {
		t.Fatalf("got %+v", c)
	}
	if got, err = m.ParseChat("", "", "Yes <tool_ca", true); err != nil || got.Content != "Yes" {
		t.Fatalf("got %+v, %v", got, err)
	}
}
