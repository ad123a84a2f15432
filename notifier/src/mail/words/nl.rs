//! Dutch.

use super::{End, Login, Said, Subjects, ToContact, ToMember, Words};
use tidings_protocol::InboxKind;
use tidings_storage::letter::AnswerProblem;

pub(super) static WORDS: Words = Words {
    code: "nl",
    months: [
        "januari",
        "februari",
        "maart",
        "april",
        "mei",
        "juni",
        "juli",
        "augustus",
        "september",
        "oktober",
        "november",
        "december",
    ],
    date: |day, month, year| format!("{day} {month} {year}"),
    hello: |name| format!("Beste {name},"),
    hello_you: "Goedendag,",
    subject: Subjects {
        contact: |firm| format!("Bericht van {firm}"),
        member: "Nieuws in een gesprek met een klant",
        digest: "Overzicht van uw gesprekken",
        login: |firm| format!("Uw inloglink voor {firm}"),
        undelivered: "Een e-mail aan uw klant is niet bezorgd",
        refused: "Uw antwoord is niet geplaatst",
        attachments: "Uw antwoord is geplaatst zonder de bijlagen",
    },
    contact: ToContact {
        started: |firm, messages| match messages {
            0 | 1 => format!("U hebt een nieuw gesprek met {firm}."),
            n => format!("U hebt een nieuw gesprek met {firm}, met {n} ongelezen berichten."),
        },
        messages: |firm, messages| match messages {
            0 | 1 => format!("U hebt een nieuw bericht in een gesprek met {firm}."),
            n => format!("U hebt {n} nieuwe berichten in een gesprek met {firm}."),
        },
        changed: |firm| format!("Er is nieuws in een gesprek met {firm}."),
        tasks: |tasks| match tasks {
            0 | 1 => "U hebt één openstaande taak.".to_owned(),
            n => format!("U hebt {n} openstaande taken."),
        },
        reminder: |firm, which, of| match of {
            0 | 1 => format!("Dit is een herinnering: {firm} wacht op u."),
            of => format!("Dit is herinnering {which} van {of}: {firm} wacht op u."),
        },
        stops_by_answer: "Zodra u hebt geantwoord, krijgt u geen herinneringen meer.",
        stops_by_tasks: "Zodra de taken gedaan zijn en u alles hebt gelezen, krijgt u geen \
                         herinneringen meer.",
        stops_by_reading: "Zodra u alles hebt gelezen, krijgt u geen herinneringen meer.",
        resent: |firm| format!("{firm} vraagt nogmaals uw aandacht voor dit gesprek."),
    },
    member: ToMember {
        happened: |kind| match kind {
            InboxKind::ThreadStarted => "Een klant is een gesprek begonnen.",
            InboxKind::ContactAnswered => "Een klant heeft geantwoord.",
            InboxKind::TasksChanged => "Een klant heeft taken aan- of uitgevinkt.",
            InboxKind::AllTasksCompleted => "Alle taken zijn gedaan.",
            InboxKind::ColleagueAnswered => {
                "Een collega heeft geantwoord in een gesprek dat u volgt."
            }
            InboxKind::Mentioned => "U bent genoemd.",
            InboxKind::DeliveryFailed => "Een e-mail aan de klant kon niet worden bezorgd.",
        },
        unread: |messages| match messages {
            0 | 1 => "Eén bericht is ongelezen.".to_owned(),
            n => format!("{n} berichten zijn ongelezen."),
        },
        tasks: |tasks| match tasks {
            0 | 1 => "Eén taak staat open.".to_owned(),
            n => format!("{n} taken staan open."),
        },
        undelivered: [
            "Een e-mail aan een contactpersoon van de klant kon niet worden bezorgd.",
            "Controleer het adres.",
        ],
        undelivered_to: |names| {
            [
                format!("Een e-mail aan {names} kon niet worden bezorgd."),
                "Controleer het adres.".to_owned(),
            ]
        },
    },
    login: Login {
        what: |firm| format!("Met deze link logt u in bij {firm}."),
        once: "De link werkt maar één keer en maar kort. Geef hem niet door.",
        ignore: "Hebt u er niet om gevraagd? Dan kunt u deze e-mail negeren: er gebeurt niets.",
        button: "Inloggen",
    },
    refused: |problem, firm| {
        match problem {
        AnswerProblem::NotTaken => format!(
            "Dank u voor uw antwoord. Helaas is het niet geplaatst, omdat {firm} geen antwoorden per \
             e-mail ontvangt. Schrijf het alstublieft in het gesprek zelf."
        ),
        AnswerProblem::Archived => "Dank u voor uw antwoord. Helaas is het niet geplaatst, omdat het \
                                    gesprek gesloten is."
            .to_owned(),
        AnswerProblem::Expired => "Dank u voor uw antwoord. Helaas is het niet geplaatst, omdat de \
                                   e-mail waarop u hebt geantwoord te oud is. Schrijf het \
                                   alstublieft in het gesprek zelf."
            .to_owned(),
        AnswerProblem::Empty => "Dank u voor uw antwoord. Helaas vonden we er geen tekst in, behalve \
                                 citaten en een handtekening. Er is dus niets geplaatst. Schrijf uw \
                                 antwoord alstublieft in het gesprek zelf."
            .to_owned(),
        AnswerProblem::TooLong => "Dank u voor uw antwoord. Helaas is het niet geplaatst, omdat het \
                                   te lang is voor één bericht. Schrijf het alstublieft in het \
                                   gesprek zelf, in meerdere berichten."
            .to_owned(),
        AnswerProblem::AttachmentsLeftOut => {
            "Dank u wel. Uw antwoord is geplaatst, maar zonder de bijlagen: die kunnen niet per \
             e-mail worden ontvangen."
                .to_owned()
        }
        AnswerProblem::Team => "Uw antwoord is niet geplaatst: alleen klanten kunnen per e-mail \
                                antwoorden. Schrijf het alstublieft in het gesprek zelf."
            .to_owned(),
    }
    },
    content: Said {
        client: |account| format!("Klant: {account}"),
        cut: "Het bericht gaat verder in het gesprek.",
        earlier: |messages| match messages {
            0 | 1 => "Er is één eerder ongelezen bericht.".to_owned(),
            n => format!("Er zijn {n} eerdere ongelezen berichten."),
        },
        tasks: "Openstaande taken",
        more_tasks: |tasks| match tasks {
            0 | 1 => "en nog één".to_owned(),
            n => format!("en nog {n}"),
        },
        button: "Gesprek openen",
        threads: |threads| match threads {
            0 | 1 => "Er is nieuws in één gesprek.".to_owned(),
            n => format!("Er is nieuws in {n} gesprekken."),
        },
    },
    end: End {
        answer: "U kunt deze e-mail gewoon beantwoorden: uw antwoord komt in het gesprek.",
        no_answer: "Antwoord alstublieft in het gesprek zelf: antwoorden op deze e-mail worden niet \
                    geplaatst.",
        secret: "Deze e-mail is alleen voor u bestemd. Stuur hem niet door.",
        why_contact: |firm| {
            format!("U krijgt deze e-mail omdat u deelneemt aan gesprekken met {firm}.")
        },
        why_member: |firm| format!("U krijgt deze e-mail omdat u in het team van {firm} werkt."),
        unsubscribe: "Afmelden",
    },
};
