//! Writes every sort of email, in every language, hidden and shown, into a folder: as `.eml` for mail
//! programs, as `.html` and `.txt` for a look. `cargo run -p tidings-notifier --example gallery FOLDER`

#[path = "../tests/mail/samples.rs"]
mod samples;

use mail_parser::MessageParser;
use std::fs;
use std::path::Path;
use tidings_notifier::mail;
use tidings_storage::letter::Letter;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: gallery FOLDER")?;
    let folder = Path::new(&folder);
    fs::create_dir_all(folder)?;
    for (name, letter) in samples::looks() {
        put(folder, &name, &letter)?;
    }
    for language in samples::LANGUAGES {
        for (name, letter) in samples::all(language) {
            let name = format!("{language:?}-{name}").to_lowercase();
            put(folder, &format!("{name}-hidden"), &letter)?;
            put(folder, &format!("{name}-shown"), &samples::show(letter))?;
        }
    }
    Ok(())
}

fn put(folder: &Path, name: &str, letter: &Letter) -> Result<(), Box<dyn std::error::Error>> {
    let mail = mail::write(letter, &samples::links(letter), &samples::sender())?;
    let parsed = MessageParser::default().parse(&mail.bytes).ok_or("not a mail")?;
    let html = parsed.body_html(0).ok_or("no HTML")?;
    let text = parsed.body_text(0).ok_or("no text")?;
    fs::write(folder.join(format!("{name}.eml")), &mail.bytes)?;
    fs::write(folder.join(format!("{name}.html")), &*html)?;
    fs::write(folder.join(format!("{name}.txt")), &*text)?;
    Ok(())
}
