//! English.

use super::{End, Login, Said, Subjects, ToContact, ToMember, Words};
use tidings_protocol::InboxKind;
use tidings_storage::letter::AnswerProblem;

pub(super) static WORDS: Words = Words {
    code: "en",
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    date: |day, month, year| format!("{day} {month} {year}"),
    hello: |name| format!("Hello {name},"),
    hello_you: "Hello,",
    subject: Subjects {
        contact: |firm| format!("Message from {firm}"),
        member: "News in a client conversation",
        digest: "Summary of your conversations",
        login: |firm| format!("Your login link for {firm}"),
        undelivered: "An email to your client was not delivered",
        refused: "Your answer was not posted",
        attachments: "Your answer was posted without its attachments",
    },
    contact: ToContact {
        started: |firm, messages| match messages {
            0 | 1 => format!("You have a new conversation with {firm}."),
            n => format!("You have a new conversation with {firm}, with {n} unread messages."),
        },
        messages: |firm, messages| match messages {
            0 | 1 => format!("You have a new message in a conversation with {firm}."),
            n => format!("You have {n} new messages in a conversation with {firm}."),
        },
        changed: |firm| format!("There is news in a conversation with {firm}."),
        tasks: |tasks| match tasks {
            0 | 1 => "You have one open task.".to_owned(),
            n => format!("You have {n} open tasks."),
        },
        reminder: |firm, which, of| match of {
            0 | 1 => format!("This is a reminder: {firm} is waiting for you."),
            of => format!("This is reminder {which} of {of}: {firm} is waiting for you."),
        },
        stops_by_answer: "Once you have answered, you will get no more reminders.",
        stops_by_tasks: "Once the tasks are done and everything is read, you will get no more \
                         reminders.",
        stops_by_reading: "Once you have read everything, you will get no more reminders.",
        resent: |firm| {
            format!("{firm} would like to bring this conversation to your attention again.")
        },
    },
    member: ToMember {
        happened: |kind| match kind {
            InboxKind::ThreadStarted => "A client has started a conversation.",
            InboxKind::ContactAnswered => "A client has answered.",
            InboxKind::TasksChanged => "A client has ticked or unticked tasks.",
            InboxKind::AllTasksCompleted => "All tasks are done.",
            InboxKind::ColleagueAnswered => {
                "A colleague has answered in a conversation that you follow."
            }
            InboxKind::Mentioned => "You were mentioned.",
            InboxKind::DeliveryFailed => "An email to the client could not be delivered.",
        },
        unread: |messages| match messages {
            0 | 1 => "One message is unread.".to_owned(),
            n => format!("{n} messages are unread."),
        },
        tasks: |tasks| match tasks {
            0 | 1 => "One task is open.".to_owned(),
            n => format!("{n} tasks are open."),
        },
        undelivered: [
            "An email to one of the client’s contacts could not be delivered.",
            "Please check the address.",
        ],
        undelivered_to: |names| {
            [
                format!("An email to {names} could not be delivered."),
                "Please check the address.".to_owned(),
            ]
        },
    },
    login: Login {
        what: |firm| format!("With this link you log in to {firm}."),
        once: "It works only once and only for a short time. Please do not pass it on.",
        ignore: "If you did not ask for it, you can ignore this email: nothing will happen.",
        button: "Log in",
    },
    refused: |problem, firm| match problem {
        AnswerProblem::NotTaken => format!(
            "Thank you for your answer. Unfortunately it was not posted, because {firm} takes no \
             answers by email. Please write it in the conversation itself."
        ),
        AnswerProblem::Archived => "Thank you for your answer. Unfortunately it was not posted, \
                                    because the conversation is closed."
            .to_owned(),
        AnswerProblem::Expired => "Thank you for your answer. Unfortunately it was not posted, \
                                   because the email that you answered is too old. Please write it \
                                   in the conversation itself."
            .to_owned(),
        AnswerProblem::Empty => "Thank you for your answer. Unfortunately we found no text in it, \
                                 apart from quotes and a signature, so nothing was posted. Please \
                                 write your answer in the conversation itself."
            .to_owned(),
        AnswerProblem::TooLong => "Thank you for your answer. Unfortunately it was not posted, \
                                   because it is too long for one message. Please write it in the \
                                   conversation itself, in several messages."
            .to_owned(),
        AnswerProblem::AttachmentsLeftOut => {
            "Thank you. Your answer was posted, but not its attachments: they can't be taken by \
             email."
                .to_owned()
        }
        AnswerProblem::Team => {
            "Your answer was not posted: answers by email are taken from clients \
                                only. Please write it in the conversation itself."
                .to_owned()
        }
    },
    content: Said {
        client: |account| format!("Client: {account}"),
        cut: "The message continues in the conversation.",
        earlier: |messages| match messages {
            0 | 1 => "There is one earlier unread message.".to_owned(),
            n => format!("There are {n} earlier unread messages."),
        },
        tasks: "Open tasks",
        more_tasks: |tasks| match tasks {
            0 | 1 => "and one more".to_owned(),
            n => format!("and {n} more"),
        },
        button: "Open the conversation",
        threads: |threads| match threads {
            0 | 1 => "There is news in one conversation.".to_owned(),
            n => format!("There is news in {n} conversations."),
        },
    },
    end: End {
        answer: "You can simply answer this email: your answer will be posted in the conversation.",
        no_answer: "Please answer in the conversation itself: answers to this email are not posted.",
        secret: "This email is meant for you alone. Please do not forward it.",
        why_contact: |firm| {
            format!("You get this email because you take part in conversations with {firm}.")
        },
        why_member: |firm| format!("You get this email because you work in the team of {firm}."),
        unsubscribe: "Unsubscribe",
    },
};
