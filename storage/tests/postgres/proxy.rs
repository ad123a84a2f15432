//! Stands between a writer and its PostgreSQL, and breaks the connection at its commit: before it
//! arrives, after it was done, or so that it arrives when the writer has long hung up.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

/// What is done at the next commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It never arrives.
    Before,
    /// It is done, and its answer never arrives.
    After,
    /// The writer loses the connection first; it arrives when [`Proxy::deliver`] says so.
    Late,
}

/// A proxy on a port of its own.
pub struct Proxy {
    port: u16,
    armed: Arc<Mutex<Option<Fault>>>,
    deliver: SyncSender<()>,
}

/// What its connections share.
#[derive(Clone)]
struct Shared {
    armed: Arc<Mutex<Option<Fault>>>,
    late: Arc<Mutex<Receiver<()>>>,
}

/// A message of the simple query protocol.
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";

impl Proxy {
    /// Starts one.
    pub fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let armed = Arc::new(Mutex::new(None));
        let (deliver, late) = sync_channel(1);
        let shared = Shared { armed: Arc::clone(&armed), late: Arc::new(Mutex::new(late)) };
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(target).unwrap());
                client.set_nodelay(true).unwrap();
                server.set_nodelay(true).unwrap();
                let back = (server.try_clone().unwrap(), client.try_clone().unwrap());
                let shared = shared.clone();
                std::thread::spawn(move || forward(client, server, &shared));
                std::thread::spawn(move || copy(back.0, back.1));
            }
        });
        Self { port, armed, deliver }
    }

    /// An address of the target, through the proxy.
    pub fn through(&self, url: &str, target: SocketAddr) -> String {
        url.replace(&target.to_string(), &format!("127.0.0.1:{}", self.port))
    }

    /// Breaks the next commit.
    pub fn arm(&self, fault: Fault) {
        *self.armed.lock().unwrap() = Some(fault);
    }

    /// Whether the fault has happened.
    pub fn is_over(&self) -> bool {
        self.armed.lock().unwrap().is_none()
    }

    /// Lets a commit that is late arrive.
    pub fn deliver(&self) {
        self.deliver.send(()).unwrap();
    }
}

fn forward(mut client: TcpStream, mut server: TcpStream, shared: &Shared) {
    // The first message has no letter before its length.
    let mut letter = 0;
    while let Some(message) = message(&mut client, letter) {
        letter = 1;
        let fault = (message == COMMIT).then(|| shared.armed.lock().unwrap().take()).flatten();
        match fault {
            None if server.write_all(&message).is_ok() => continue,
            None | Some(Fault::Before) => {}
            Some(fault) => {
                let _ = client.shutdown(Shutdown::Both);
                if fault == Fault::Late {
                    let _ = shared.late.lock().unwrap().recv();
                }
                let _ = server.write_all(&message);
                // It has done everything when it hangs up too.
                let _ = server.shutdown(Shutdown::Write);
                let _ = server.read_to_end(&mut Vec::new());
            }
        }
        break;
    }
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
}

/// The next message of the client, whole.
fn message(client: &mut TcpStream, letter: usize) -> Option<Vec<u8>> {
    let mut message = vec![0; letter + 4];
    client.read_exact(&mut message).ok()?;
    let length = u32::from_be_bytes(message[letter..].try_into().ok()?) as usize;
    message.resize(letter + length, 0);
    client.read_exact(&mut message[letter + 4..]).ok()?;
    Some(message)
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    let mut bytes = [0; 8 * 1024];
    while let Ok(count) = from.read(&mut bytes) {
        if count == 0 || to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}
