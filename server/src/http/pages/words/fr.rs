//! French.

use super::{Said, Saying};

pub(super) fn say(saying: Saying, firm: &str, name: &str) -> Said {
    match saying {
        Saying::Login => Said::new(
            format!("Se connecter à {firm}"),
            &["Appuyez sur le bouton pour vous connecter. Le lien ne fonctionne qu’une seule fois."],
        )
        .button("Se connecter"),
        Saying::LoginAgain => Said::new(
            "Ce lien n’est plus valable",
            &["Il a déjà servi ou il est trop ancien. Nous pouvons vous en envoyer un nouveau par \
               e-mail."],
        )
        .button("M’envoyer un nouveau lien"),
        Saying::LoginVoid => Said::new(
            "Ce lien n’est plus valable",
            &[&format!(
                "Connectez-vous à {firm} comme d’habitude, ou demandez-y un nouveau lien."
            )],
        ),
        Saying::LinkSent => Said::new(
            "Un nouveau lien est en route",
            &["Regardez dans votre boîte de réception dans une minute ou deux, et aussi parmi les \
               courriers indésirables. Vous pouvez fermer cette page."],
        ),
        Saying::LinkJustSent => Said::new(
            "Nous vous avons envoyé un lien il y a peu de temps",
            &["Regardez dans votre boîte de réception, et aussi parmi les courriers indésirables. Si \
               rien n’arrive, réessayez plus tard."],
        ),
        Saying::LoggedIn => Said::new(
            format!("Vous êtes connecté(e), {name}"),
            &[&format!("Encore une étape\u{a0}: appuyez sur le bouton pour continuer vers {firm}.")],
        )
        .button(format!("Continuer vers {firm}")),
        Saying::Nowhere => Said::new(
            "Vous ne pouvez pas encore continuer",
            &[
                &format!(
                    "{firm} n’a pas encore indiqué où s’ouvrent vos conversations. Rien n’est \
                     perdu\u{a0}: ce qui vous a été écrit est conservé, et ce lien n’a pas été \
                     utilisé."
                ),
                &format!(
                    "Merci de le signaler à {firm}, puis de rouvrir le lien une fois que c’est \
                     fait."
                ),
            ],
        ),
        Saying::StopContact => Said::new(
            "Ne plus recevoir ces e-mails\u{a0}?",
            &[&format!(
                "Appuyez sur le bouton, et vous ne recevrez plus d’e-mails de {firm} au sujet de \
                 nouveaux messages, de tâches et de rappels. Vos conversations restent en place."
            )],
        )
        .button("Arrêter les e-mails"),
        Saying::StopMember => Said::new(
            "Ne plus recevoir ces e-mails\u{a0}?",
            &[&format!(
                "Appuyez sur le bouton, et vous ne recevrez plus d’e-mails sur ce qui se passe dans \
                 vos conversations chez {firm}. Votre liste de nouveautés chez {firm} ne change pas."
            )],
        )
        .button("Arrêter les e-mails"),
        Saying::StoppedContact => Said::new(
            "Vous ne recevrez plus ces e-mails",
            &[&format!(
                "Vous pouvez les réactiver à tout moment\u{a0}: connectez-vous et activez les e-mails dans \
                 vos préférences, ou demandez-le à {firm}."
            )],
        ),
        Saying::StoppedMember => Said::new(
            "Vous ne recevrez plus ces e-mails",
            &["Vous pouvez les réactiver à tout moment\u{a0}: connectez-vous et choisissez dans vos \
               préférences ce dont vous voulez être averti(e) par e-mail."],
        ),
        Saying::Unknown => Said::new(
            "Il n’y a rien ici",
            &["Le lien est peut-être incomplet. Ouvrez-le à nouveau depuis l’e-mail."],
        ),
        Saying::Later => Said::new(
            "Cela ne fonctionne pas pour l’instant",
            &["Rien n’a été fait. Veuillez réessayer dans une minute."],
        ),
    }
}
