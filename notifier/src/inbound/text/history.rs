//! Where the mail that is answered begins, in the ways that programs write it without marking each
//! line. From there on everything is history. (Lines marked with `>` are left to `quotes`.)

use super::lines::Line;

/// Lines over which a program may break "On … wrote:".
const ATTRIBUTION_LINES_MAX: usize = 4;

/// Longest "On … wrote:", in bytes: two long names and addresses.
const ATTRIBUTION_BYTES_MAX: usize = 400;

/// Lines after `From:` in which the other headers are looked for.
const HEADER_LINES: usize = 8;

/// How "On … wrote:" begins, and what it has in it, in five languages.
const ATTRIBUTIONS: [(&str, &str); 10] = [
    ("on ", " wrote"),
    ("op ", " schreef"),
    ("op ", " geschreven"),
    ("le ", " a écrit"),
    ("am ", " schrieb"),
    ("am ", " geschrieben"),
    ("el ", " escribió"),
    ("el ", " escribio"),
    ("em ", " escreveu"),
    ("il ", " ha scritto"),
];

/// What stands between dashes above a mail that is answered. Not what stands above one that is
/// passed on: that is what the writer wants to be read.
const ORIGINALS: [&str; 11] = [
    "original message",
    "original appointment",
    "oorspronkelijk bericht",
    "oorspronkelijk bericht/afspraak",
    "origineel bericht",
    "message d'origine",
    "message original",
    "ursprüngliche nachricht",
    "ursprünglicher termin",
    "originalnachricht",
    "mensaje original",
];

/// Names of headers as programs write them above a mail.
const FROM: [&str; 4] = ["from", "van", "de", "von"];
const OTHERS: [(&str, Header); 24] = [
    ("sent", Header::Date),
    ("date", Header::Date),
    ("verzonden", Header::Date),
    ("datum", Header::Date),
    ("envoyé", Header::Date),
    ("envoyé le", Header::Date),
    ("gesendet", Header::Date),
    ("enviado", Header::Date),
    ("enviado el", Header::Date),
    ("fecha", Header::Date),
    ("to", Header::To),
    ("aan", Header::To),
    ("à", Header::To),
    ("an", Header::To),
    ("para", Header::To),
    ("cc", Header::Copy),
    ("kopie", Header::Copy),
    ("subject", Header::Subject),
    ("onderwerp", Header::Subject),
    ("objet", Header::Subject),
    ("betreff", Header::Subject),
    ("asunto", Header::Subject),
    ("reply-to", Header::Copy),
    ("antwort an", Header::Copy),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Header {
    Date,
    To,
    Copy,
    Subject,
}

/// Cuts history off that goes on to the end.
pub(super) fn cut(lines: &mut Vec<Line>) {
    let Some(start) = (0..lines.len()).find(|at| begins_at(lines, *at)) else { return };
    lines.truncate(start);
    while lines.last().is_some_and(|line| line.is_blank() || is_rule(&line.text)) {
        lines.pop();
    }
}

fn begins_at(lines: &[Line], at: usize) -> bool {
    let Some(line) = lines.get(at).filter(|line| line.is_own()) else { return false };
    is_original(&line.text) || headers_at(lines, at) || unmarked_at(lines, at)
}

/// How many lines from here on are "On … wrote:", with marked lines after it.
pub(super) fn attribution_at(lines: &[Line], at: usize) -> Option<usize> {
    let names = || lines.get(at).is_some_and(|line| line.is_own() && names_sender(&line.text));
    let count = said_at(lines, at, is_attribution).or_else(|| names().then_some(1))?;
    marked_after(lines, at + count).then_some(count)
}

/// "On … wrote:" without marked lines after it. People write such lines too, so it must have what
/// people leave out: an address, or the year and the time.
fn unmarked_at(lines: &[Line], at: usize) -> bool {
    let certain = |text: &str| is_attribution(text) && (text.contains('@') || is_dated(text));
    said_at(lines, at, certain).is_some_and(|count| !marked_after(lines, at + count))
}

/// How many lines it takes from here until they say so.
fn said_at(lines: &[Line], at: usize, says: impl Fn(&str) -> bool) -> Option<usize> {
    let mut text = String::new();
    for count in 1..=ATTRIBUTION_LINES_MAX {
        let line = lines.get(at + count - 1).filter(|line| line.is_own())?;
        let line = line.text.trim().to_lowercase();
        // A line that begins like one is one by itself, and what stands above it was written.
        if count == 1 && !begins(&line) || count > 1 && begins(&line) {
            return None;
        }
        text.push_str(&line);
        if text.len() > ATTRIBUTION_BYTES_MAX {
            return None;
        }
        if says(&text) {
            return Some(count);
        }
        text.push(' ');
    }
    None
}

fn marked_after(lines: &[Line], at: usize) -> bool {
    lines.iter().skip(at).find(|line| !line.is_blank()).is_some_and(Line::is_quoted)
}

/// Whether a line in small letters begins as "On … wrote:" does.
fn begins(text: &str) -> bool {
    ATTRIBUTIONS.iter().any(|(start, _)| text.starts_with(start))
}

/// Whether a text in small letters is "On … wrote:".
fn is_attribution(text: &str) -> bool {
    let said = |(start, verb): &(&str, &str)| text.starts_with(start) && text.contains(verb);
    text.ends_with(':') && has_digit(text) && ATTRIBUTIONS.iter().any(said)
}

/// In other languages: a date and an address, and a colon.
fn names_sender(text: &str) -> bool {
    let text = text.trim();
    text.ends_with(':') && text.contains('@') && has_digit(text)
}

fn has_digit(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit())
}

/// A year and a time.
fn is_dated(text: &str) -> bool {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit());
    let year = numbers.any(|number| number.len() == 4);
    let bytes = text.as_bytes();
    year && bytes.windows(3).any(|at| {
        matches!(at, [before, b':' | b'.' | b'h', after]
            if before.is_ascii_digit() && after.is_ascii_digit())
    })
}

fn is_original(text: &str) -> bool {
    let text = text.trim().to_lowercase().replace('’', "'");
    let dashes = |c: char| matches!(c, '-' | '—' | '–');
    let inner = text.trim_matches(|c: char| dashes(c) || c == ' ');
    text.starts_with(dashes) && text.ends_with(dashes) && ORIGINALS.contains(&inner)
}

/// `From:` and at least two more headers soon after it.
fn headers_at(lines: &[Line], at: usize) -> bool {
    let named = |line: &Line| name(&line.text);
    if !lines.get(at).and_then(named).is_some_and(|name| FROM.contains(&name.as_str())) {
        return false;
    }
    let mut seen = Vec::new();
    for line in lines.iter().skip(at + 1).take(HEADER_LINES).filter(|line| line.is_own()) {
        let Some(name) = named(line) else { continue };
        let header = OTHERS.iter().find(|(one, _)| *one == name).map(|(_, header)| *header);
        seen.extend(header.filter(|header| !seen.contains(header)));
    }
    seen.len() >= 2
}

/// What stands before the colon, in small letters; programs print it bold.
fn name(line: &str) -> Option<String> {
    let (name, _) = line.split_once(':')?;
    Some(name.trim_matches(|c: char| c == '*' || c.is_whitespace()).to_lowercase())
}

/// A line across the page.
fn is_rule(text: &str) -> bool {
    let text = text.trim();
    text.len() >= 5 && text.chars().all(|c| matches!(c, '_' | '-' | '=' | '*'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbound::text::lines::{Flow, left_after, of_text};

    fn left(text: &str) -> String {
        left_after(cut, text)
    }

    #[test]
    fn history_is_known_by_what_stands_above_it() {
        for above in [
            "-----Original Message-----\nFrom: Firm",
            "----- Original Message -----",
            "-----Oorspronkelijk bericht-----",
            "-----Message d'origine-----",
            "-----Message d’origine-----",
            "-------- Message original --------",
            "-----Ursprüngliche Nachricht-----",
            "-------- Originalnachricht --------",
            "-----Mensaje original-----",
            "________________________________\nFrom: Firm <n@firm.example>\nSent: Monday, 4 March 2024 10:15\nTo: Ann\nSubject: A new message",
            "________________________________\n\nVan: Firm <n@firm.example>\nVerzonden: maandag 4 maart 2024 10:15\nAan: Ann\nOnderwerp: Nieuw bericht",
            "De : Firm <n@firm.example>\nEnvoyé : lundi 4 mars 2024 10:15\nÀ : Ann\nObjet : Nouveau message",
            "De\u{a0}: Firm <n@firm.example>\nDate\u{a0}: lundi 4 mars 2024\nÀ\u{a0}: Ann",
            "Von: Firm <n@firm.example>\nGesendet: Montag, 4. März 2024 10:15\nAn: Ann\nBetreff: Neue Nachricht",
            "*Von:* Firm <n@firm.example>\n*Gesendet:* Montag\n*An:* Ann\n*Betreff:* Neu",
            "De: Firm <n@firm.example>\nEnviado el: lunes, 4 de marzo de 2024 10:15\nPara: Ann\nAsunto: Mensaje nuevo",
            "From: Firm\nDate: Mon\nTo: a very long list of people\n that was broken\nSubject: x",
            "On Mon, Mar 4, 2024 at 10:15 AM Firm <n@firm.example> wrote:\n\nHello",
            "On Mon, Mar 4, 2024 at 10:15 AM Firm <\nn@firm.example> wrote:\nHello",
            "Op ma 4 mrt 2024 om 10:15 schreef Firm <n@firm.example>:\nHallo",
            "Op 4 mrt. 2024, om 10:15 heeft Firm <n@firm.example>\nhet volgende geschreven:\nHallo",
            "Le lun. 4 mars 2024 à 10:15, Firm <n@firm.example> a écrit\u{a0}:\nBonjour",
            "Am Mo., 4. März 2024 um 10:15 Uhr schrieb Firm <n@firm.example>:\nHallo",
            "Am 04.03.2024 um 10:15 schrieb Firm:\nHallo",
            "El lun, 4 mar 2024 a las 10:15, Firm (<n@firm.example>)\nescribió:\nHola",
        ] {
            assert_eq!(left(&format!("Yes.\n\nAnn\n\n{above}\n\nlast")), "Yes.\n\nAnn", "{above}");
        }
    }

    #[test]
    fn what_people_write_stays() {
        for text in [
            "On Monday 4 the tax office wrote:\n\nPay 300.",
            "From: my point of view this is fine.\nTo: me it is.",
            "Van: Rotterdam\nNaar: Utrecht",
            "---------- Forwarded message ---------\nFrom: Tax office <t@x.example>\nPlease read it.",
            "--- original message below ---",
            "_____\nsigned",
            "On 2 May we met. He wrote: pay.",
            "Am Ende steht 5:\nzwei",
        ] {
            assert_eq!(left(text), text);
        }
    }

    #[test]
    fn marked_lines_are_left_to_others() {
        let text = "On Mon, Mar 4, 2024 at 10:15 AM Firm <n@firm.example> wrote:\n\n> a\n\nb";
        assert_eq!(left(text), text);
        let lines = of_text(text, Flow::Fixed);
        assert_eq!(attribution_at(&lines, 0), Some(1));
        let other = of_text("2024-03-04 10:15 GMT+01:00 Firm <n@firm.example>:\n> a", Flow::Fixed);
        assert_eq!(attribution_at(&other, 0), Some(1));
        assert_eq!(attribution_at(&of_text("Dear 2:\n> a", Flow::Fixed), 0), None);
    }
}
