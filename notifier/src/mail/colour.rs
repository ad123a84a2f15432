//! A firm's colour on a button, and what can be read on it.

/// Tidings' own colour, for firms that set none.
const OWN: Colour = Colour([0x1f, 0x5f, 0x8b]);

const WHITE: Colour = Colour([0xff; 3]);
const BLACK: Colour = Colour([0; 3]);

/// The paper of an email in the dark; the template has it too.
const DARK_PAPER: Colour = Colour([0x1e, 0x22, 0x28]);

/// An edge that is seen on both papers.
const EDGE: Colour = Colour([0x86, 0x8e, 0x99]);

/// Least contrast of text (WCAG 2, 1.4.3).
const READABLE: f64 = 4.5;

/// Contrast below which one does not see where a button ends.
const SEEN: f64 = 1.6;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Colour([u8; 3]);

/// A button in a firm's colour; all of them as `#rrggbb`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Paint {
    /// Its colour.
    pub ground: String,
    /// The text on it.
    pub text: String,
    /// Its edge on white paper.
    pub edge: String,
    /// Its edge on dark paper.
    pub edge_dark: String,
}

/// The button of a firm whose colour this is; anything but `#rrggbb` is Tidings' own.
pub fn paint(colour: &str) -> Paint {
    let ground = Colour::parse(colour).unwrap_or(OWN);
    let text = if ground.contrast(WHITE) >= READABLE { WHITE } else { BLACK };
    let edge_on = |paper| if ground.contrast(paper) < SEEN { EDGE } else { ground };
    Paint {
        ground: ground.hex(),
        text: text.hex(),
        edge: edge_on(WHITE).hex(),
        edge_dark: edge_on(DARK_PAPER).hex(),
    }
}

impl Colour {
    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        Some(Self([red, green, blue]))
    }

    fn hex(self) -> String {
        let Self([red, green, blue]) = self;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }

    /// WCAG 2, relative luminance.
    fn luminance(self) -> f64 {
        let linear = |byte: u8| {
            let part = f64::from(byte) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// WCAG 2, contrast ratio: 1 to 21.
    fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_readable_on_every_colour() {
        for red in (0..=255).step_by(15) {
            for green in (0..=255).step_by(15) {
                for blue in (0..=255).step_by(15) {
                    let ground = Colour([red, green, blue]);
                    let text = Colour::parse(&paint(&ground.hex()).text).unwrap();
                    assert!(ground.contrast(text) >= READABLE, "{ground:?} {text:?}");
                }
            }
        }
    }

    #[test]
    fn an_edge_shows_what_would_not_be_seen() {
        assert_eq!(paint("#ffffff").edge, EDGE.hex());
        assert_eq!(paint("#ffffff").edge_dark, "#ffffff");
        assert_eq!(paint("#101418").edge_dark, EDGE.hex());
        assert_eq!(paint("#101418").edge, "#101418");
    }

    #[test]
    fn anything_else_is_our_own() {
        for odd in ["", "red", "#12345", "#1234567", "#12345g", "#+12345", "#é1234", "\"><b"] {
            assert_eq!(paint(odd).ground, OWN.hex(), "{odd}");
        }
        assert_eq!(paint("#ABCDEF").ground, "#abcdef");
    }
}
