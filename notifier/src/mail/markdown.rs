//! Messages in the HTML part. Two walls: HTML that somebody typed is shown as it was typed, and what
//! comes out goes through an allow-list of tags. Pictures become links: an email tells nobody that it
//! was opened.

use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag, TagEnd, html};
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

/// Containers inside each other beyond which only the text is kept. Deeper ones serve nobody, and
/// cost time that grows with the square of the depth.
const DEPTH_MAX: usize = 12;

/// Renders a message: `CommonMark` with strikethrough; a line break is a line break, a heading is
/// bold, a picture is a link to it, and HTML is text.
pub(super) fn render(markdown: &str) -> String {
    let mut events = Vec::new();
    let mut depth = 0;
    for event in Parser::new_ext(markdown, Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Start(tag) => {
                depth += 1;
                if depth <= DEPTH_MAX {
                    start(tag, &mut events);
                }
            }
            Event::End(end) => {
                if depth <= DEPTH_MAX {
                    finish(end, &mut events);
                }
                depth -= 1;
            }
            Event::Html(raw) | Event::InlineHtml(raw) => events.push(Event::Text(raw)),
            Event::SoftBreak => events.push(Event::HardBreak),
            other => events.push(other),
        }
    }
    let mut raw = String::with_capacity(markdown.len() * 3 / 2);
    html::push_html(&mut raw, events.into_iter());
    SANITIZER.clean(&raw).to_string()
}

fn start<'a>(tag: Tag<'a>, events: &mut Vec<Event<'a>>) {
    let tag = match tag {
        Tag::Heading { .. } => {
            events.push(Event::Start(Tag::Paragraph));
            Tag::Strong
        }
        Tag::Link { dest_url, link_type: LinkType::Email, .. } => {
            link(format!("mailto:{dest_url}").into())
        }
        Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => link(dest_url),
        other => other,
    };
    events.push(Event::Start(tag));
}

fn finish(end: TagEnd, events: &mut Vec<Event<'_>>) {
    match end {
        TagEnd::Heading(_) => {
            events.extend([Event::End(TagEnd::Strong), Event::End(TagEnd::Paragraph)]);
        }
        TagEnd::Image => events.push(Event::End(TagEnd::Link)),
        other => events.push(Event::End(other)),
    }
}

fn link(dest_url: CowStr<'_>) -> Tag<'_> {
    let (title, id) = (CowStr::Borrowed(""), CowStr::Borrowed(""));
    Tag::Link { link_type: LinkType::Inline, dest_url, title, id }
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

    #[test]
    fn deep_nesting_is_flattened() {
        for unit in [">", "> - ", "1. ", "*a ", "[", "![", "~~a "] {
            let html = render(&unit.repeat(2048 / unit.len()));
            let deepest = html.matches("<blockquote>").count() + html.matches("<ol").count();
            assert!(deepest <= DEPTH_MAX, "{unit}: {deepest}");
        }
    }
}
