//go:build unix

package shell_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/e6data/e6data-go/enginetest"
)

func TestScreenOfAResult(t *testing.T) {
	t.Parallel()
	srv := newEngine(t)
	term := openTerminal(t, dsn(srv))
	term.run("SELECT id, customer, amount FROM orders;")
	term.run(`\x`)
	term.run("SELECT id, customer, amount FROM orders;")
	term.golden("result")
	term.leave()
}

func TestScreenOfAnError(t *testing.T) {
	t.Parallel()
	term := openTerminal(t, dsn(newEngine(t)))
	term.prompt()
	for _, line := range []string{"SELECT id,", "  amuont", "FROM orders;"} {
		term.send(line + enter)
	}
	term.see("did you mean")
	term.prompt()
	term.golden("error")
	term.leave()
}

// TestScreenOfCompletion completes a table, which shows a menu, and a column, of which
// there is one.
func TestScreenOfCompletion(t *testing.T) {
	t.Parallel()
	srv := newEngine(t)
	term := openTerminal(t, dsn(srv))
	term.prompt()
	term.send("SELECT amount" + enter + "FROM ord")
	term.complete("orders  order_items") // and inserts what they share
	term.golden("completion")
	term.send(tab)
	term.see("FROM orders")
	term.send(";" + enter)
	term.see("12.30")
	term.prompt()
	term.send("SELECT id FROM orders WHERE cus")
	term.complete("WHERE customer")
	term.interrupt()
	term.leave()
}

// TestCompletionDoesNotWait presses Tab while the engine does not answer, and goes on.
func TestCompletionDoesNotWait(t *testing.T) {
	t.Parallel()
	srv := newEngine(t)
	hang := srv.Inject(enginetest.Fault{Method: "getTablesV2", Hang: true})
	defer hang.Release()
	term := openTerminal(t, dsn(srv))
	term.prompt()
	await(t, hang.Struck())
	term.send("SELECT * FROM ord" + tab)
	term.see("names are being fetched")
	term.send("ers;" + enter)
	term.see("(3 rows)")
	term.leave()
}

func TestScreenOfTheHistory(t *testing.T) {
	t.Parallel()
	srv := newEngine(t)
	history := "E6SQL_TEST_HISTORY=" + filepath.Join(t.TempDir(), "state", "history.jsonl")
	first := openTerminal(t, dsn(srv), history)
	first.run("SELECT 1;")
	first.run("SELECT * FROM orders;")
	first.run(`\timing off`)
	first.leave()

	second := openTerminal(t, dsn(srv), history)
	second.prompt()
	second.send("from" + ctrlR)
	second.see("> SELECT * FROM orders;")
	second.see("older inputs")
	second.golden("history")
	second.send(enter)
	second.see("(3 rows)")
	second.prompt()
	second.send(up)
	second.await("the latest input", func(screen string) bool { return strings.HasSuffix(screen, "> SELECT * FROM orders;\n") })
	second.interrupt()
	second.leave()
}

// TestPasteRunsNothing checks that a pasted text is one input, that no part of it is lost,
// and that it runs when the user presses Enter.
func TestPasteRunsNothing(t *testing.T) {
	t.Parallel()
	srv := newEngine(t)
	statement := "SELECT 1 /* " + strings.Repeat("0123456789 ", 2000) + "*/"
	srv.Handle(statement, enginetest.NewResult().Column("pasted", "STRING").Row("whole"))
	term := openTerminal(t, dsn(srv))
	term.prompt()
	term.await("request for brackets around pasted text", func(string) bool { return term.pastes })
	term.send("\x1b[200~" + statement + ";\r\n\x1b[201~")
	term.see("789 */;")
	if n := srv.Count("prepareStatement"); n != 0 {
		t.Errorf("%d statements were prepared before Enter", n)
	}
	term.send(enter)
	term.see("whole")
	term.leave()
}

// TestTypingAhead checks that inputs which are typed while a statement runs are read
// afterwards.
func TestTypingAhead(t *testing.T) {
	t.Parallel()
	srv := newEngine(t)
	hang := srv.Inject(enginetest.Fault{Method: "executeStatement", Hang: true, Times: 1})
	term := openTerminal(t, dsn(srv))
	term.prompt()
	term.send("SELECT 1;" + enter)
	<-hang.Struck()
	term.send("SELECT * FROM orders;" + enter)
	hang.Release()
	term.see("1200.00")
	term.leave()
	if n := srv.Count("executeStatement"); n != 2 {
		t.Errorf("%d statements were executed", n)
	}
}

// TestTypingBeforeThePrompt checks that an input which is typed before the shell has
// started is read.
func TestTypingBeforeThePrompt(t *testing.T) {
	t.Parallel()
	term := openTerminal(t, dsn(newEngine(t)))
	term.send("SELECT 1;" + enter)
	term.see("(1 row)")
	term.leave()
}

// TestScreenAtItsEnd writes an input of several lines, with a menu, on the last lines of
// the screen.
func TestScreenAtItsEnd(t *testing.T) {
	t.Parallel()
	term := openTerminal(t, dsn(newEngine(t)))
	term.run(`\timing off`)
	for range 3 {
		term.run("SELECT id, customer, amount FROM orders;")
	}
	term.prompt()
	term.send("SELECT amount" + enter + "FROM ord")
	term.complete("orders  order_items")
	term.golden("end")
	term.send(tab + ";" + enter)
	term.see("FROM orders;\n┌")
	term.see("│ amount │")
	term.leave()
}

// TestUpInAStatement moves the cursor to the line above, and corrects it.
func TestUpInAStatement(t *testing.T) {
	t.Parallel()
	srv := newEngine(t)
	srv.Handle("SELECT\n1", enginetest.NewResult().Column("n", "STRING").Row("corrected"))
	term := openTerminal(t, dsn(srv))
	term.run("SELECT 1;")
	term.send("SELEC" + enter + "1;" + up + ctrlE + "T")
	term.see("> SELECT\n            1;")
	term.send(enter)
	term.see("corrected")
	term.leave()
}

func TestScreenOfProgress(t *testing.T) {
	t.Parallel()
	srv := newEngine(t)
	hang := srv.Inject(enginetest.Fault{Method: "executeStatement", Hang: true, Times: 1})
	term := openTerminal(t, dsn(srv))
	term.run(`\timing off`)
	term.send("SELECT 1;" + enter)
	await(t, hang.Struck())
	golden(t, "progress", term.await("progress", func(screen string) bool {
		return regexp.MustCompile(`[⠀-⣿] +executing .*s\n$`).MatchString(screen)
	}))
	hang.Release()
	term.see("(1 row)")
	term.prompt()
	if screen := term.text(); strings.Contains(screen, "executing") {
		t.Errorf("the line of progress is still there:\n%s", screen)
	}
	term.leave()
}

func TestScreenOfJobs(t *testing.T) {
	t.Parallel()
	term := openTerminal(t, dsn(newEngine(t)))
	term.run(`\submit SELECT id, customer, amount FROM orders`)
	term.run(`\jobs`)
	term.run(`\fetch 1`)
	term.golden("jobs")
	term.leave()
}

func TestScreenOfTheCatalog(t *testing.T) {
	t.Parallel()
	term := openTerminal(t, dsn(newEngine(t)))
	term.run(`\dt`)
	term.run(`\d orders`)
	term.golden("catalog")
	term.leave()
}

func TestScreenOfAChart(t *testing.T) {
	t.Parallel()
	srv := newEngine(t)
	srv.Handle("SELECT city, total FROM sales", enginetest.NewResult().Column("city", "STRING").Column("total", "DECIMAL(10,2)").
		Row("Berlin", "120.50").Row("Pune", "310.00").Row("東京", "205.25"))
	term := openTerminal(t, dsn(srv))
	term.run(`\timing off`)
	term.run("SELECT city, total FROM sales;")
	term.run(`\chart city total`)
	term.golden("chart")
	term.leave()
}

func TestScreenOfWatch(t *testing.T) {
	t.Parallel()
	srv := newEngine(t)
	term := openTerminal(t, dsn(srv))
	term.run(`\timing off`)
	term.run("SELECT 1;")
	term.run(`\watch 0.1 2`)
	term.golden("watch")
	if n := srv.Count("executeStatement"); n != 3 {
		t.Errorf("%d statements were executed", n)
	}
	term.send(`\watch 0.1` + enter)
	term.see("run 3")
	term.send(ctrlC)
	term.see("cancelled")
	term.leave()
}

func TestResize(t *testing.T) {
	t.Parallel()
	srv := newEngine(t)
	term := openTerminal(t, dsn(srv))
	term.run(`\timing off`)
	term.run("SELECT id, customer, amount FROM orders;")
	term.resize(24, 30)
	term.send(`\g` + enter)
	term.see("customer | Zoë")
	term.prompt()
	term.leave()
}

// TestEditor runs an editor that changes the latest statement.
func TestEditor(t *testing.T) {
	t.Parallel()
	srv := newEngine(t)
	editor := filepath.Join(t.TempDir(), "editor")
	script := "#!/bin/sh\nprintf 'SELECT * FROM orders;\\n' > \"$1\"\n"
	if err := os.WriteFile(editor, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	term := openTerminal(t, dsn(srv), "EDITOR="+editor)
	term.run("SELECT 1;")
	term.run(`\e`)
	term.see("1200.00")
	term.send(up)
	term.see("> SELECT * FROM orders;")
	term.interrupt()
	term.leave()
}

// TestColors checks that a keyword has another colour than a name.
func TestColors(t *testing.T) {
	t.Parallel()
	term := openTerminal(t, dsn(newEngine(t)), envColor+"=1")
	term.prompt()
	term.send("SELECT amount")
	term.see("SELECT amount")
	term.interrupt()
	term.leave()
	term.mu.Lock()
	defer term.mu.Unlock()
	keyword, name := term.screen.CellAt(12, 1), term.screen.CellAt(19, 1)
	if keyword.Content != "S" || name.Content != "a" {
		t.Fatalf("the characters are %q and %q", keyword.Content, name.Content)
	}
	if keyword.Style.Fg == nil || name.Style.Fg != nil {
		t.Errorf("the colours are %v and %v", keyword.Style.Fg, name.Style.Fg)
	}
}
