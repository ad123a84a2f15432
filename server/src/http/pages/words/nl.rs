//! Dutch.

use super::{Said, Saying};

pub(super) fn say(saying: Saying, firm: &str, name: &str) -> Said {
    match saying {
        Saying::Login => Said::new(
            format!("Inloggen bij {firm}"),
            &["Druk op de knop om in te loggen. De link werkt maar één keer."],
        )
        .button("Inloggen"),
        Saying::LoginAgain => Said::new(
            "Deze link werkt niet meer",
            &["Hij is al gebruikt of te oud. We kunnen u een nieuwe e-mailen."],
        )
        .button("Stuur mij een nieuwe link"),
        Saying::LoginVoid => Said::new(
            "Deze link werkt niet meer",
            &[&format!("Log in bij {firm} zoals u gewend bent, of vraag daar om een nieuwe link.")],
        ),
        Saying::LinkSent => Said::new(
            "Er is een nieuwe link onderweg",
            &[
                "Kijk over een paar minuten in uw mailbox, ook in de map met ongewenste e-mail. U kunt \
               deze pagina sluiten.",
            ],
        ),
        Saying::LinkJustSent => Said::new(
            "We hebben u kort geleden een link gestuurd",
            &[
                "Kijk in uw mailbox, ook in de map met ongewenste e-mail. Komt er niets, probeer het dan \
               later nog eens.",
            ],
        ),
        Saying::LoggedIn => Said::new(
            format!("U bent ingelogd, {name}"),
            &[&format!("Nog één stap: druk op de knop om verder te gaan naar {firm}.")],
        )
        .button(format!("Verder naar {firm}")),
        Saying::Nowhere => Said::new(
            "U kunt hier nog niet verder",
            &[
                &format!(
                    "{firm} heeft nog niet ingesteld waar uw gesprekken opengaan. Er gaat niets \
                     verloren: wat u geschreven is, blijft bewaard, en deze link is niet \
                     verbruikt."
                ),
                &format!("Laat het {firm} weten, en open de link opnieuw zodra het is ingesteld."),
            ],
        ),
        Saying::StopContact => Said::new(
            "Geen e-mails meer ontvangen?",
            &[&format!(
                "Druk op de knop, en u krijgt van {firm} geen e-mails meer over nieuwe berichten, \
                 taken en herinneringen. Uw gesprekken blijven bestaan."
            )],
        )
        .button("E-mails stoppen"),
        Saying::StopMember => Said::new(
            "Geen e-mails meer ontvangen?",
            &[&format!(
                "Druk op de knop, en u krijgt geen e-mails meer over wat er in uw gesprekken bij \
                 {firm} gebeurt. Uw inbox daar verandert niet."
            )],
        )
        .button("E-mails stoppen"),
        Saying::StoppedContact => Said::new(
            "U krijgt deze e-mails niet meer",
            &[&format!(
                "U kunt ze altijd weer aanzetten: log in en zet e-mails aan bij uw voorkeuren, of \
                 vraag het aan {firm}."
            )],
        ),
        Saying::StoppedMember => Said::new(
            "U krijgt deze e-mails niet meer",
            &["U kunt ze altijd weer aanzetten: log in en kies in uw voorkeuren welke u wilt."],
        ),
        Saying::Unknown => Said::new(
            "Hier is niets",
            &["Misschien is de link niet volledig. Open hem nog eens vanuit de e-mail."],
        ),
        Saying::Later => Said::new(
            "Het lukt nu even niet",
            &["Er is niets gedaan. Probeer het over een minuut nog eens."],
        ),
    }
}
