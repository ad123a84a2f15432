//! The load tester says whether a server kept its promises. Here it is shown that it would notice:
//! it runs against a real server through a [`proxy`] that lies, once, in each way that a faulty
//! server could, and has to say which promise was broken. Through an honest one it must find nothing.

mod doubled;
mod forbidden;
mod honest;
mod invented;
mod lie;
mod lost;
mod proxy;
mod receipts;
mod reordered;
mod too_little;
mod unread;
mod world;
