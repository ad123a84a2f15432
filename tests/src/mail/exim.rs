//! A real mail server: Exim, unpacked by `tests/run` and not installed, so that it is nobody's mail
//! server but the test's. It runs without privileges, asks no DNS, and leaves loopback never.

use super::sink::TakenMail;
use crate::authority::Authority;
use crate::port::Port;
use crate::wait::within;
use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// Whose name it runs under if ours is root: `nobody`, everywhere.
const NOBODY: u32 = 65_534;

/// Who it believes to be. Compiled in; the name is looked up in a list of our own.
const USER: &str = "Debian-exim";

/// A mail server on ports of loopback, in a folder of its own, until it is dropped. It keeps mails, or
/// passes them on. Nobody is called `nobody` (550), and for `later` it has no time (451).
pub struct Exim {
    child: Option<Child>,
    port: Port,
    tls_port: Port,
    setup: EximSetup,
    roots: PathBuf,
    folder: TempDir,
}

/// What it is there for.
#[derive(Clone, Debug, Default)]
pub struct EximSetup {
    /// Who has to log in before it takes anything, which needs TLS: name and password.
    pub login: Option<(String, String)>,
    /// What becomes of mail for some domains. The rest is kept.
    pub routes: Vec<Route>,
}

/// Where mail for a domain goes. If nobody takes it there, it is tried again every second.
#[derive(Clone, Debug)]
pub struct Route {
    domain: String,
    to: SocketAddr,
    protocol: &'static str,
}

impl Route {
    /// To a mail server: `*` is any domain.
    pub fn smtp(domain: &str, to: SocketAddr) -> Self {
        Self { domain: domain.to_owned(), to, protocol: "smtp" }
    }

    /// To somebody who takes answers by LMTP.
    pub fn lmtp(domain: &str, to: SocketAddr) -> Self {
        Self { protocol: "lmtp", ..Self::smtp(domain, to) }
    }
}

impl Exim {
    /// Starts one that shows a certificate for `127.0.0.1`.
    pub async fn start(setup: EximSetup, authority: &Authority) -> Self {
        let folder = TempDir::new().expect("there is room for temporary files");
        authority.vouch("127.0.0.1").write(folder.path());
        let roots = folder.path().join("roots.pem");
        fs::copy(authority.roots(), &roots).expect("the folder is ours");
        let (port, tls_port) = (Port::take(), Port::take());
        let mut exim = Self { child: None, port, tls_port, setup, roots, folder };
        exim.configure();
        exim.run().await;
        exim
    }

    /// Where it speaks SMTP, with STARTTLS.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Where it speaks TLS from the first byte.
    pub fn tls_address(&self) -> SocketAddr {
        self.tls_port.address()
    }

    /// As a URL, with its user if it wants one, and STARTTLS.
    pub fn url(&self) -> String {
        self.url_of("smtp", self.address())
    }

    /// As a URL, with TLS from the first byte.
    pub fn tls_url(&self) -> String {
        self.url_of("smtps", self.tls_address())
    }

    fn url_of(&self, scheme: &str, address: SocketAddr) -> String {
        let user = self.setup.login.as_ref().map(|(user, _)| format!("{user}@"));
        format!("{scheme}://{}{address}?ca={}", user.unwrap_or_default(), self.roots.display())
    }

    /// What it has kept, with the fields it has added.
    pub fn mails(&self) -> Vec<TakenMail> {
        let folder = fs::read_dir(self.folder.path().join("mail/new")).into_iter().flatten();
        let mut files: Vec<PathBuf> = folder.flatten().map(|file| file.path()).collect();
        files.sort();
        let text = |file: &PathBuf| fs::read_to_string(file).expect("it is ours to read");
        files.iter().map(|file| kept(&text(file))).collect()
    }

    /// Waits until it has kept so many, and gives all.
    pub async fn wait_for(&self, count: usize) -> Vec<TakenMail> {
        let enough = async {
            loop {
                let mails = self.mails();
                if mails.len() >= count {
                    return mails;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        within(&format!("Exim to keep {count} mails"), enough).await
    }

    /// What it has logged: what it took, refused and passed on.
    pub fn log(&self) -> String {
        let read = |name| fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        ["output", "main.log", "reject.log", "panic.log"].map(read).concat()
    }

    fn configure(&self) {
        let folder = self.folder.path();
        let (user, group) = user();
        let write = |name: &str, text: &str| fs::write(folder.join(name), text);
        let written = write("exim.conf", &self.configuration())
            .and_then(|()| write("passwd", &format!("{USER}:x:{user}:{group}::/:/bin/false\n")))
            .and_then(|()| write("group", &format!("{USER}:x:{group}:\nmail:x:{group}:\n")));
        written.expect("the folder is ours");
        let files = fs::read_dir(folder).expect("the folder is ours").flatten();
        for file in files.map(|file| file.path()).chain([folder.to_owned()]) {
            chown(&file, Some(user), Some(group)).expect("root gives a file away, or it is ours");
        }
    }

    fn configuration(&self) -> String {
        let folder = self.folder.path().display();
        let (routers, transports) = self.routes();
        let [accept, login] = match &self.setup.login {
            None => ["accept".to_owned(), String::new()],
            Some((user, password)) => [
                "accept authenticated = *\n  deny message = 530 5.7.0 log in first".to_owned(),
                format!("${{if and{{{{eq{{$auth2}}{{{user}}}}}{{eq{{$auth3}}{{{password}}}}}}}}}"),
            ],
        };
        let login = if login.is_empty() { "no".to_owned() } else { login };
        include_str!("exim.conf")
            .replace("@program@", &program().display().to_string())
            .replace("@folder@", &folder.to_string())
            .replace("@port@", &self.port.number().to_string())
            .replace("@tls_port@", &self.tls_port.number().to_string())
            .replace("@accept@", &accept)
            .replace("@login@", &login)
            .replace("@routers@", &routers)
            .replace("@transports@", &transports)
    }

    fn routes(&self) -> (String, String) {
        let (mut routers, mut transports) = (String::new(), String::new());
        for (index, Route { domain, to, protocol }) in self.setup.routes.iter().enumerate() {
            let (ip, port) = (to.ip(), to.port());
            let written = write!(
                routers,
                "route{index}:\n  driver = manualroute\n  domains = {domain}\n  \
                 route_list = * {ip} byname\n  self = send\n  transport = route{index}\n\n"
            );
            let written = written.and_then(|()| {
                write!(
                    transports,
                    "route{index}:\n  driver = smtp\n  protocol = {protocol}\n  port = {port}\n  \
                     allow_localhost\n  hosts_try_fastopen =\n\n"
                )
            });
            written.expect("a text takes everything");
        }
        (routers, transports)
    }

    /// Starts it.
    async fn run(&mut self) {
        let output = fs::File::create(self.folder.path().join("output"));
        let output = output.expect("the folder is ours");
        let mut command = command(self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(output);
        let mut child = command.spawn().expect("a program that is there can be run");
        let ready = async {
            while !greeted(self.address()).await.is_some_and(|line| line.starts_with("220 ")) {
                let ended = child.try_wait().expect("it is our child");
                assert!(ended.is_none(), "Exim does not start: {ended:?}\n{}", self.log());
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        within("Exim to be ready", ready).await;
        self.child = Some(child);
    }
}

impl Drop for Exim {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("---- exim\n{}", self.log());
        }
        if let Some(id) = self.child.as_ref().and_then(Child::id) {
            // With all that it has started.
            let group = format!("-{id}");
            let _ = std::process::Command::new("kill").args(["-KILL", "--", &group]).status();
        }
    }
}

/// A mail as it lies in the folder, where lines end as files' do.
fn kept(text: &str) -> TakenMail {
    let bytes = text.replace('\n', "\r\n").into_bytes();
    let (tls, user) = (text.contains(" with esmtps"), None);
    let mut mail =
        TakenMail { from: String::new(), to: Vec::new(), parameters: Vec::new(), bytes, tls, user };
    let from = mail.header("return-path").unwrap_or_default();
    mail.from.push_str(from.trim_start_matches('<').trim_end_matches('>'));
    let to = mail.header("envelope-to").unwrap_or_default();
    mail.to = to.split(',').map(|one| one.trim().to_owned()).collect();
    mail
}

/// Ended by the kernel if the thread that started it goes first.
fn command(folder: &Path) -> Command {
    let mut command = Command::new("setpriv");
    let (user, group) = user();
    if is_root() {
        let (user, group) = (format!("--reuid={user}"), format!("--regid={group}"));
        command.args([&user, &group, "--clear-groups"]);
    }
    command.args(["--pdeathsig", "KILL", "--"]).arg(program());
    // In the foreground, with a look at what could not be passed on every second.
    command.arg("-C").arg(folder.join("exim.conf")).args(["-bdf", "-q1s"]);
    let libraries = libraries();
    command.env("LD_PRELOAD", libraries.join("libnss_wrapper.so"));
    command.env("LD_LIBRARY_PATH", libraries);
    command.env("NSS_WRAPPER_PASSWD", folder.join("passwd"));
    command.env("NSS_WRAPPER_GROUP", folder.join("group"));
    command.current_dir("/").process_group(0).kill_on_drop(true);
    command
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

/// Whose name it runs under: user and group.
fn user() -> (u32, u32) {
    let me = fs::metadata("/proc/self").expect("we are a process");
    if me.uid() == 0 { (NOBODY, NOBODY) } else { (me.uid(), me.gid()) }
}

/// Where it is unpacked: where `TEST_EXIM` says, or where `tests/run` puts it beside what cargo builds.
fn unpacked() -> PathBuf {
    if let Some(folder) = std::env::var_os("TEST_EXIM") {
        return PathBuf::from(folder);
    }
    let here = std::env::current_exe().unwrap_or_default();
    let found = here.ancestors().map(|folder| folder.join("test-exim")).find(|one| one.is_dir());
    found.expect("Exim is unpacked: tests/run does it, or TEST_EXIM says where it is")
}

fn program() -> PathBuf {
    let program = unpacked().join("usr/sbin/exim4");
    assert!(program.is_file(), "no Exim at {}: tests/run unpacks it", program.display());
    program
}

fn libraries() -> PathBuf {
    let folders = fs::read_dir(unpacked().join("usr/lib")).into_iter().flatten().flatten();
    let mut folders = folders.map(|folder| folder.path());
    let found = folders.find(|folder| folder.join("libnss_wrapper.so").exists());
    found.expect("libnss_wrapper.so is unpacked beside Exim: see tests/run")
}

async fn greeted(address: SocketAddr) -> Option<String> {
    let mut line = String::new();
    let stream = TcpStream::connect(address).await.ok()?;
    BufReader::new(stream).read_line(&mut line).await.ok()?;
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::MailSink;
    use tokio::io::AsyncWriteExt;

    /// What a mail program says that knows when it may.
    async fn say(exim: &Exim, recipient: &str) -> String {
        let stream = TcpStream::connect(exim.address()).await.unwrap();
        let (mut stream, mut line) = (BufReader::new(stream), String::new());
        let rcpt = format!("RCPT TO:<{recipient}>");
        let steps = ["", "HELO me.example", "MAIL FROM:<>", &rcpt, "DATA", "A: b\r\n\r\nhi\r\n."];
        for step in steps {
            if !step.is_empty() {
                let step = format!("{step}\r\n");
                stream.write_all(step.as_bytes()).await.unwrap();
            }
            line.clear();
            within("an answer", stream.read_line(&mut line)).await.unwrap();
            if line.starts_with(['4', '5']) {
                break;
            }
        }
        line
    }

    #[tokio::test]
    async fn it_keeps_refuses_and_passes_on() {
        let sink = MailSink::start().await;
        let routes = vec![Route::smtp("else.example", sink.address())];
        let setup = EximSetup { routes, ..EximSetup::default() };
        let exim = Exim::start(setup, &Authority::new()).await;
        assert!(say(&exim, "ann@people.example").await.starts_with("250 OK id="));
        assert!(say(&exim, "nobody@people.example").await.starts_with("550 5.1.1"));
        assert!(say(&exim, "later@people.example").await.starts_with("451 4.7.1"));
        sink.next(crate::mail::Conduct::busy());
        assert!(say(&exim, "Bob+1@else.example").await.starts_with("250 OK id="));
        let kept = &exim.wait_for(1).await[0];
        assert_eq!((&*kept.to[0], &*kept.header("a").unwrap()), ("ann@people.example", "b"));
        let passed = &sink.wait_for(1).await[0];
        assert_eq!((&*passed.from, &*passed.to[0]), ("", "Bob+1@else.example"));
    }

    /// Takes one mail by LMTP, and gives what was said until its end.
    async fn take(listener: tokio::net::TcpListener) -> Vec<String> {
        let (stream, _) = listener.accept().await.unwrap();
        let (mut stream, mut lines, mut content) = (BufReader::new(stream), Vec::new(), false);
        let mut answer = "220 lmtp.example\r\n";
        loop {
            stream.write_all(answer.as_bytes()).await.unwrap();
            let mut line = String::new();
            assert_ne!(stream.read_line(&mut line).await.unwrap(), 0, "{lines:?}");
            if line == ".\r\n" {
                stream.write_all(b"250 ok\r\n").await.unwrap();
                return lines;
            }
            answer = match line.starts_with("DATA") {
                _ if content => "",
                true => "354 go on\r\n",
                false => "250 ok\r\n",
            };
            content |= line.starts_with("DATA");
            lines.push(line);
        }
    }

    #[tokio::test]
    async fn it_passes_on_by_lmtp_with_the_address_as_it_is() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let routes = vec![Route::lmtp("answers.example", listener.local_addr().unwrap())];
        let setup = EximSetup { routes, ..EximSetup::default() };
        let exim = Exim::start(setup, &Authority::new()).await;
        let taken = tokio::spawn(take(listener));
        assert!(say(&exim, "reply-aBc.2+x@answers.example").await.starts_with("250 OK id="));
        let lines = within("Exim to pass it on", taken).await.unwrap();
        assert!(lines[0].starts_with("LHLO "), "{lines:?}");
        assert_eq!(
            lines[1..3],
            ["MAIL FROM:<>\r\n", "RCPT TO:<reply-aBc.2+x@answers.example>\r\n"]
        );
    }
}
