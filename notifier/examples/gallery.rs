//! Writes every sort of email, in every language, hidden and shown, into a folder: as `.eml` for mail
//! programs, as `.html` and `.txt` for a look. `cargo run -p tidings-notifier --example gallery FOLDER`

#[path = "../tests/mail/samples.rs"]
mod samples;

use mail_parser::MessageParser;
use std::fs;
use std::path::Path;
use tidings_notifier::mail;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: gallery FOLDER")?;
    let folder = Path::new(&folder);
    fs::create_dir_all(folder)?;
    for language in samples::LANGUAGES {
        for (name, letter) in samples::all(language) {
            let name = format!("{language:?}-{name}").to_lowercase();
            let shown = samples::show(letter.clone());
            for (name, letter) in
                [(format!("{name}-hidden"), letter), (format!("{name}-shown"), shown)]
            {
                let mail = mail::write(&letter, &samples::links(&letter), &samples::sender())?;
                let parsed = MessageParser::default().parse(&mail.bytes).ok_or("not a mail")?;
                fs::write(folder.join(format!("{name}.eml")), &mail.bytes)?;
                fs::write(
                    folder.join(format!("{name}.html")),
                    &*parsed.body_html(0).ok_or("no HTML")?,
                )?;
                fs::write(
                    folder.join(format!("{name}.txt")),
                    &*parsed.body_text(0).ok_or("no text")?,
                )?;
            }
        }
    }
    Ok(())
}
