//! What people do with each other in threads.

mod devices;
mod lists;
mod live;
mod notices;
mod over_http;
mod posting;
mod refusals;
mod tasks;
