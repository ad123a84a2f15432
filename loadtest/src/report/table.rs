//! What the terminal shows when a run is over: the verdict, then the tables, no wider than 100
//! columns.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, presets};

use super::Report;
use super::content::{Row, Section, sections};

/// Columns of the terminal that are used, at the most.
const WIDTH: u16 = 100;

/// Examples of violations that are shown; the files have all.
const EXAMPLES_SHOWN: usize = 10;

/// The whole text, ending with a newline.
pub fn table(report: &Report) -> String {
    let mut out = verdict(report);
    for section in sections(report) {
        out.push('\n');
        out.push_str(&written(&section));
    }
    let examples = &report.proof.examples;
    if !examples.is_empty() {
        out.push_str("\nExamples of violations\n");
        for example in examples.iter().take(EXAMPLES_SHOWN) {
            out.push_str(&wrapped("- ", example));
        }
        let left = examples.len().saturating_sub(EXAMPLES_SHOWN);
        if left > 0 {
            out.push_str(&wrapped(
                "  ",
                &format!("and {left} more in the JSON file and on the page"),
            ));
        }
    }
    out
}

fn verdict(report: &Report) -> String {
    let word = if report.passed { "PASSED" } else { "FAILED" };
    let mut out =
        wrapped(&format!("{word}  "), &format!("{}: {}", report.scenario, report.description));
    for failure in &report.failures {
        out.push_str(&wrapped("- ", failure));
    }
    out
}

fn written(section: &Section) -> String {
    let mut out = format!("{}\n", section.title);
    for note in &section.notes {
        out.push_str(&wrapped("  ", note));
    }
    if section.rows.is_empty() {
        return out;
    }
    let mut table = Table::new();
    table
        // One line, below the heads: figures are easier to compare close together.
        .load_style(presets::NOTHING.header_separator(LineStyle::none().fill('─').junction('─')))
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(WIDTH)
        .set_header(section.head.iter().map(|head| plain(head)));
    for Row { cells, bad } in &section.rows {
        let mut cells: Vec<String> = cells.iter().map(|cell| plain(cell)).collect();
        if *bad && let Some(name) = cells.first_mut() {
            name.insert_str(0, "! ");
        }
        table.add_row(cells);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    out.push_str(&table.trim_fmt());
    out.push('\n');
    out
}

/// Text from outside must not move the cursor or colour the terminal.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Breaks a sentence at spaces; what follows the first line is indented as deep as `lead` is.
fn wrapped(lead: &str, text: &str) -> String {
    let mut out = String::new();
    let mut line = lead.to_owned();
    let indent = " ".repeat(lead.chars().count());
    let mut fresh = true;
    for word in plain(text).split_whitespace() {
        let long = line.chars().count() + 1 + word.chars().count() > usize::from(WIDTH);
        if long && !fresh {
            out.push_str(&line);
            out.push('\n');
            line.clone_from(&indent);
            fresh = true;
        }
        if !fresh {
            line.push(' ');
        }
        line.push_str(word);
        fresh = false;
    }
    out.push_str(&line);
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_verdict_comes_first_and_says_why() {
        assert!(table(&sample::passed()).starts_with("PASSED  fan-out: "));
        let failed = table(&sample::failed());
        let mut lines = failed.lines();
        assert!(lines.next().is_some_and(|line| line.starts_with("FAILED  conversations: ")));
        assert!(lines.next().is_some_and(|line| line.starts_with("- 3 acknowledged messages")));
    }

    #[test]
    fn nothing_is_wider_than_a_hundred_columns() {
        for (name, report) in sample::all() {
            for line in table(&report).lines() {
                assert!(line.chars().count() <= usize::from(WIDTH), "{name}: {line}");
            }
        }
    }

    #[test]
    fn what_is_wrong_is_marked() {
        let text = table(&sample::failed());
        assert!(text.contains("! lost"), "{text}");
        assert!(text.contains("! --max-ack-p99-ms"), "{text}");
        assert!(text.contains("MISSED"), "{text}");
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        let mut report = sample::failed();
        report.failures = vec!["a\u{1b}[31mred\u{7}".to_owned()];
        report.figures[0].name = "b\u{1b}[2J".to_owned();
        assert!(!table(&report).contains(['\u{1b}', '\u{7}']));
    }
}
