//! The report as one page that needs nothing else: no script, no style sheet, no picture from
//! elsewhere. Light or dark as the reader's system is, wide or narrow.

use std::io::Result;
use std::path::Path;

use super::Report;
use super::chart::Chart;
use super::content::{Row, Section, sections, settings, violations};
use super::file::write_whole;
use super::plots::plots;
use super::units::{
    NONE, count, duration_us, float, per_second, quantity, quantity_or_none, seconds,
};

const STYLE: &str = include_str!("page.css");

/// Columns of a table that still fit into half of the page.
const COLUMNS_OF_HALF_WIDTH: usize = 4;

/// Writes the page: a reader sees the one from before or the whole new one, nothing between.
pub fn write(report: &Report, path: &Path) -> Result<()> {
    write_whole(path, &html(report)?)
}

/// The page's text. It fails only if a plot cannot be drawn.
pub fn html(report: &Report) -> Result<String> {
    let mut body = header(report);
    body.push_str(&tiles(report));
    body.push_str(&drawn(&plots(report))?);
    let (wide, narrow): (Vec<_>, Vec<_>) = sections(report)
        .into_iter()
        .chain([settings(report)])
        .partition(|section| section.head.len() > COLUMNS_OF_HALF_WIDTH);
    body.extend(wide.iter().map(table));
    body.push_str("<section class=\"tables\">");
    body.extend(narrow.iter().map(table));
    body.push_str("</section>\n");
    body.push_str(&examples(report));
    Ok(format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"/>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\
         <meta name=\"color-scheme\" content=\"light dark\"/>\
         <title>{}</title><style>{STYLE}</style></head>\n<body><main>{body}</main></body>\n</html>\n",
        escaped(&format!("{} {}", verdict(report), report.scenario)),
    ))
}

/// Text from outside, as it may stand in an element or a quoted attribute.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // No page may contain them.
            c if c.is_control() && c != '\n' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// The markup of each, one after the other.
fn each<T>(items: &[T], markup: impl Fn(&T) -> String) -> String {
    items.iter().map(markup).collect::<Vec<_>>().concat()
}

fn verdict(report: &Report) -> &'static str {
    if report.passed { "PASSED" } else { "FAILED" }
}

fn list(class: &str, items: &[String]) -> String {
    if items.is_empty() {
        return String::new();
    }
    let items = each(items, |item| format!("<li>{}</li>", escaped(item)));
    format!("<ul class=\"{class}\">{items}</ul>")
}

fn header(report: &Report) -> String {
    let class = if report.passed { "good" } else { "bad" };
    format!(
        "<header><h1><span class=\"verdict {class}\">{}</span> {}</h1><p>{}</p>{}\
         <p class=\"quiet\">Started {}. Measured for {}.</p></header>\n",
        verdict(report),
        escaped(&report.scenario),
        escaped(&report.description),
        list("failures", &report.failures),
        escaped(&report.started),
        seconds(report.totals.seconds),
    )
}

/// What most people come for, in large letters.
fn tiles(report: &Report) -> String {
    let totals = &report.totals;
    let latency = |name: &str| {
        let found =
            report.latencies.iter().find(|latency| latency.name == name && latency.count > 0);
        found.map_or_else(|| NONE.to_owned(), |latency| duration_us(float(latency.p99_us)))
    };
    let cost =
        report.server.map(|used| used.cpu_s_per_million_deliveries).filter(|cost| *cost > 0.0);
    let violated =
        if report.proof.found.is_empty() { NONE.to_owned() } else { count(violations(report)) };
    let tiles = [
        ("acknowledged per s", quantity_or_none(per_second(totals.acked, totals.seconds)), false),
        ("delivered per s", quantity_or_none(per_second(totals.delivered, totals.seconds)), false),
        ("p99 acknowledgement", latency("ack"), false),
        ("p99 delivery", latency("delivery"), false),
        ("server CPU per 1M deliveries", cost.map_or_else(|| NONE.to_owned(), seconds), false),
        (
            "of the floor's CPU",
            report
                .floor
                .map_or_else(|| NONE.to_owned(), |floor| format!("{} ×", quantity(floor.ratio))),
            false,
        ),
        ("errors", count(totals.errors), totals.errors > 0),
        ("violations", violated, violations(report) > 0),
    ];
    let tile = |(name, value, bad): &(&str, String, bool)| {
        let class = if *bad { "tile bad" } else { "tile" };
        format!("<div class=\"{class}\"><b>{value}</b><span>{name}</span></div>")
    };
    format!("<section class=\"tiles\">{}</section>\n", each(&tiles, tile))
}

fn drawn(plots: &[Chart]) -> Result<String> {
    if plots.is_empty() {
        return Ok(
            "<p class=\"quiet\">No interval of the run was recorded, so there are no plots.</p>\n"
                .to_owned(),
        );
    }
    let figures = plots.iter().map(figure).collect::<Result<Vec<_>>>()?.concat();
    Ok(format!("<section class=\"plots\">{figures}</section>\n"))
}

fn figure(plot: &Chart) -> Result<String> {
    let key = |class: &str, label: &str| format!("<span><i class=\"{class}\"></i>{label}</span>");
    let mut legend =
        each(&plot.lines, |line| key(&format!("c{}", line.colour), &escaped(&line.label)));
    if !plot.shaded.is_empty() {
        legend.push_str(&key("shade", "not measured: warm-up, cool-down"));
    }
    Ok(format!(
        "<figure><figcaption><h2>{}</h2><p class=\"legend\">{legend}</p></figcaption>{}{}</figure>",
        plot.title,
        plot.svg().map_err(std::io::Error::other)?,
        note(&plot.note),
    ))
}

fn note(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("<p class=\"quiet\">{}</p>", escaped(text))
    }
}

fn table(section: &Section) -> String {
    let notes = each(&section.notes, |text| note(text));
    let head = each(&section.head, |head| format!("<th scope=\"col\">{}</th>", escaped(head)));
    let rows = each(&section.rows, row);
    let table = if rows.is_empty() {
        String::new()
    } else {
        format!(
            "<div class=\"scroll\"><table><thead><tr>{head}</tr></thead>\
             <tbody>{rows}</tbody></table></div>"
        )
    };
    format!("<article><h2>{}</h2>{notes}{table}</article>\n", section.title)
}

fn row(row: &Row) -> String {
    let open = if row.bad { "<tr class=\"bad\">" } else { "<tr>" };
    let (name, figures) =
        row.cells.split_first().map_or(("", &[][..]), |(name, rest)| (name, rest));
    let figures = each(figures, |cell| format!("<td>{}</td>", escaped(cell)));
    format!("{open}<th scope=\"row\">{}</th>{figures}</tr>", escaped(name))
}

fn examples(report: &Report) -> String {
    let examples = &report.proof.examples;
    if examples.is_empty() {
        return String::new();
    }
    format!(
        "<section class=\"examples\"><h2>Examples of violations</h2>{}</section>\n",
        list("failures", examples)
    )
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::super::well_formed::assert_well_formed;
    use super::*;

    /// Where the pages are left for a look at them, if somebody asks for it.
    const LEAVE_IN: &str = "REPORT_SAMPLES";

    #[test]
    fn every_kind_of_report_is_a_well_formed_page_that_needs_nothing_else() {
        for (name, report) in sample::all() {
            let page = html(&report).unwrap();
            if let Some(folder) = std::env::var_os(LEAVE_IN) {
                std::fs::write(Path::new(&folder).join(format!("{name}.html")), &page).unwrap();
                let text = super::super::table(&report);
                std::fs::write(Path::new(&folder).join(format!("{name}.txt")), text).unwrap();
            }
            assert_well_formed(&page);
            let outside = page.replace("http://www.w3.org/2000/svg", "");
            for fetch in ["http:", "https:", "src=", "href=", "url(", "@import", "<script", "<link"]
            {
                assert!(!outside.contains(fetch), "{name}: {fetch}");
            }
        }
    }

    #[test]
    fn text_from_outside_cannot_become_markup() {
        let nasty = "</style><script>x</script>\"'&\u{1b}";
        let mut report = sample::failed();
        for text in [&mut report.scenario, &mut report.description, &mut report.started] {
            nasty.clone_into(text);
        }
        report.failures = vec![nasty.to_owned()];
        report.settings = vec![(nasty.to_owned(), nasty.to_owned())];
        report.proof.found[0].0 = nasty.to_owned();
        report.proof.examples = vec![nasty.to_owned()];
        report.thresholds[0].name = nasty.to_owned();
        report.thresholds[0].unit = nasty.to_owned();
        report.figures[0].name = nasty.to_owned();
        report.figures[0].unit = nasty.to_owned();
        report.latencies[0].name = nasty.to_owned();
        report.latencies[0].meaning = nasty.to_owned();
        let page = html(&report).unwrap();
        assert_well_formed(&page);
        assert!(!page.contains("<script") && !page.contains('\u{1b}'));
    }

    #[test]
    fn the_page_says_the_verdict_and_why() {
        let page = html(&sample::failed()).unwrap();
        assert!(page.contains("<title>FAILED conversations</title>"));
        assert!(
            page.contains("<li>3 acknowledged messages are not in the log of their thread</li>")
        );
        assert!(page.contains("500 threads of 4 &lt;people&gt; &amp; their &quot;devices&quot;"));
        assert!(html(&sample::passed()).unwrap().contains(">PASSED<"));
    }
}
