//! Whole mails as programs write them, and what somebody wrote in each.

use crate::inbound::fixture::notice;
use crate::inbound::read::{Answer, parse};
use crate::signed::{Purpose, Signer};

fn signer() -> Signer {
    Signer::new([1; 32])
}

/// The answer in a mail of these headers and this body.
fn answer(headers: &str, body: &str) -> Answer {
    let mail = format!("From: Ann <ann@client.example>\nMIME-Version: 1.0\n{headers}\n\n{body}");
    let mail = mail.replace('\n', "\r\n");
    Answer::of(&parse(mail.as_bytes()).unwrap(), false, &signer()).unwrap()
}

fn plain(body: &str) -> String {
    answer("Content-Type: text/plain; charset=utf-8", body).text
}

fn html(body: &str) -> String {
    answer("Content-Type: text/html; charset=utf-8", body).text
}

#[test]
fn gmail() {
    let text = "Yes, Friday is fine.\n\nBest,\nAnn\n\nOn Mon, Mar 4, 2024 at 10:15 AM Baker & Partners \
                <\nreply-abc@reply.firm.example> wrote:\n\n> You have a new message.\n>\n> Open: \
                https://firm.example/t/1\n>\n> --\n> Baker & Partners\n>\n";
    assert_eq!(plain(text), "Yes, Friday is fine.\n\nBest,\nAnn");
    let markup = "<div dir=\"ltr\"><div>Yes, <b>Friday</b> is fine.</div><div><br></div><div>Best,\
                  </div><div>Ann</div></div><br><div class=\"gmail_quote gmail_quote_container\">\
                  <div dir=\"ltr\" class=\"gmail_attr\">On Mon, Mar 4, 2024 at 10:15\u{202f}AM Baker \
                  &lt;<a href=\"mailto:reply-abc@reply.firm.example\">reply-abc@reply.firm.example\
                  </a>&gt; wrote:<br></div><blockquote class=\"gmail_quote\" style=\"margin:0px 0px \
                  0px 0.8ex\"><p>You have a new message.</p></blockquote></div>";
    assert_eq!(html(markup), "Yes, Friday is fine.\n\nBest,\nAnn");
}

#[test]
fn gmail_with_a_signature_and_answers_in_between() {
    let text = "Hi, see below.\n\nOp ma 4 mrt 2024 om 10:15 schreef Baker <reply-abc@firm.example>:\n\n\
                > Is Friday fine?\n>\nYes.\n\n> And who comes?\n>\nI do.\n\n> Kind regards,\n> Baker\n\n\n\
                -- \nAnn Jansen\n+31 6 12345678\n";
    let expected = "Hi, see below.\n\n> Is Friday fine?\n\nYes.\n\n> And who comes?\n\nI do.";
    assert_eq!(plain(text), expected);
}

#[test]
fn apple_mail() {
    let text = "Oui, vendredi.\n\nEnvoyé de mon iPhone\n\n> Le 4 mars 2024 à 10:15, Cabinet Martin \
                <reply-abc@firm.example> a écrit :\n> \n> \u{feff}\n> Vous avez un nouveau message.\n";
    assert_eq!(plain(text), "Oui, vendredi.");
    let german = "Ja, gern.\n\nAnn\n\n> Am 04.03.2024 um 10:15 schrieb Kanzlei <r@firm.example>:\n> \n> \
                  Neue Nachricht\n";
    assert_eq!(plain(german), "Ja, gern.\n\nAnn");
    let markup = "<html><head></head><body dir=\"auto\">Yes.<br id=\"lineBreakAtBeginningOfSignature\">\
                  <div dir=\"ltr\">Sent from my iPhone</div><div dir=\"ltr\"><br><blockquote \
                  type=\"cite\">On 4 Mar 2024, at 10:15, Baker &lt;r@firm.example&gt; wrote:<br><br>\
                  </blockquote></div><blockquote type=\"cite\"><div dir=\"ltr\">\u{feff}<p>New message\
                  </p></div></blockquote></body></html>";
    assert_eq!(html(markup), "Yes.");
}

#[test]
fn outlook_on_the_desktop() {
    for (labels, name) in [
        (
            "From: B <r@firm.example>\nSent: Monday, March 4, 2024 10:15 AM\nTo: Ann\nSubject: New",
            "en",
        ),
        (
            "Van: B <r@firm.example>\nVerzonden: maandag 4 maart 2024 10:15\nAan: Ann\nOnderwerp: X",
            "nl",
        ),
        (
            "De : B <r@firm.example>\nEnvoyé : lundi 4 mars 2024 10:15\nÀ : Ann\nObjet : Nouveau",
            "fr",
        ),
        (
            "Von: B <r@firm.example>\nGesendet: Montag, 4. März 2024 10:15\nAn: Ann\nBetreff: Neu",
            "de",
        ),
        (
            "De: B <r@firm.example>\nEnviado el: lunes, 4 de marzo de 2024\nPara: Ann\nAsunto: X",
            "es",
        ),
    ] {
        let text =
            format!("Friday it is.\n\nRegards,\nAnn\n\n{labels}\n\nYou have a new message.\n");
        assert_eq!(plain(&text), "Friday it is.\n\nRegards,\nAnn", "{name}");
        let markup = labels.lines().map(|line| format!("<b>{}</b><br>", line.replace('<', "&lt;")));
        let markup = format!(
            "<html xmlns:o=\"urn:schemas-microsoft-com:office:office\"><head><style><!--\n\
             p.MsoNormal {{margin:0cm;}}\n--></style></head><body lang=EN-GB><div class=\"WordSection1\">\
             <p class=\"MsoNormal\">Friday it is.<o:p></o:p></p><p class=\"MsoNormal\"><o:p>&nbsp;</o:p></p>\
             <p class=\"MsoNormal\">Ann<o:p></o:p></p><div><div style='border:none;border-top:solid \
             #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p class=\"MsoNormal\">{}</p></div></div>\
             <p class=\"MsoNormal\">You have a new message.</p></div></body></html>",
            markup.collect::<String>()
        );
        assert_eq!(html(&markup), "Friday it is.\n\nAnn", "{name}");
    }
}

#[test]
fn outlook_on_the_web_and_on_telephones() {
    let web = "<div style=\"font-family: Aptos\" class=\"elementToProof\">Friday it is.</div>\
               <div id=\"Signature\"><p>Ann, Acme BV</p></div><div id=\"appendonsend\"></div>\
               <hr style=\"display:inline-block;width:98%\"><div id=\"divRplyFwdMsg\" dir=\"ltr\">\
               <font><b>From:</b> B &lt;r@firm.example&gt;<br></font></div><div>New message</div>";
    assert_eq!(html(web), "Friday it is.");
    let phone = "<div dir=\"ltr\">Ja, vrijdag.</div><div id=\"ms-outlook-mobile-signature\" dir=\"ltr\">\
                 Outlook voor iOS downloaden</div><div id=\"mail-editor-reference-message-container\">\
                 <hr><div><b>Van:</b> B</div><div>Nieuw bericht</div></div>";
    assert_eq!(html(phone), "Ja, vrijdag.");
    let plain_phone = "Ja, vrijdag.\n\nOutlook voor iOS<https://aka.ms/o0ukef> downloaden\n\
                       ________________________________\nVan: B <r@firm.example>\nVerzonden: maandag 4 \
                       maart 2024 10:15:00\nAan: Ann <ann@client.example>\nOnderwerp: Nieuw bericht\n\n\
                       Nieuw bericht\n";
    assert_eq!(plain(plain_phone), "Ja, vrijdag.");
}

/// Some write within what the program takes for the signature.
#[test]
fn what_is_written_in_a_signature_is_kept_if_it_is_all() {
    assert_eq!(html("<div id=\"Signature\">Friday it is.</div>"), "Friday it is.");
}

#[test]
fn thunderbird() {
    let text = "Ja, am Freitag. Wir kommen zu \nzweit.\n\nAm 04.03.24 um 10:15 schrieb Kanzlei:\n> Passt \
                Freitag?\n>\n\n-- \nAnn Meier\n";
    let flowed = answer("Content-Type: text/plain; charset=UTF-8; format=flowed", text).text;
    assert_eq!(flowed, "Ja, am Freitag. Wir kommen zu zweit.");
    let below = "El 4/3/24 a las 10:15, Asesoría escribió:\n> ¿El viernes?\n> Saludos\n\nSí, el viernes.\n\
                 -- \nAna\n";
    assert_eq!(plain(below), "Sí, el viernes.");
    let markup = "<p>Yes.</p><div class=\"moz-cite-prefix\">On 04/03/2024 10:15, Baker wrote:<br></div>\
                  <blockquote type=\"cite\" cite=\"mid:1@firm.example\"><p>Friday?</p></blockquote>\
                  <p>And Ben comes too.</p><pre class=\"moz-signature\" cols=\"72\">-- \nAnn</pre>";
    assert_eq!(html(markup), "Yes.\n\n> Friday?\n\nAnd Ben comes too.");
}

#[test]
fn yahoo_and_proton() {
    let yahoo = "<div class=\"yahoo-style-wrap\"><div>Yes.</div></div><div id=\"ydp1yahoo_quoted_1\" \
                 class=\"yahoo_quoted\"><div>On Monday, March 4, 2024 at 10:15:00 AM GMT+1, Baker \
                 &lt;r@firm.example&gt; wrote:</div><div>New message</div></div>";
    assert_eq!(html(yahoo), "Yes.");
    let proton = "<div>Yes.</div><div class=\"protonmail_signature_block\"><div>Sent with <a \
                  href=\"https://proton.me/\">Proton Mail</a> secure email.</div></div><div \
                  class=\"protonmail_quote\">On Monday, March 4th, 2024 at 10:15, Baker &lt;r@x.example&gt; \
                  wrote:<br><blockquote class=\"protonmail_quote\" type=\"cite\">New</blockquote></div>";
    assert_eq!(html(proton), "Yes.");
}

#[test]
fn a_mail_that_says_nothing_of_its_own_is_empty() {
    for text in [
        "",
        "\n\n",
        "Sent from my iPhone\n\n> On 4 Mar 2024, at 10:15, B <r@x.example> wrote:\n> \n> New\n",
        "On Mon, Mar 4, 2024 at 10:15 AM B <r@x.example> wrote:\n\n> New\n",
        "________________________________\nFrom: B\nSent: Monday\nTo: Ann\nSubject: New\n\nNew",
    ] {
        assert_eq!(plain(text), "", "{text}");
    }
}

/// The text part is what people see least; where there is none, or nothing in it, HTML counts.
#[test]
fn the_parts_of_a_mail() {
    let two = |text: &str, html: &str| {
        let body = format!(
            "--b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\
             \n\n{text}\n--b\nContent-Type: text/html; charset=iso-8859-1\n\n{html}\n--b--\n"
        );
        answer("Content-Type: multipart/alternative; boundary=b", &body)
    };
    assert_eq!(two("Tr=C3=A8s bien=\n.", "<p>x</p>").text, "Très bien.");
    assert_eq!(two("", "<p>Yes.</p>").text, "Yes.");
    assert_eq!(two(" ", "<p>Yes.</p>").attachments, 0);
}

/// Servers append what they like, and programs write on below a picture.
#[test]
fn parts_one_after_another_are_read_each_by_its_kind() {
    let mixed = |parts: &[(&str, &str)]| {
        let part =
            |(headers, text): &(&str, &str)| format!("--b\nContent-Type: {headers}\n\n{text}\n");
        let body = parts.iter().map(part).collect::<String>() + "--b--\n";
        answer("Content-Type: multipart/mixed; boundary=b", &body)
    };
    let html = ("text/html", "<p>Yes, pay it.</p>");
    let pdf = ("application/pdf\nContent-Disposition: attachment; filename=a.pdf", "%PDF");
    let scanned = ("text/plain", "Scanned by X");
    for parts in [&[html, pdf, scanned][..], &[html, scanned, pdf]] {
        assert_eq!(mixed(parts).text, "Yes, pay it.\n\nScanned by X");
        assert_eq!(mixed(parts).attachments, 1);
    }
    let page = ("text/html\nContent-Disposition: attachment; filename=a.html", "<p>Bill</p>");
    let date =
        ("text/calendar\nContent-Disposition: attachment; filename=a.ics", "BEGIN:VCALENDAR");
    let found = mixed(&[html, page, date]);
    assert_eq!((found.text.as_str(), found.attachments), ("Yes, pay it.", 2));
    assert_eq!(mixed(&[html, ("text/calendar", "BEGIN:VCALENDAR")]).attachments, 0);
    let seal =
        ("application/pkcs7-signature\nContent-Disposition: attachment; filename=s.p7s", "x");
    assert_eq!(mixed(&[html, seal]).attachments, 0);
}

#[test]
fn charsets_of_the_world() {
    for (charset, bytes, expected) in [
        ("iso-8859-15", &b"10 \xa4"[..], "10 €"),
        ("windows-1252", b"\x93Yes\x94", "“Yes”"),
        ("koi8-r", b"\xe4\xc1", "Да"),
        ("gb18030", b"\xba\xc3\xb5\xc4", "好的"),
        ("iso-2022-jp", b"\x1b$B$O$$\x1b(B", "はい"),
        ("utf-8", "Oké 👍".as_bytes(), "Oké 👍"),
    ] {
        let head =
            format!("From: a@b.example\r\nContent-Type: text/plain; charset={charset}\r\n\r\n");
        let mail = [head.as_bytes(), bytes].concat();
        let answer = Answer::of(&parse(&mail).unwrap(), false, &signer()).unwrap();
        assert_eq!(answer.text, expected, "{charset}");
    }
}

#[test]
fn attachments_are_counted_and_logos_are_not() {
    let part = |headers: &str, bytes: usize| {
        let lines = format!("{}\n", "QUJD".repeat(18)).repeat(bytes / 54 + 1);
        format!("--m\n{headers}\nContent-Transfer-Encoding: base64\n\n{lines}")
    };
    let mail = |parts: &[String]| {
        let body =
            format!("--m\nContent-Type: text/plain\n\nSee there.\n{}--m--\n", parts.concat());
        answer("Content-Type: multipart/mixed; boundary=m", &body)
    };
    let pdf =
        part("Content-Type: application/pdf\nContent-Disposition: attachment; filename=a.pdf", 9);
    let photo = part("Content-Type: image/jpeg; name=a.jpg\nContent-Disposition: inline", 9);
    let pasted = part("Content-Type: image/png\nContent-ID: <1@x>", 40_000);
    let logo = part("Content-Type: image/png\nContent-ID: <2@x>\nContent-Disposition: inline", 900);
    let signed = part("Content-Type: application/pkcs7-signature; name=smime.p7s", 900);
    let text = part("Content-Type: text/plain\nContent-Disposition: attachment; filename=a.txt", 9);
    assert_eq!(mail(&[logo, signed]).attachments, 0);
    let found = mail(&[pdf, photo, pasted, text]);
    assert_eq!((found.attachments, found.text.as_str()), (4, "See there."));
}

/// A quoted mail of ours has links that log in. Whoever answers in between lines shows it to all.
#[test]
fn our_links_do_not_get_into_a_thread() {
    let link = signer().sign(Purpose::Login, notice());
    let text =
        format!("> Open: https://firm.example/login/{link}\nIt does not work.\n> Bye\nReally.");
    assert_eq!(plain(&text), "> Open: […]\n\nIt does not work.\n\n> Bye\n\nReally.");
}

/// What somebody passes on is what the answer says.
#[test]
fn a_mail_that_is_passed_on_stays() {
    let text = "Please see what the tax office says.\n\n---------- Forwarded message ---------\nFrom: Tax \
                <t@gov.example>\nDear Ann,\n\npay.";
    assert_eq!(plain(text), text);
}

#[test]
fn plain_words_stay_as_they_are() {
    for text in [
        "Yes.",
        "1. Friday\n2. Saturday\n\n- me\n- Ben",
        "2 > 1 and 1 < 2",
        "On 4 March I wrote:\nnothing",
        "From: Utrecht\nTo: Paris",
        "**Important**: _no_",
    ] {
        assert_eq!(plain(text), text);
    }
}
