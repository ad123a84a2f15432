//! German.

use super::{Said, Saying};

pub(super) fn say(saying: Saying, firm: &str, name: &str) -> Said {
    match saying {
        Saying::Login => Said::new(
            format!("Bei {firm} anmelden"),
            &["Mit dem Knopf melden Sie sich an. Der Link funktioniert nur einmal."],
        )
        .button("Anmelden"),
        Saying::LoginAgain => Said::new(
            "Dieser Link gilt nicht mehr",
            &["Er wurde schon benutzt oder ist zu alt. Wir können Ihnen einen neuen schicken."],
        )
        .button("Neuen Link schicken"),
        Saying::LoginVoid => Said::new(
            "Dieser Link gilt nicht mehr",
            &[&format!(
                "Bitte melden Sie sich wie gewohnt bei {firm} an, oder bitten Sie dort um einen neuen \
                 Link."
            )],
        ),
        Saying::LinkSent => Said::new(
            "Ein neuer Link ist unterwegs",
            &["Sehen Sie in ein, zwei Minuten in Ihr Postfach, auch in den Spam-Ordner. Diese Seite \
               können Sie schließen."],
        ),
        Saying::LinkJustSent => Said::new(
            "Wir haben Ihnen vor Kurzem einen Link geschickt",
            &["Sehen Sie in Ihr Postfach, auch in den Spam-Ordner. Kommt nichts an, versuchen Sie \
               es bitte später noch einmal."],
        ),
        Saying::LoggedIn => Said::new(
            format!("Sie sind angemeldet, {name}"),
            &[&format!("Noch ein Schritt: Mit dem Knopf geht es weiter zu {firm}.")],
        )
        .button(format!("Weiter zu {firm}")),
        Saying::Nowhere => Said::new(
            "Hier geht es noch nicht weiter",
            &[
                &format!(
                    "{firm} hat noch nicht angegeben, wo sich Ihre Unterhaltungen öffnen. Nichts \
                     geht verloren: Was Ihnen geschrieben wurde, bleibt erhalten, und dieser Link \
                     ist nicht verbraucht."
                ),
                &format!(
                    "Bitte sagen Sie {firm} Bescheid, und öffnen Sie den Link danach noch einmal."
                ),
            ],
        ),
        Saying::StopContact => Said::new(
            "Keine E-Mails mehr erhalten?",
            &[&format!(
                "Mit dem Knopf beenden Sie die E-Mails von {firm} über neue Nachrichten, Aufgaben und \
                 Erinnerungen. Ihre Unterhaltungen bleiben bestehen."
            )],
        )
        .button("E-Mails beenden"),
        Saying::StopMember => Said::new(
            "Keine E-Mails mehr erhalten?",
            &[&format!(
                "Mit dem Knopf beenden Sie die E-Mails darüber, was in Ihren Unterhaltungen bei \
                 {firm} geschieht. Ihr Eingang dort bleibt, wie er ist."
            )],
        )
        .button("E-Mails beenden"),
        Saying::StoppedContact => Said::new(
            "Sie erhalten diese E-Mails nicht mehr",
            &[&format!(
                "Sie können sie jederzeit wieder einschalten: Melden Sie sich an und schalten Sie \
                 E-Mails in Ihren Einstellungen ein, oder bitten Sie {firm} darum."
            )],
        ),
        Saying::StoppedMember => Said::new(
            "Sie erhalten diese E-Mails nicht mehr",
            &["Sie können sie jederzeit wieder einschalten: Melden Sie sich an und wählen Sie in Ihren \
               Einstellungen, worüber Sie E-Mails erhalten möchten."],
        ),
        Saying::Unknown => Said::new(
            "Hier ist nichts",
            &["Vielleicht ist der Link unvollständig. Bitte öffnen Sie ihn noch einmal aus der \
               E-Mail."],
        ),
        Saying::Later => Said::new(
            "Das geht gerade nicht",
            &["Es ist nichts geschehen. Bitte versuchen Sie es in einer Minute noch einmal."],
        ),
    }
}
