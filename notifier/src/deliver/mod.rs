//! Handing mails to a mail server, or to a folder.
