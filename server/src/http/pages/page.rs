//! One page: its words in the firm's colour, at most one button, and headers that keep everything
//! else out.

use super::words::{self, Said, Saying};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use ring::digest;
use serde::Serialize;
use std::sync::LazyLock;
use tidings_notifier::mail::{Paint, paint};
use tidings_protocol::{Firm, Language};
use warp::http::StatusCode;
use warp::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY, RETRY_AFTER,
};
use warp::reply::{Reply as _, Response};

const TEMPLATE: &str = "page.html";
const STYLE: &str = include_str!("page.css");

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    templates.set_auto_escape_callback(|_| AutoEscape::Html);
    templates.add_filter("address", address);
    templates
        .add_template(TEMPLATE, include_str!("page.html"))
        .expect("the template is built in and tested");
    templates
});

/// A web address inside of an attribute: what could end it is escaped, slashes stay readable.
fn address(url: &str) -> Value {
    let mut escaped = String::with_capacity(url.len());
    for c in url.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            c => escaped.push(c),
        }
    }
    Value::from_safe_string(escaped)
}

/// Where the button leads.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Form {
    action: String,
    fields: Vec<(&'static str, String)>,
    /// What the policy allows forms to be sent to.
    #[serde(skip)]
    allowed: String,
}

impl Form {
    /// To this server: a reference from the page's own address, empty for that address itself.
    pub(super) fn here(action: impl Into<String>) -> Self {
        Self { action: action.into(), fields: Vec::new(), allowed: "'self'".to_owned() }
    }

    /// To the web address of a firm, with what is to be told there. None if it has none that can be
    /// named in a policy.
    pub(super) fn away(url: String, fields: Vec<(&'static str, String)>) -> Option<Self> {
        let allowed = origin(&url)?.to_owned();
        Some(Self { action: url, fields, allowed })
    }
}

/// The beginning of a web address that a policy can name: no more than a host, and nothing that would
/// end its place in the header.
fn origin(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    let good = ["http", "https"].contains(&scheme) && !host.is_empty() && host.chars().all(plain);
    good.then(|| url.get(..scheme.len() + 3 + host.len()))?
}

/// A page.
#[derive(Clone, Debug)]
pub(super) struct Page {
    status: StatusCode,
    language: Language,
    saying: Saying,
    firm: String,
    name: String,
    paint: Paint,
    form: Option<Form>,
    retry_after: Option<u64>,
}

/// What the template is filled with.
#[derive(Serialize)]
struct Filling<'a> {
    language: &'static str,
    firm: &'a str,
    title: &'a str,
    lines: &'a [String],
    button: &'a str,
    form: Option<&'a Form>,
    style: &'a str,
}

impl Page {
    /// A page of nobody in particular.
    pub(super) fn new(status: StatusCode, language: Language, saying: Saying) -> Self {
        Self {
            status,
            language,
            saying,
            firm: String::new(),
            name: String::new(),
            paint: paint(""),
            form: None,
            retry_after: None,
        }
    }

    /// A firm's, to somebody.
    #[must_use]
    pub(super) fn of(mut self, firm: &Firm, name: &str) -> Self {
        self.firm.clone_from(&firm.name);
        name.clone_into(&mut self.name);
        self.paint = paint(&firm.mail.colour);
        self
    }

    /// With a button.
    #[must_use]
    pub(super) fn form(mut self, form: Form) -> Self {
        self.form = Some(form);
        self
    }

    /// To be asked for again after so long.
    #[must_use]
    pub(super) fn retry_after(mut self, millis: Option<u32>) -> Self {
        self.retry_after = millis.map(|millis| u64::from(millis).div_ceil(1000).max(1));
        self
    }

    fn style(&self) -> String {
        let Paint { ground, text, edge, edge_dark } = &self.paint;
        format!(
            ":root {{ --ground: {ground}; --text: {text}; --edge-light: {edge}; \
             --edge-dark: {edge_dark}; }}\n{STYLE}"
        )
    }

    fn html(&self, style: &str) -> String {
        let Said { title, lines, button } =
            words::say(self.language, self.saying, &self.firm, &self.name);
        let filling = Filling {
            language: words::tag(self.language),
            firm: &self.firm,
            title: &title,
            lines: &lines,
            button: &button,
            form: self.form.as_ref(),
            style,
        };
        let template = TEMPLATES.get_template(TEMPLATE).expect("it was put in above");
        template.render(Serde(filling)).expect("the template is tested with every kind of page")
    }

    /// Nothing but this very style, and forms to where the button leads.
    fn policy(&self, style: &str) -> String {
        let hash = STANDARD.encode(digest::digest(&digest::SHA256, style.as_bytes()));
        let forms = self.form.as_ref().map_or("'none'", |form| form.allowed.as_str());
        format!(
            "default-src 'none'; style-src 'sha256-{hash}'; form-action {forms}; base-uri 'none'; \
             frame-ancestors 'none'"
        )
    }

    /// Nobody is told the address of a page, which has the token in it. A firm's own server is told
    /// where one comes from, but not from which page, so that it can refuse logins from elsewhere.
    fn referrer(&self) -> &'static str {
        match &self.form {
            Some(form) if form.allowed != "'self'" => "strict-origin",
            _ => "no-referrer",
        }
    }
}

impl From<Page> for Response {
    fn from(page: Page) -> Self {
        let style = page.style();
        let mut response = page.html(&style).into_response();
        *response.status_mut() = page.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static(page.referrer()));
        let robots = HeaderName::from_static("x-robots-tag");
        headers.insert(robots, HeaderValue::from_static("noindex, nofollow"));
        let policy = HeaderValue::try_from(page.policy(&style));
        // What would not fit a header was refused by `origin`; without it nothing may be sent at all.
        let nothing = HeaderValue::from_static("default-src 'none'; form-action 'none'");
        headers.insert(CONTENT_SECURITY_POLICY, policy.unwrap_or(nothing));
        if let Some(seconds) = page.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LANGUAGES: [Language; 5] =
        [Language::En, Language::Nl, Language::Fr, Language::De, Language::Es];

    fn page(language: Language, saying: Saying, firm: &str, name: &str) -> Page {
        let mut page = Page::new(StatusCode::OK, language, saying);
        (page.firm, page.name) = (firm.to_owned(), name.to_owned());
        page
    }

    #[test]
    fn every_page_is_written_in_every_language() {
        for saying in Saying::ALL {
            let mut titles = Vec::new();
            for language in LANGUAGES {
                let html = page(language, saying, "Ledger", "Bo").form(Form::here("")).html("");
                assert!(html.contains(&format!("lang=\"{}\"", words::tag(language))), "{html}");
                let said = words::say(language, saying, "Ledger", "Bo");
                assert!(!said.title.is_empty() && !said.lines.is_empty(), "{said:?}");
                titles.push(said.title);
            }
            titles.sort();
            titles.dedup();
            assert_eq!(titles.len(), LANGUAGES.len(), "{titles:?}");
        }
    }

    /// The next link may be a day away.
    #[test]
    fn who_asks_too_often_is_promised_no_minute() {
        for language in LANGUAGES {
            let said = words::say(language, Saying::LinkJustSent, "Ledger", "Bo");
            assert!(!said.lines.concat().contains("minut"), "{said:?}");
        }
    }

    #[test]
    fn no_line_of_french_begins_with_a_colon() {
        for saying in Saying::ALL {
            let said = words::say(Language::Fr, saying, "Ledger", "Bo");
            let all = [&said.lines[..], &[said.title, said.button]].concat().concat();
            assert!([" :", " ;", " ?", " !"].iter().all(|mark| !all.contains(mark)), "{all}");
        }
    }

    #[test]
    fn names_are_characters_and_nothing_else() {
        let nasty = "<script>alert('\"&</style>";
        for saying in Saying::ALL {
            for language in LANGUAGES {
                let fields = vec![("token", nasty.to_owned())];
                let form = Form::away(format!("https://x.example/?a=1&b={nasty}"), fields).unwrap();
                let html = page(language, saying, nasty, nasty).form(form).html("");
                assert!(!html.contains("<script"), "{html}");
                assert_eq!(html.matches("</style>").count(), 1, "{html}");
                assert_eq!(html.matches('<').count(), html.matches('>').count(), "{html}");
            }
        }
    }

    #[test]
    fn forms_go_where_a_policy_can_say() {
        let table = [
            ("https://portal.example/t/{thread}?a=b", Some("https://portal.example")),
            ("https://portal.example:8443?x", Some("https://portal.example:8443")),
            ("http://127.0.0.1:3000/", Some("http://127.0.0.1:3000")),
            ("http://[::1]:3000/", Some("http://[::1]:3000")),
            ("https://a.example;script-src *", None),
            ("https://a.example,b", None),
            ("https://user@a.example/", None),
            ("https://*/", None),
            ("https:///x", None),
            ("javascript://x", None),
            ("", None),
        ];
        for (url, expected) in table {
            assert_eq!(origin(url), expected, "{url}");
        }
    }

    #[test]
    fn the_policy_allows_this_style_and_this_form_alone() {
        let plain = page(Language::En, Saying::Unknown, "", "");
        assert!(plain.policy("").contains("form-action 'none';"), "{}", plain.policy(""));
        let empty = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";
        assert!(plain.policy("").contains(empty), "{}", plain.policy(""));
        let form = Form::away("https://portal.example/in".to_owned(), Vec::new()).unwrap();
        let away = plain.clone().form(form);
        assert!(away.policy("").contains("form-action https://portal.example;"));
        assert_eq!((plain.referrer(), away.referrer()), ("no-referrer", "strict-origin"));
    }
}
