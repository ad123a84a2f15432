//! Bad input: a refusal that names field and limit, on a connection that goes on.

use serde_json::{Value, json};
use tidings_protocol::limits as max;
use tidings_protocol::{Command, Encoding, Refusal, RefusalCode, Reminder, Reply};
use tidings_tests::{Cast, Client, Server, history, key, post, start_thread, thread as draft};

#[tokio::test]
async fn every_bound_is_refused_by_field_and_limit_and_the_connection_survives() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect_with(cast.mia, Encoding::Postcard).await;
    let thread = start_thread(&mut mia, draft(cast.account, "Taxes", &["one"])).await;
    let long = |bytes: usize| "x".repeat(bytes + 1);
    let many = vec!["task"; max::TASKS_PER_THREAD_MAX + 1];
    let reminder =
        |days, count| Command::SetReminder { thread, reminder: Reminder { on: true, days, count } };
    let task = |text: String| Command::AddTask { thread, key: key(), text, before: None };
    let table = [
        (
            post(thread, long(max::MESSAGE_BODY_BYTES_MAX)),
            "post_message.body",
            max::MESSAGE_BODY_BYTES_MAX as u64,
        ),
        (post(thread, " \n\t"), "post_message.body", 1),
        (
            draft(cast.account, &long(max::SUBJECT_BYTES_MAX), &[]),
            "create_thread.subject",
            max::SUBJECT_BYTES_MAX as u64,
        ),
        (
            draft(cast.account, "Many", &many),
            "create_thread.tasks",
            max::TASKS_PER_THREAD_MAX as u64,
        ),
        (draft(cast.account, "Bad", &["fine", ""]), "create_thread.tasks[1]", 1),
        (task(long(max::TASK_TEXT_BYTES_MAX)), "add_task.text", max::TASK_TEXT_BYTES_MAX as u64),
        (reminder(0, 1), "set_reminder.reminder.days", 1),
        (reminder(3, 21), "set_reminder.reminder.count", 20),
    ];
    for (command, field, limit) in table {
        let Refusal { code, field: at, limit: bound, message, .. } = mia.refused(command).await;
        assert_eq!((at.as_deref(), bound), (Some(field), Some(limit)), "{message}");
        assert_eq!(code, RefusalCode::Invalid);
        assert!(message.contains(&limit.to_string()), "{field}: {message}");
    }
    assert_eq!(history(&mut mia, thread).await.len(), 3, "nothing was half done");
    mia.written(post(thread, "x".repeat(max::MESSAGE_BODY_BYTES_MAX))).await;
}

#[tokio::test]
async fn what_is_no_command_is_refused_by_its_id_and_the_connection_survives() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let table = [
        (json!({ "post_mesage": {} }), "post_message"),
        (json!({ "archive": {} }), "archive.thread"),
        (json!({ "archive": { "thread": 7 } }), "archive.thread"),
        (json!({ "archive": { "thread": "7" } }), "archive.thread"),
        (json!({ "render": { "markdown": "x", "html": true } }), "html"),
        (json!("get_preferences"), "{}"),
        (Value::Null, "command"),
    ];
    for (command, named) in table {
        let refusal = malformed(&mut mia, &command).await;
        let told = format!("{} {:?}", refusal.message, refusal.field);
        assert!(told.contains(named), "{command}: {told}");
    }
    mia.done(Command::GetPreferences {}).await;
}

async fn malformed(client: &mut Client, command: &Value) -> Refusal {
    let id = client.send_text(|id| json!({ "id": id, "command": command }).to_string()).await;
    match client.reply(id).await {
        tidings_protocol::Outcome::Refused(refusal) => {
            assert_eq!(refusal.code, RefusalCode::Malformed, "{command}");
            refusal
        }
        tidings_protocol::Outcome::Ok(reply) => panic!("{command}: {reply:?}"),
    }
}

#[tokio::test]
async fn markdown_is_rendered_without_scripts() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    let mut mia = cast.firm.connect(cast.mia).await;
    let markdown = "**bold** <script>alert(1)</script> [x](javascript:alert(1))".to_owned();
    let reply = mia.done(Command::Render { markdown }).await;
    let Reply::Rendered { html } = reply else { panic!("{reply:?}") };
    assert!(html.contains("<strong>bold</strong>"), "{html}");
    assert!(!html.contains("script>") && !html.contains("javascript:"), "{html}");
}
