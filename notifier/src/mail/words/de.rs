//! German.

use super::{End, Login, Said, Subjects, ToContact, ToMember, Words};
use tidings_protocol::InboxKind;
use tidings_storage::letter::AnswerProblem;

pub(super) static WORDS: Words = Words {
    code: "de",
    months: [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
    date: |day, month, year| format!("{day}. {month} {year}"),
    hello: |name| format!("Guten Tag {name},"),
    hello_you: "Guten Tag,",
    subject: Subjects {
        contact: |firm| format!("Nachricht von {firm}"),
        member: "Neues in einer Unterhaltung mit einem Mandanten",
        digest: "Übersicht über Ihre Unterhaltungen",
        login: |firm| format!("Ihr Anmeldelink für {firm}"),
        undelivered: "Eine E-Mail an Ihren Mandanten wurde nicht zugestellt",
        refused: "Ihre Antwort wurde nicht übernommen",
        attachments: "Ihre Antwort wurde ohne die Anhänge übernommen",
    },
    contact: ToContact {
        started: |firm, messages| match messages {
            0 | 1 => format!("Sie haben eine neue Unterhaltung mit {firm}."),
            n => format!(
                "Sie haben eine neue Unterhaltung mit {firm}, mit {n} ungelesenen Nachrichten."
            ),
        },
        messages: |firm, messages| match messages {
            0 | 1 => {
                format!("Sie haben eine neue Nachricht in einer Unterhaltung mit {firm}.")
            }
            n => format!("Sie haben {n} neue Nachrichten in einer Unterhaltung mit {firm}."),
        },
        changed: |firm| format!("Es gibt Neues in einer Unterhaltung mit {firm}."),
        tasks: |tasks| match tasks {
            0 | 1 => "Sie haben eine offene Aufgabe.".to_owned(),
            n => format!("Sie haben {n} offene Aufgaben."),
        },
        reminder: |firm, which, of| match of {
            0 | 1 => format!("Dies ist eine Erinnerung: {firm} wartet auf Sie."),
            of => format!("Dies ist Erinnerung {which} von {of}: {firm} wartet auf Sie."),
        },
        stops_by_answer: "Sobald Sie geantwortet haben, erhalten Sie keine Erinnerungen mehr.",
        stops_by_tasks: "Sobald die Aufgaben erledigt sind und Sie alles gelesen haben, erhalten Sie \
                         keine Erinnerungen mehr.",
        stops_by_reading: "Sobald Sie alles gelesen haben, erhalten Sie keine Erinnerungen mehr.",
        resent: |firm| format!("{firm} bittet Sie noch einmal, diese Unterhaltung zu beachten."),
    },
    member: ToMember {
        happened: |kind| match kind {
            InboxKind::ThreadStarted => "Ein Mandant hat eine Unterhaltung begonnen.",
            InboxKind::ContactAnswered => "Ein Mandant hat geantwortet.",
            InboxKind::TasksChanged => {
                "Ein Mandant hat bei Aufgaben Häkchen gesetzt oder entfernt."
            }
            InboxKind::AllTasksCompleted => "Alle Aufgaben sind erledigt.",
            InboxKind::ColleagueAnswered => {
                "In einer Unterhaltung, der Sie folgen, wurde im Team geantwortet."
            }
            InboxKind::Mentioned => "Sie wurden erwähnt.",
            InboxKind::DeliveryFailed => {
                "Eine E-Mail an den Mandanten konnte nicht zugestellt werden."
            }
        },
        unread: |messages| match messages {
            0 | 1 => "Eine Nachricht ist ungelesen.".to_owned(),
            n => format!("{n} Nachrichten sind ungelesen."),
        },
        tasks: |tasks| match tasks {
            0 | 1 => "Eine Aufgabe ist offen.".to_owned(),
            n => format!("{n} Aufgaben sind offen."),
        },
        undelivered: [
            "Eine E-Mail an einen Ansprechpartner des Mandanten konnte nicht zugestellt werden.",
            "Bitte prüfen Sie die Adresse.",
        ],
        undelivered_to: |names| {
            [
                format!("Eine E-Mail an {names} konnte nicht zugestellt werden."),
                "Bitte prüfen Sie die Adresse.".to_owned(),
            ]
        },
    },
    login: Login {
        what: |firm| format!("Mit diesem Link melden Sie sich bei {firm} an."),
        once: "Er funktioniert nur einmal und nur für kurze Zeit. Bitte geben Sie ihn nicht weiter.",
        ignore: "Haben Sie ihn nicht angefordert, können Sie diese E-Mail ignorieren: Es geschieht \
                 nichts.",
        button: "Anmelden",
    },
    refused: |problem, firm| match problem {
        AnswerProblem::NotTaken => format!(
            "Vielen Dank für Ihre Antwort. Leider wurde sie nicht übernommen, weil {firm} keine \
             Antworten per E-Mail annimmt. Bitte schreiben Sie sie in die Unterhaltung selbst."
        ),
        AnswerProblem::Archived => "Vielen Dank für Ihre Antwort. Leider wurde sie nicht \
                                    übernommen, weil die Unterhaltung geschlossen ist."
            .to_owned(),
        AnswerProblem::Expired => "Vielen Dank für Ihre Antwort. Leider wurde sie nicht \
                                   übernommen, weil die E-Mail, auf die Sie geantwortet haben, zu \
                                   alt ist. Bitte schreiben Sie sie in die Unterhaltung selbst."
            .to_owned(),
        AnswerProblem::Empty => {
            "Vielen Dank für Ihre Antwort. Leider fanden wir darin außer Zitaten \
                                 und einer Signatur keinen Text, daher wurde nichts übernommen. \
                                 Bitte schreiben Sie Ihre Antwort in die Unterhaltung selbst."
                .to_owned()
        }
        AnswerProblem::TooLong => "Vielen Dank für Ihre Antwort. Leider wurde sie nicht \
                                   übernommen, weil sie für eine Nachricht zu lang ist. Bitte \
                                   schreiben Sie sie in mehreren Nachrichten in die Unterhaltung \
                                   selbst."
            .to_owned(),
        AnswerProblem::AttachmentsLeftOut => {
            "Vielen Dank. Ihre Antwort wurde übernommen, aber ohne die Anhänge: Diese können per \
             E-Mail nicht angenommen werden."
                .to_owned()
        }
        AnswerProblem::Team => "Ihre Antwort wurde nicht übernommen: Antworten per E-Mail werden \
                                nur von Mandanten angenommen. Bitte schreiben Sie sie in die \
                                Unterhaltung selbst."
            .to_owned(),
    },
    content: Said {
        client: |account| format!("Mandant: {account}"),
        cut: "Die Nachricht geht in der Unterhaltung weiter.",
        earlier: |messages| match messages {
            0 | 1 => "Es gibt eine frühere ungelesene Nachricht.".to_owned(),
            n => format!("Es gibt {n} frühere ungelesene Nachrichten."),
        },
        tasks: "Offene Aufgaben",
        more_tasks: |tasks| match tasks {
            0 | 1 => "und eine weitere".to_owned(),
            n => format!("und {n} weitere"),
        },
        button: "Unterhaltung öffnen",
        threads: |threads| match threads {
            0 | 1 => "Es gibt Neues in einer Unterhaltung.".to_owned(),
            n => format!("Es gibt Neues in {n} Unterhaltungen."),
        },
    },
    end: End {
        answer: "Sie können einfach auf diese E-Mail antworten: Ihre Antwort erscheint in der \
                 Unterhaltung.",
        no_answer: "Bitte antworten Sie in der Unterhaltung selbst: Antworten auf diese E-Mail werden \
                    nicht übernommen.",
        secret: "Diese E-Mail ist nur für Sie bestimmt. Bitte leiten Sie sie nicht weiter.",
        why_contact: |firm| {
            format!("Sie erhalten diese E-Mail, weil Sie an Unterhaltungen mit {firm} teilnehmen.")
        },
        why_member: |firm| {
            format!("Sie erhalten diese E-Mail, weil Sie zum Team von {firm} gehören.")
        },
        unsubscribe: "Abmelden",
    },
};
