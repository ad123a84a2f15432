//! The two templates, compiled in: text, and HTML where whatever is put in is escaped.

use super::page::Page;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use std::sync::LazyLock;

const TEXT: &str = "mail.txt";
const HTML: &str = "mail.html";

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    templates.set_auto_escape_callback(|name| match name {
        TEXT => AutoEscape::None,
        _ => AutoEscape::Html,
    });
    templates.add_filter("url", |url: &str| Value::from_safe_string(url.replace('&', "&amp;")));
    for (name, source) in
        [(TEXT, include_str!("templates/mail.txt")), (HTML, include_str!("templates/mail.html"))]
    {
        templates.add_template(name, source).expect("templates are built in and tested");
    }
    templates
});

/// The text part. What is left out leaves no gap of several lines.
pub(super) fn text(page: &Page) -> String {
    let mut text = String::new();
    let mut empty_before = true;
    for line in render(TEXT, page).lines().map(str::trim_end) {
        if !(line.is_empty() && empty_before) {
            text.push_str(line);
            text.push('\n');
        }
        empty_before = line.is_empty();
    }
    text
}

/// The HTML part.
pub(super) fn html(page: &Page) -> String {
    render(HTML, page)
}

fn render(name: &str, page: &Page) -> String {
    let template = TEMPLATES.get_template(name).expect("it was put in above");
    template.render(Serde(page)).expect("every template is tested with every kind of page")
}
