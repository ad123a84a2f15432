//! Lines that programs put under a mail to praise themselves: "Sent from my iPhone".

use super::lines::Line;

/// Longest such line, in bytes, without the address of a shop.
const LINE_BYTES_MAX: usize = 100;

/// How such a line begins, in five languages, small letters.
const STARTS: [&str; 27] = [
    "sent from ",
    "sent with ",
    "sent via ",
    "sent using ",
    "get outlook for ",
    "verzonden vanaf ",
    "verzonden vanuit ",
    "verzonden met ",
    "verzonden via ",
    "verstuurd vanaf ",
    "verstuurd vanuit ",
    "verstuurd met ",
    "download outlook voor ",
    "outlook voor ",
    "envoyé de ",
    "envoyé depuis ",
    "envoyé à partir de ",
    "envoyé avec ",
    "télécharger outlook pour ",
    "obtenir outlook pour ",
    "gesendet von ",
    "gesendet mit ",
    "von mein",
    "holen sie sich outlook für ",
    "outlook für ",
    "enviado desde ",
    "obtener outlook para ",
];

/// What it praises. Without one of them it may be a sentence of the writer.
const PRODUCTS: [&str; 29] = [
    "iphone",
    "ipad",
    "ios",
    "android",
    "samsung",
    "galaxy",
    "huawei",
    "xiaomi",
    "pixel",
    "oneplus",
    "blackberry",
    "nokia",
    "outlook",
    "windows",
    "mail",
    "gmx",
    "web.de",
    "yahoo",
    "proton",
    "tuta",
    "smartphone",
    "handy",
    "mobil",
    "móvil",
    "movil",
    "telefoon",
    "telefon",
    "mobiel",
    "tablet",
];

/// Cuts such lines off the end of what was written.
pub(super) fn cut(lines: &mut Vec<Line>) {
    while let Some(last) = lines.iter().rposition(|line| !line.is_blank()) {
        let praise = lines.get(last).is_some_and(|line| line.is_own() && is_praise(&line.text));
        if !praise {
            return;
        }
        lines.truncate(last);
    }
}

fn is_praise(text: &str) -> bool {
    let text = text.to_lowercase();
    // Outlook writes the address of its shop behind it.
    let words = text.split('<').next().unwrap_or_default();
    let words = words.trim_matches(|c: char| !c.is_alphanumeric());
    words.len() <= LINE_BYTES_MAX
        && STARTS.iter().any(|start| words.starts_with(start))
        && PRODUCTS.iter().any(|product| words.contains(product))
        || words == "von unterwegs gesendet"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbound::text::lines::left_after;

    fn left(text: &str) -> String {
        left_after(cut, text)
    }

    #[test]
    fn praise_goes() {
        for line in [
            "Sent from my iPhone",
            "Sent from my Samsung Galaxy smartphone.",
            "Sent from Outlook for Android",
            "Sent from Mail for Windows",
            "Sent with Proton Mail secure email.",
            "Get Outlook for iOS<https://aka.ms/o0ukef>",
            "Verstuurd vanaf mijn iPhone",
            "Verzonden vanaf mijn Galaxy",
            "Verzonden vanuit Mail voor Windows",
            "Outlook voor iOS downloaden",
            "Envoyé de mon iPhone",
            "Envoyé depuis mon mobile",
            "Envoyé à partir de Outlook pour Android",
            "Télécharger Outlook pour iOS",
            "Von meinem iPhone gesendet",
            "Von meinem Samsung Galaxy Smartphone gesendet.",
            "Gesendet von Mail für Windows",
            "Gesendet mit der GMX Mail App",
            "Outlook für iOS beziehen",
            "Enviado desde mi iPhone",
            "Enviado desde Correo para Windows",
            "Obtener Outlook para iOS",
            "_Sent from my iPad_",
        ] {
            assert_eq!(left(&format!("Yes.\n\nAnn\n\n{line}\n\n")), "Yes.\n\nAnn", "{line}");
            assert_eq!(left(line), "", "{line}");
        }
        assert_eq!(left("Yes.\nSent from my iPhone\nSent from Yahoo Mail"), "Yes.");
    }

    #[test]
    fn sentences_stay() {
        for text in [
            "Sent from the office yesterday.",
            "Yes.\nSent from my iPhone\nNo.",
            "I sent it from my iPhone",
            "Yes.\n> Sent from my iPhone",
            "Outlook is broken",
        ] {
            assert_eq!(left(text).replace("\n\n", "\n"), text);
        }
    }
}
