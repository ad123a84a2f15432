//! What a connection holds when nothing happens: the server's resident memory, per socket. The
//! server is started anew once everybody exists, so that memory of setting up is not reused. What
//! the kernel keeps for a connection is not in it.

use crate::crowd;
use crate::machine::Resident;
use crate::options::Options;
use crate::population::populate;
use crate::server::Server;
use crate::stats::{Reading, real};
use crate::tally::Tally;
use anyhow::Result;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

pub(crate) const THREADS: usize = 1_250;
pub(crate) const SOCKETS_PER_THREAD: usize = 4;

/// Queues run empty, presence is told, the store tidies up.
const SETTLE: Duration = Duration::from_secs(3);

/// One run.
pub(crate) async fn run(options: &Options, program: &Path) -> Result<Vec<Reading>> {
    let mut server = Server::start(options, program).await?;
    let groups = populate(&server.api(), THREADS, SOCKETS_PER_THREAD).await?;
    server.restart().await?;
    let tally = Rc::new(Tally::new());
    tokio::time::sleep(SETTLE).await;
    let before = server.resident()?;
    let crowd = crowd::connect(server.address(), options.encoding, &groups, &tally).await?;
    tokio::time::sleep(SETTLE).await;
    let connected = server.resident()?;
    crowd::join(&groups, &crowd).await?;
    tokio::time::sleep(SETTLE).await;
    let joined = server.resident()?;
    let cpu = server.cpu()?;
    tokio::time::sleep(Duration::from_secs(options.seconds.into())).await;
    let used = server.cpu()?.since(cpu).total();
    tally.check()?;
    let sockets = real((THREADS * SOCKETS_PER_THREAD) as u64);
    let all = |now: Resident| (now.all - before.all) / sockets;
    let anonymous = |now: Resident| (now.anonymous - before.anonymous) / sockets;
    Ok(vec![
        Reading::new("resident per connection, welcomed", "KiB", all(connected)),
        Reading::new("  without pages of files", "KiB", anonymous(connected)),
        Reading::new("resident per connection, joined one", "KiB", all(joined)),
        Reading::new("  without pages of files ", "KiB", anonymous(joined)),
        Reading::new("resident without connections", "KiB", before.all),
        Reading::new("core in use", "%", used / f64::from(options.seconds) * 100.0),
    ])
}
