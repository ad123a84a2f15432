//! For tests: whether a page or a drawing is well-formed, as strictly as XML asks for.

/// Fails unless every element is closed in order, every attribute quoted and every `&` an entity.
pub(super) fn assert_well_formed(text: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text.trim_start_matches("<!DOCTYPE html>");
    while let Some(at) = rest.find('<') {
        assert_text(&rest[..at]);
        let end =
            rest[at..].find('>').unwrap_or_else(|| panic!("not closed: {}", start(&rest[at..])));
        let tag = &rest[at + 1..at + end];
        rest = &rest[at + end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "before {}", start(rest));
            continue;
        }
        let closed = tag.ends_with('/');
        let tag = tag.trim_end_matches('/').trim_end();
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(!name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric()), "<{name}>");
        assert_attributes(attributes);
        if !closed {
            open.push(name);
        }
    }
    assert_text(rest);
    assert!(open.is_empty(), "left open: {open:?}");
}

fn assert_attributes(attributes: &str) {
    let mut rest = attributes.trim();
    while !rest.is_empty() {
        let (name, value) = rest.split_once("=\"").unwrap_or_else(|| panic!("no value: {rest}"));
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "-:".contains(c)), "{name}");
        let (value, after) = value.split_once('"').unwrap_or_else(|| panic!("no end: {rest}"));
        assert_text(value);
        rest = after.trim_start();
    }
}

fn assert_text(text: &str) {
    for (at, _) in text.match_indices('&') {
        let entity = text[at..].split(';').next().unwrap_or_default();
        assert!(
            ["&amp", "&lt", "&gt", "&quot", "&apos", "&#39"].contains(&entity),
            "{}",
            start(&text[at..])
        );
    }
}

fn start(text: &str) -> String {
    text.chars().take(60).collect()
}
