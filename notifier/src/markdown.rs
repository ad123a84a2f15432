//! Markdown to HTML that is safe to put into a page, whoever wrote it: what the server answers to who
//! asks for it, and what emails quote. Two walls: raw HTML is never
//! passed on but shown as it was typed, and what comes out goes through an allow-list of tags.

use pulldown_cmark::{
    CowStr, Event, LinkType, Options, Parser, Tag, TagEnd, TextMergeStream, html,
};
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// Containers inside each other beyond which only the text is kept. Deeper ones serve nobody, and
/// cost time that grows with the square of the depth.
const DEPTH_MAX: usize = 24;

/// Longest address of a link, in bytes: what browsers and servers agree on.
const ADDRESS_BYTES_MAX: usize = 2048;

/// Characters to be escaped in one stretch of text; see [`loosen`].
const ESCAPES_MAX: usize = 64;

/// Where a link may lead.
const SCHEMES: [&str; 4] = ["http", "https", "mailto", "tel"];

const TAGS: [&str; 19] = [
    "p",
    "br",
    "hr",
    "em",
    "strong",
    "del",
    "a",
    "ul",
    "ol",
    "li",
    "blockquote",
    "code",
    "pre",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
];

static SANITIZER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut builder = ammonia::Builder::empty();
    builder
        .tags(HashSet::from(TAGS))
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href"])),
            ("ol", HashSet::from(["start"])),
        ]))
        .url_schemes(HashSet::from(SCHEMES))
        // A relative address means something else on every page it is shown on.
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"))
        .set_tag_attribute_value("a", "target", "_blank");
    builder
});

/// Renders a message: `CommonMark` with strikethrough; a line break is a line break, a web address
/// is a link, a picture is a link to it, and HTML is text.
pub fn render(markdown: &str) -> String {
    let events = TextMergeStream::new(Parser::new_ext(markdown, Options::ENABLE_STRIKETHROUGH));
    let mut output = Vec::new();
    let mut depth = 0;
    let mut in_link = 0_u32;
    let mut in_code = false;
    for event in events {
        match event {
            Event::Start(tag) => {
                depth += 1;
                in_link += u32::from(is_link(tag.to_end()));
                in_code |= matches!(tag, Tag::CodeBlock(_));
                if depth <= DEPTH_MAX {
                    output.push(Event::Start(tame(tag)));
                }
            }
            Event::End(end) => {
                in_link -= u32::from(is_link(end));
                in_code &= end != TagEnd::CodeBlock;
                if depth <= DEPTH_MAX {
                    output.push(Event::End(if end == TagEnd::Image { TagEnd::Link } else { end }));
                }
                depth -= 1;
            }
            Event::Html(raw) | Event::InlineHtml(raw) => output.push(Event::Text(raw)),
            Event::SoftBreak => output.push(Event::HardBreak),
            Event::Text(text) if in_link == 0 && !in_code => link_addresses(&text, &mut output),
            other => output.push(other),
        }
    }
    let mut raw = String::with_capacity(markdown.len() * 3 / 2);
    html::push_html(&mut raw, output.into_iter());
    SANITIZER.clean(&loosen(&raw)).to_string()
}

fn is_link(tag: TagEnd) -> bool {
    matches!(tag, TagEnd::Link | TagEnd::Image)
}

/// Pictures from elsewhere tell their host who reads what and when; a link asks first. A link too
/// long leads nowhere.
fn tame(tag: Tag<'_>) -> Tag<'_> {
    match tag {
        Tag::Image { dest_url, id, title, .. } => {
            tame(Tag::Link { link_type: LinkType::Inline, dest_url, title, id })
        }
        Tag::Link { link_type, dest_url, id, .. } => {
            let fits = dest_url.len() <= ADDRESS_BYTES_MAX;
            let dest_url = if fits { dest_url } else { CowStr::Borrowed("") };
            Tag::Link { link_type, dest_url, title: CowStr::Borrowed(""), id }
        }
        other => other,
    }
}

/// Breaks up text with very many characters to be escaped by comments, which do not come out again:
/// html5ever takes time that grows with the square of their number in one stretch of text.
fn loosen(html: &str) -> String {
    let mut loose = String::with_capacity(html.len() + html.len() / 8);
    let (mut copied, mut escapes, mut in_tag) = (0, 0, false);
    for (at, byte) in html.bytes().enumerate() {
        match byte {
            b'<' => in_tag = true,
            b'>' => in_tag = false,
            // 0xC2 begins a no-break space, and other characters.
            b'&' | 0xC2 if !in_tag => escapes += 1,
            _ => {}
        }
        if escapes > ESCAPES_MAX {
            loose.push_str(&html[copied..at]);
            loose.push_str("<!---->");
            (copied, escapes) = (at, 0);
        }
    }
    loose.push_str(&html[copied..]);
    loose
}

/// Splits text around bare web addresses and makes these links.
fn link_addresses(text: &str, output: &mut Vec<Event<'_>>) {
    let owned = |part: &str| Event::Text(CowStr::from(part.to_owned()));
    let mut rest = text;
    let mut searched = 0;
    while let Some(start) = rest[searched..].find("http").map(|at| at + searched) {
        let (address, next) = address_at(rest, start);
        if address.is_empty() {
            searched = next;
            continue;
        }
        if start > 0 {
            output.push(owned(&rest[..start]));
        }
        output.push(Event::Start(Tag::Link {
            link_type: LinkType::Autolink,
            dest_url: CowStr::from(address.to_owned()),
            title: CowStr::Borrowed(""),
            id: CowStr::Borrowed(""),
        }));
        output.push(owned(address));
        output.push(Event::End(TagEnd::Link));
        rest = &rest[start + address.len()..];
        searched = 0;
    }
    if !rest.is_empty() {
        output.push(owned(rest));
    }
}

/// The address that starts there, without the punctuation that ends a sentence, and where to look
/// for the next one; empty if none starts there.
fn address_at(text: &str, start: usize) -> (&str, usize) {
    let address = &text[start..];
    let inside_a_word = text[..start].chars().next_back().is_some_and(char::is_alphanumeric);
    let scheme = ["https://", "http://"].into_iter().find(|scheme| address.starts_with(scheme));
    let Some(scheme) = scheme.filter(|_| !inside_a_word) else {
        return ("", start + "http".len());
    };
    let end = address
        .find(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`'))
        .unwrap_or(address.len());
    let next = start + end;
    let address = address[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', ')', ']']);
    let fits = (scheme.len() + 1..=ADDRESS_BYTES_MAX).contains(&address.len());
    (if fits { address } else { "" }, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_comes_out_as_they_mean_it() {
        let link = |to: &str, text: &str| {
            format!(
                "<a href=\"{to}\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">{text}</a>"
            )
        };
        let table = [
            (
                "*a* **b** ~~c~~ 😀",
                "<p><em>a</em> <strong>b</strong> <del>c</del> 😀</p>\n".to_owned(),
            ),
            ("one\ntwo", "<p>one<br>\ntwo</p>\n".to_owned()),
            ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n".to_owned()),
            ("3. a\n4. b", "<ol start=\"3\">\n<li>a</li>\n<li>b</li>\n</ol>\n".to_owned()),
            (
                "[x](https://a.example/?b=1&c=2)",
                format!("<p>{}</p>\n", link("https://a.example/?b=1&amp;c=2", "x")),
            ),
            (
                "see https://a.example/b_c_d, please.",
                format!(
                    "<p>see {}, please.</p>\n",
                    link("https://a.example/b_c_d", "https://a.example/b_c_d")
                ),
            ),
            ("<me@a.example>", format!("<p>{}</p>\n", link("mailto:me@a.example", "me@a.example"))),
            (
                "![alt](https://a.example/p.png)",
                format!("<p>{}</p>\n", link("https://a.example/p.png", "alt")),
            ),
            ("`https://a.example`", "<p><code>https://a.example</code></p>\n".to_owned()),
            ("xhttps://a.example https://", "<p>xhttps://a.example https://</p>\n".to_owned()),
            ("1 < 2 & 3", "<p>1 &lt; 2 &amp; 3</p>\n".to_owned()),
            ("", String::new()),
        ];
        for (markdown, expected) in table {
            assert_eq!(render(markdown), expected, "{markdown}");
        }
    }

    #[test]
    fn hostile_text_stays_text() {
        let table = [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "a <b onclick=alert(1)>b</b>",
            "<svg/onload=alert(1)>",
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "[x](java\tscript:alert(1))",
            "[x](&#106;avascript:alert(1))",
            "[x](data:text/html;base64,PHNjcmlwdD4=)",
            "[x](vbscript:x)",
            "[x](//evil.example)",
            "[x](/v1/firm)",
            "![x](javascript:alert(1))",
            "<javascript:alert(1)>",
            "[x](https://a.example \"onmouseover=alert(1)\")",
            "https://a.example/\"onmouseover=alert(1)",
            "```\"><script>alert(1)</script>\nx\n```",
            "<style>*{display:none}</style>",
            "<!-- --><iframe src=//evil.example>",
            "[x][y]\n\n[y]: javascript:alert(1)",
        ];
        for markdown in table {
            let html = render(markdown);
            let tags: Vec<&str> = html
                .split('<')
                .skip(1)
                .map(|tag| tag.split(['>', ' ']).next().unwrap().trim_start_matches('/'))
                .collect();
            assert!(tags.iter().all(|tag| TAGS.contains(tag)), "{markdown} gave {html}");
            let links = html.split("href=\"").skip(1);
            for link in links {
                assert!(link.starts_with("https://a.example"), "{markdown} gave {html}");
            }
            for attribute in ["onerror=\"", "onclick=\"", "onload=\"", "style=", "src=\""] {
                assert!(!html.contains(attribute), "{markdown} gave {html}");
            }
        }
    }

    #[test]
    fn deep_nesting_is_flattened() {
        for unit in [">", "> - ", "- ", "1. ", "*a ", "[", "![", "**", "~~a "] {
            let html = render(&unit.repeat(16 * 1024 / unit.len()));
            let deepest = html.matches("<blockquote>").count();
            assert!(deepest <= DEPTH_MAX, "{unit}: {deepest}");
        }
    }

    #[test]
    fn text_of_nothing_but_escapes_comes_out_whole() {
        for (unit, escaped) in [("&", "&amp;"), ("<", "&lt;"), ("£", "£"), ("\u{a0}", "&nbsp;")] {
            let many = unit.repeat(1000);
            let html = render(&format!("x{many}x"));
            assert_eq!(html, format!("<p>x{}x</p>\n", escaped.repeat(1000)));
            let code = render(&format!("`{many}x`"));
            assert_eq!(code, format!("<p><code>{}x</code></p>\n", escaped.repeat(1000)));
        }
    }

    #[test]
    fn an_endless_address_is_no_link() {
        let html = render(&format!("[x](https://a.example/{})", "&".repeat(ADDRESS_BYTES_MAX)));
        assert!(html.contains(">x</a>") && !html.contains("href"), "{html}");
    }
}
