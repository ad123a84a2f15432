//! The language of whoever is not known: what the browser asks for, if it is one of ours.

use tidings_protocol::Language;
use warp::http::HeaderMap;
use warp::http::header::ACCEPT_LANGUAGE;

/// Most languages of a header that are looked at; browsers send a handful.
const LANGUAGES_MAX: usize = 20;

/// The best of our languages by `Accept-Language` (RFC 9110, 12.5.4); English if it names none.
pub(super) fn accepted(headers: &HeaderMap) -> Language {
    let header = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    header.map_or(Language::En, best)
}

fn best(header: &str) -> Language {
    let mut found = (Language::En, 0.0);
    for item in header.split(',').take(LANGUAGES_MAX) {
        let (range, parameter) = item.split_once(';').unwrap_or((item, ""));
        let quality = match parameter.trim().strip_prefix("q=") {
            Some(number) => number.parse::<f32>().unwrap_or(0.0),
            None => 1.0,
        };
        if let Some(language) = ours(range.trim())
            && quality > found.1
        {
            found = (language, quality);
        }
    }
    found.0
}

/// Countries don't matter: `de-CH` is German.
fn ours(range: &str) -> Option<Language> {
    let primary = range.split('-').next().unwrap_or_default();
    match primary.to_ascii_lowercase().as_str() {
        "en" => Some(Language::En),
        "nl" => Some(Language::Nl),
        "fr" => Some(Language::Fr),
        "de" => Some(Language::De),
        "es" => Some(Language::Es),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_of_ours_is_taken() {
        let table = [
            ("de", Language::De),
            ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", Language::Fr),
            ("ja, nl;q=0.4, en;q=0.2", Language::Nl),
            ("en;q=0.2, ES-mx;q=0.9", Language::Es),
            ("de;q=0, en;q=0.1", Language::En),
            ("ja", Language::En),
            ("*", Language::En),
            ("", Language::En),
            (";;;,,=q=1,de;q=x", Language::En),
        ];
        for (header, language) in table {
            assert_eq!(best(header), language, "{header}");
        }
    }
}
