//! French.

use super::{End, Login, Said, Subjects, ToContact, ToMember, Words};
use tidings_protocol::InboxKind;
use tidings_storage::letter::AnswerProblem;

pub(super) static WORDS: Words = Words {
    code: "fr",
    months: [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    date: |day, month, year| match day {
        1 => format!("1er {month} {year}"),
        day => format!("{day} {month} {year}"),
    },
    hello: |name| format!("Bonjour {name},"),
    hello_you: "Bonjour,",
    subject: Subjects {
        contact: |firm| format!("Message de {firm}"),
        member: "Du nouveau dans une conversation avec un client",
        digest: "Résumé de vos conversations",
        login: |firm| format!("Votre lien de connexion pour {firm}"),
        undelivered: "Un e-mail à votre client n’a pas été remis",
        refused: "Votre réponse n’a pas été transmise",
        attachments: "Votre réponse a été transmise sans ses pièces jointes",
    },
    contact: ToContact {
        started: |firm, messages| match messages {
            0 | 1 => format!("Vous avez une nouvelle conversation avec {firm}."),
            n => format!(
                "Vous avez une nouvelle conversation avec {firm}, avec {n} messages non lus."
            ),
        },
        messages: |firm, messages| match messages {
            0 | 1 => format!("Vous avez un nouveau message dans une conversation avec {firm}."),
            n => format!("Vous avez {n} nouveaux messages dans une conversation avec {firm}."),
        },
        changed: |firm| format!("Il y a du nouveau dans une conversation avec {firm}."),
        tasks: |tasks| match tasks {
            0 | 1 => "Vous avez une tâche à faire.".to_owned(),
            n => format!("Vous avez {n} tâches à faire."),
        },
        reminder: |firm, which, of| match of {
            0 | 1 => format!("Ceci est un rappel\u{a0}: {firm} attend votre réaction."),
            of => {
                format!("Ceci est le rappel {which} sur {of}\u{a0}: {firm} attend votre réaction.")
            }
        },
        stops_by_answer: "Dès que vous aurez répondu, vous ne recevrez plus de rappel.",
        stops_by_tasks: "Dès que les tâches seront faites et que vous aurez tout lu, vous ne recevrez \
                         plus de rappel.",
        stops_by_reading: "Dès que vous aurez tout lu, vous ne recevrez plus de rappel.",
        resent: |firm| {
            format!("{firm} souhaite attirer à nouveau votre attention sur cette conversation.")
        },
    },
    member: ToMember {
        happened: |kind| match kind {
            InboxKind::ThreadStarted => "Un client a ouvert une conversation.",
            InboxKind::ContactAnswered => "Un client a répondu.",
            InboxKind::TasksChanged => "Un client a coché ou décoché des tâches.",
            InboxKind::AllTasksCompleted => "Toutes les tâches sont faites.",
            InboxKind::ColleagueAnswered => {
                "Un collègue a répondu dans une conversation que vous suivez."
            }
            InboxKind::Mentioned => "Vous avez été mentionné(e).",
            InboxKind::DeliveryFailed => "Un e-mail au client n’a pas pu être remis.",
        },
        unread: |messages| match messages {
            0 | 1 => "Un message n’est pas lu.".to_owned(),
            n => format!("{n} messages ne sont pas lus."),
        },
        tasks: |tasks| match tasks {
            0 | 1 => "Une tâche reste à faire.".to_owned(),
            n => format!("{n} tâches restent à faire."),
        },
        undelivered: [
            "Un e-mail à un interlocuteur du client n’a pas pu être remis.",
            "Veuillez vérifier l’adresse.",
        ],
        undelivered_to: |names| {
            [
                format!("Un e-mail à {names} n’a pas pu être remis."),
                "Veuillez vérifier l’adresse.".to_owned(),
            ]
        },
    },
    login: Login {
        what: |firm| format!("Ce lien vous permet de vous connecter à {firm}."),
        once: "Il ne fonctionne qu’une seule fois et pendant peu de temps. Ne le transmettez à \
               personne.",
        ignore: "Si vous ne l’avez pas demandé, ignorez simplement cet e-mail\u{a0}: il ne se passera rien.",
        button: "Se connecter",
    },
    refused: |problem, firm| {
        match problem {
        AnswerProblem::NotTaken => format!(
            "Merci de votre réponse. Malheureusement, elle n’a pas été transmise, car {firm} ne reçoit \
             pas de réponses par e-mail. Veuillez l’écrire dans la conversation même."
        ),
        AnswerProblem::Archived => "Merci de votre réponse. Malheureusement, elle n’a pas été transmise, \
                                    car la conversation est close."
            .to_owned(),
        AnswerProblem::Expired => "Merci de votre réponse. Malheureusement, elle n’a pas été transmise, \
                                   car l’e-mail auquel vous avez répondu est trop ancien. Veuillez \
                                   l’écrire dans la conversation même."
            .to_owned(),
        AnswerProblem::Empty => "Merci de votre réponse. Malheureusement, nous n’y avons trouvé aucun \
                                 texte hormis des citations et une signature\u{a0}; rien n’a donc été \
                                 transmis. Veuillez écrire votre réponse dans la conversation même."
            .to_owned(),
        AnswerProblem::TooLong => "Merci de votre réponse. Malheureusement, elle n’a pas été transmise, \
                                   car elle est trop longue pour un seul message. Veuillez l’écrire \
                                   dans la conversation même, en plusieurs messages."
            .to_owned(),
        AnswerProblem::AttachmentsLeftOut => {
            "Merci. Votre réponse a été transmise, mais sans ses pièces jointes\u{a0}: elles ne peuvent pas \
             être reçues par e-mail."
                .to_owned()
        }
        AnswerProblem::Team => "Votre réponse n’a pas été transmise\u{a0}: seuls les clients peuvent répondre \
                                par e-mail. Veuillez l’écrire dans la conversation même."
            .to_owned(),
    }
    },
    content: Said {
        client: |account| format!("Client\u{a0}: {account}"),
        cut: "La suite du message se trouve dans la conversation.",
        earlier: |messages| match messages {
            0 | 1 => "Il y a un message non lu plus ancien.".to_owned(),
            n => format!("Il y a {n} messages non lus plus anciens."),
        },
        tasks: "Tâches à faire",
        more_tasks: |tasks| match tasks {
            0 | 1 => "et une autre".to_owned(),
            n => format!("et {n} autres"),
        },
        button: "Ouvrir la conversation",
        threads: |threads| match threads {
            0 | 1 => "Il y a du nouveau dans une conversation.".to_owned(),
            n => format!("Il y a du nouveau dans {n} conversations."),
        },
    },
    end: End {
        answer: "Vous pouvez simplement répondre à cet e-mail\u{a0}: votre réponse apparaîtra dans la \
                 conversation.",
        no_answer: "Veuillez répondre dans la conversation même\u{a0}: les réponses à cet e-mail ne sont \
                    pas transmises.",
        secret: "Cet e-mail est destiné à vous personnellement. Ne le transférez pas.",
        why_contact: |firm| {
            format!(
                "Vous recevez cet e-mail parce que vous participez à des conversations avec {firm}."
            )
        },
        why_member: |firm| {
            format!("Vous recevez cet e-mail parce que vous faites partie de l’équipe de {firm}.")
        },
        unsubscribe: "Se désabonner",
    },
};
