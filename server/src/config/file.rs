//! A TOML file to settings, each with its line. All that is wrong in the file is found at once.

use super::resolve::{Given, Problems, Source, nearest};
use super::settings::{SETTINGS, Setting};
use std::ops::Range;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Reads all the settings of a file.
pub(super) fn read(path: &Path, text: &str, problems: &mut Problems) -> Vec<Given> {
    let mut reading = Reading { path, text, problems, given: Vec::new() };
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let at = reading.place(error.span().unwrap_or_default());
        reading.problems.add(format!("{at}: {}", error.message()));
    }
    if errors.is_empty() {
        reading.table("", table.get_ref());
    }
    reading.given
}

struct Reading<'a> {
    path: &'a Path,
    text: &'a str,
    problems: &'a mut Problems,
    given: Vec<Given>,
}

impl Reading<'_> {
    fn line(&self, span: &Range<usize>) -> usize {
        self.text.as_bytes().iter().take(span.start).filter(|byte| **byte == b'\n').count() + 1
    }

    fn place(&self, span: Range<usize>) -> String {
        format!("{}:{}", self.path.display(), self.line(&span))
    }

    fn table(&mut self, section: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let key = match section {
                "" => name.get_ref().to_string(),
                _ => format!("{section}.{}", name.get_ref()),
            };
            match (Setting::of_key(&key), value.get_ref()) {
                (Some(setting), _) => self.setting(setting, value),
                (None, DeValue::Table(inner)) if is_section(&key) => self.table(&key, inner),
                (None, _) => {
                    let known = SETTINGS.iter().map(|setting| setting.key);
                    let known = known.chain(SETTINGS.iter().map(Setting::section));
                    self.problems.add(format!(
                        "{}: unknown key `{key}`; the nearest known one is `{}`",
                        self.place(name.span()),
                        nearest(&key, known)
                    ));
                }
            }
        }
    }

    fn setting(&mut self, setting: &'static Setting, value: &Spanned<DeValue<'_>>) {
        let Some(text) = value_text(setting, value.get_ref()) else {
            let kind = if setting.slot.is_list() {
                "a string or an array of strings"
            } else if setting.slot.is_number() {
                "a whole number"
            } else {
                "a string"
            };
            let at = self.place(value.span());
            let found = value.get_ref().type_str();
            self.problems.add(format!("{at}: {}: {found}; must be {kind}", setting.key));
            return;
        };
        let line = self.line(&value.span());
        let source = Source::File { path: self.path.to_owned(), line };
        self.given.push(Given { setting, text, source });
    }
}

fn is_section(key: &str) -> bool {
    SETTINGS.iter().any(|setting| setting.section() == key)
}

/// The value as it would be written in a flag. None if it is of the wrong type.
fn value_text(setting: &Setting, value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        // The radix is left to the parser of numbers, which refuses all but the usual one.
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Array(items) if setting.slot.is_list() => {
            let texts = items.iter().map(|item| item.get_ref().as_str());
            Some(texts.collect::<Option<Vec<_>>>()?.join(","))
        }
        _ => None,
    }
}
