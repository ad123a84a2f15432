//! Messages in the HTML part: as they are in a page, but in the few tags that every mail program shows
//! alike.

use crate::markdown;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

const TAGS: [&str; 13] =
    ["p", "br", "em", "strong", "del", "a", "ul", "ol", "li", "blockquote", "code", "pre", "hr"];

/// Where a link may lead.
const SCHEMES: [&str; 4] = ["http", "https", "mailto", "tel"];

static SANITIZER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut builder = ammonia::Builder::empty();
    builder
        .tags(HashSet::from(TAGS))
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href"])),
            ("ol", HashSet::from(["start"])),
        ]))
        .url_schemes(HashSet::from(SCHEMES))
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"));
    builder
});

/// Renders a message; a heading is bold.
pub(super) fn render(markdown: &str) -> String {
    let mut html = markdown::render(markdown);
    for level in 1..=6 {
        html = html.replace(&format!("<h{level}>"), "<p><strong>");
        html = html.replace(&format!("</h{level}>"), "</strong></p>");
    }
    SANITIZER.clean(&html).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link_to(to: &str, text: &str) -> String {
        format!("<a href=\"{to}\" rel=\"noopener noreferrer nofollow\">{text}</a>")
    }

    #[test]
    fn what_people_write_comes_out_as_they_mean_it() {
        let table = [
            (
                "*a* **b** ~~c~~ 😀",
                "<p><em>a</em> <strong>b</strong> <del>c</del> 😀</p>".to_owned(),
            ),
            ("one\ntwo", "<p>one<br>\ntwo</p>".to_owned()),
            ("# a\nb", "<p><strong>a</strong></p>\n<p>b</p>".to_owned()),
            ("3. a\n4. b", "<ol start=\"3\">\n<li>a</li>\n<li>b</li>\n</ol>".to_owned()),
            (
                "[x](https://a.example/?b=1&c=2)",
                format!("<p>{}</p>", link_to("https://a.example/?b=1&amp;c=2", "x")),
            ),
            (
                "<me@a.example>",
                format!("<p>{}</p>", link_to("mailto:me@a.example", "me@a.example")),
            ),
            (
                "![alt](https://a.example/p.png)",
                format!("<p>{}</p>", link_to("https://a.example/p.png", "alt")),
            ),
            (
                "see https://a.example/x, please",
                format!(
                    "<p>see {}, please</p>",
                    link_to("https://a.example/x", "https://a.example/x")
                ),
            ),
            ("1 < 2 & 3", "<p>1 &lt; 2 &amp; 3</p>".to_owned()),
            ("", String::new()),
        ];
        for (markdown, expected) in table {
            assert_eq!(render(markdown).trim_end(), expected, "{markdown}");
        }
    }

    #[test]
    fn hostile_text_stays_text() {
        for markdown in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "a <b onclick=alert(1)>b</b>",
            "[x](javascript:alert(1))",
            "[x](java\tscript:alert(1))",
            "[x](&#106;avascript:alert(1))",
            "[x](data:text/html;base64,PHNjcmlwdD4=)",
            "[x](//evil.example)",
            "[x](/v1/firm)",
            "![x](javascript:alert(1))",
            "<javascript:alert(1)>",
            "[x](https://a.example \"onmouseover=alert(1)\")",
            "```\"><script>alert(1)</script>\nx\n```",
            "<style>*{display:none}</style>",
            "</div></td></table><a href=\"https://evil.example\">x</a>",
            "<!-- --><iframe src=//evil.example>",
        ] {
            let html = render(markdown);
            for tag in html.split('<').skip(1) {
                let name = tag.split(['>', ' ']).next().unwrap().trim_start_matches('/');
                assert!(TAGS.contains(&name), "{markdown} gave {html}");
            }
            for link in html.split("<a href=\"").skip(1) {
                assert!(link.starts_with("https://a.example"), "{markdown} gave {html}");
            }
            for attribute in ["onerror=\"", "onclick=\"", "style=", "src=\"", "title="] {
                assert!(!html.contains(attribute), "{markdown} gave {html}");
            }
        }
    }
}
