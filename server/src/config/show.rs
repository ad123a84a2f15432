//! The effective configuration as text: a TOML file that sets the same, with the source of each
//! value beside it.

use super::resolve::Effective;
use std::fmt::Write as _;
use toml::Value;

/// Writes the configuration out. Secrets are in files, so there is none in it, but for passwords in
/// URLs: they are left out.
pub fn show(effective: &Effective) -> String {
    let mut text = String::new();
    let mut section = "";
    for given in &effective.given {
        let setting = given.setting;
        if setting.section() != section {
            section = setting.section();
            let _ = write!(text, "\n[{section}]\n");
        }
        let origin = given.origin();
        let value = if setting.slot.is_list() {
            let items = given.text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Value::Array(items.map(Value::from).collect()).to_string()
        } else if given.text.is_empty() {
            let _ = writeln!(text, "# {} is not set ({origin})", setting.name());
            continue;
        } else if setting.slot.is_number() {
            given.text.clone()
        } else {
            Value::from(&*setting.slot.shown(&given.text)).to_string()
        };
        let _ = writeln!(text, "{} = {value}  # {origin}", setting.name());
    }
    text
}
