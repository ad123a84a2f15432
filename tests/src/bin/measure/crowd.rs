//! Many sockets at once, group by group.

use crate::client::Client;
use crate::population::Group;
use crate::tally::Tally;
use anyhow::Result;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use tidings_protocol::{Encoding, ThreadId};

/// Sockets being opened at a time: less than the server's listen backlog.
const OPENING: usize = 64;

const WELCOME_TIME: Duration = Duration::from_secs(20);

/// The sockets of one thread.
pub(crate) type Sockets = Vec<Rc<Client>>;

/// Connects everybody, and waits until all are welcomed.
pub(crate) async fn connect(
    server: SocketAddr,
    encoding: Encoding,
    groups: &[Group],
    tally: &Rc<Tally>,
) -> Result<Vec<Sockets>> {
    let tokens = groups.iter().flat_map(|group| &group.tokens).enumerate();
    let clients: Vec<Rc<Client>> = stream::iter(tokens)
        .map(|(index, token)| async move {
            let client = Client::connect(server, encoding, index, tally).await?;
            client.authenticate(token).await?;
            anyhow::Ok(client)
        })
        .buffered(OPENING)
        .try_collect()
        .await?;
    let count = clients.len() as u64;
    tally.wait("a welcome for everybody", WELCOME_TIME, |t| t.welcomes.get() == count).await?;
    let mut clients = clients.into_iter();
    Ok(groups.iter().map(|group| clients.by_ref().take(group.tokens.len()).collect()).collect())
}

/// Everybody joins the thread of its group.
pub(crate) async fn join(groups: &[Group], crowd: &[Sockets]) -> Result<()> {
    let seats: Vec<(ThreadId, Rc<Client>)> = groups
        .iter()
        .zip(crowd)
        .flat_map(|(group, sockets)| sockets.iter().map(|client| (group.thread, Rc::clone(client))))
        .collect();
    stream::iter(seats)
        .map(|(thread, client)| async move { client.join(thread).await })
        .buffered(OPENING)
        .try_collect()
        .await
}
