//! From a message to the mail, and from the mail back.

use crate::scene::{FROM, Scene, all_settled};
use serde_json::{Value, json};
use tidings_protocol::{Command, NoticeReason, NoticeState, Person, Seq};
use tidings_tests::{Conduct, Http};

/// The path of the first link that begins with this one.
fn link(text: &str, path: &str) -> String {
    let text = text.replace("=\r\n", "").replace("=3D", "=");
    let begin = format!("https://chat.bright.example{path}");
    let at = text.find(&begin).unwrap_or_else(|| panic!("no link to {path} in\n{text}"));
    let rest = &text[at + "https://chat.bright.example".len()..];
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "/-_".contains(c)));
    rest[..end.unwrap_or(rest.len())].to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unread_message_becomes_one_mail_and_a_read_one_none() {
    // The notifier comes when all is said and read: nothing is due before, however long that takes.
    let scene = Scene::without_notifier().await;
    let thread = scene.thread("first.word").await;
    scene.post(scene.cast.mia, thread, "second.word").await;
    let read = scene.thread("read.word").await;
    let head = Seq(2);
    scene.firm().command(scene.cast.carlos, &Command::Read { thread: read, up_to: head }).await;
    let _notifier = scene.notifier();
    let ledger =
        scene.ledger_when("both to be decided", |all| all.len() >= 2 && all_settled(all)).await;
    let of = |id| ledger.iter().find(|notice| notice.thread == Some(id)).unwrap();
    assert_eq!(of(thread).state, NoticeState::Sent, "{ledger:?}");
    assert_eq!((of(thread).from, of(thread).to), (Seq(2), Seq(3)));
    assert!(of(thread).answer.as_deref().unwrap().starts_with("250"), "{ledger:?}");
    assert_eq!((of(read).state, of(read).reason), (NoticeState::Dropped, Some(NoticeReason::Read)));
    let mails = scene.sink.mails();
    assert_eq!(mails.len(), 1, "{mails:?}");
    let mail = &mails[0];
    assert_eq!(
        (mail.from.as_str(), &mail.to[..]),
        (FROM, &["carlos.vega@mail.example".to_owned()][..])
    );
    let message_id = format!("<{}>", of(thread).message_id.as_deref().unwrap());
    assert_eq!(mail.message_id(), message_id);
    for word in ["first.word", "second.word"] {
        assert!(mail.text().contains(word), "{}", mail.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_mail_server_says_is_heeded_and_put_down() {
    let scene = Scene::new().await;
    scene.sink.next(Conduct::unknown());
    let thread = scene.thread("nobody.there").await;
    let ledger =
        scene.ledger_when("the mail to fail", |all| all.len() == 1 && all_settled(all)).await;
    assert_eq!(
        (ledger[0].state, ledger[0].reason),
        (NoticeState::Failed, Some(NoticeReason::Refused))
    );
    assert!(ledger[0].answer.as_deref().unwrap().contains("no such user"), "{ledger:?}");
    let told = |line: &str| {
        let told =
            line.contains("mail will not be sent") && line.contains("550 5.1.1 no such user");
        told.then_some(())
    };
    scene.server.logs().wait_for("the log to say why", told).await.unwrap();
    let inbox = json!({ "actor": scene.cast.mia, "command": { "list_inbox": {} } });
    let inbox: Value = scene.firm().http.post("/v1/commands", &inbox).await.json();
    let item = &inbox["inbox"]["items"][0];
    assert_eq!(item["kind"], "delivery_failed", "{inbox}");
    assert_eq!(item["thread"], json!(thread), "{inbox}");
    assert!(
        scene.sink.mails().is_empty(),
        "whom it concerns is not told by email to the same address"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_in_a_mail_logs_in_once_and_only_by_its_button() {
    let scene = Scene::new().await;
    scene.set(json!({ "portal_url": "https://portal.bright.example/{thread}" })).await;
    let thread = scene.thread("please.look").await;
    let mail = scene.mail_to("carlos", 1).await.text();
    let path = link(&mail, "/v1/login/");
    let http: Http = scene.server.http();
    for _ in 0..3 {
        let page = http.get(&path).await;
        assert_eq!(page.status, 200, "{}", page.body);
        assert!(page.body.contains("<button"), "{}", page.body);
    }
    // What a portal does that asks for JSON is tested beside the pages; this is a browser.
    let page = http.send("POST", &path, None).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let again = http.send("POST", &path, None).await;
    assert_ne!(again.status, 500, "{}", again.body);
    assert!(again.body.contains("again\">"), "it offers a new one: {}", again.body);
    let asked = http.send("POST", &format!("{path}/again"), None).await;
    assert!(asked.status < 300, "{} {}", asked.status, asked.body);
    let fresh = scene.mail_to("carlos", 2).await;
    assert_ne!(link(&fresh.text(), "/v1/login/"), path);
    assert!(!fresh.text().contains(&thread.to_string()), "hidden from whoever reads along");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_click_unsubscribes_and_a_look_at_the_page_does_not() {
    let scene = Scene::new().await;
    scene.thread("please.look").await;
    let mail = scene.mail_to("carlos", 1).await;
    let list = mail.header("list-unsubscribe").unwrap();
    assert_eq!(mail.header("list-unsubscribe-post").as_deref(), Some("List-Unsubscribe=One-Click"));
    let path = link(&list, "/v1/unsubscribe/");
    let http = scene.server.http();
    assert_eq!(http.get(&path).await.status, 200);
    assert!(notifies(&scene, scene.cast.carlos).await);
    assert_eq!(http.send("POST", &path, None).await.status, 200);
    assert!(!notifies(&scene, scene.cast.carlos).await);
}

async fn notifies(scene: &Scene, person: Person) -> bool {
    let ask = json!({ "actor": person, "command": { "get_preferences": {} } });
    let answer: Value = scene.firm().http.post("/v1/commands", &ask).await.json();
    answer["preferences"]["notify"].as_bool().unwrap()
}
