//! English.

use super::{Said, Saying};

pub(super) fn say(saying: Saying, firm: &str, name: &str) -> Said {
    match saying {
        Saying::Login => Said::new(
            format!("Log in to {firm}"),
            &["Press the button to log in. The link works only once."],
        )
        .button("Log in"),
        Saying::LoginAgain => Said::new(
            "This link is no longer good",
            &["It has been used already, or it is too old. We can email you a new one."],
        )
        .button("Send me a new link"),
        Saying::LoginVoid => Said::new(
            "This link is no longer good",
            &[&format!("Please log in to {firm} as you usually do, or ask them for a new link.")],
        ),
        Saying::LinkSent => Said::new(
            "A new link is on its way",
            &["Look into your mailbox in a minute or two, and into the folder for unwanted mail \
               too. You can close this page."],
        ),
        Saying::LinkJustSent => Said::new(
            "We sent you a link a short while ago",
            &[
                "Look into your mailbox, and into the folder for unwanted mail too. If nothing comes, \
               please try again later.",
            ],
        ),
        Saying::LoggedIn => Said::new(
            format!("You are logged in, {name}"),
            &[&format!("One more step: press the button to go on to {firm}.")],
        )
        .button(format!("Go on to {firm}")),
        Saying::Nowhere => Said::new(
            "You can’t go on from here yet",
            &[
                &format!(
                    "{firm} has not set yet where your conversations open. Nothing is lost: what \
                     was written to you is kept, and this link was not used up."
                ),
                &format!("Please tell {firm}, and open the link again once they have done so."),
            ],
        ),
        Saying::StopContact => Said::new(
            "Stop these emails?",
            &[&format!(
                "Press the button, and you get no more emails about new messages, tasks and \
                 reminders from {firm}. Your conversations stay as they are."
            )],
        )
        .button("Stop the emails"),
        Saying::StopMember => Said::new(
            "Stop these emails?",
            &[&format!(
                "Press the button, and you get no more emails about what happens in your \
                 conversations at {firm}. Your inbox there goes on as before."
            )],
        )
        .button("Stop the emails"),
        Saying::StoppedContact => Said::new(
            "You get no more of these emails",
            &[&format!(
                "You can turn them on again at any time: log in and switch emails on in your \
                 preferences, or ask {firm} to do so."
            )],
        ),
        Saying::StoppedMember => Said::new(
            "You get no more of these emails",
            &[
                "You can turn them on again at any time: log in and choose in your preferences what \
               you want to be told of by email.",
            ],
        ),
        Saying::Unknown => Said::new(
            "There is nothing here",
            &["Perhaps the link is incomplete. Please open it once more from the email."],
        ),
        Saying::Later => Said::new(
            "This does not work right now",
            &["Nothing has been done. Please try again in a minute."],
        ),
    }
}
