//! x
use tidings_protocol::*;
use tidings_tests::*;

#[tokio::test]
async fn a_post_is_acknowledged_and_reaches_everybody_in_either_encoding() {
    let server = Server::start().await;
    let cast = Cast::on(&server).await;
    for (here, there) in
        [(Encoding::Json, Encoding::Postcard), (Encoding::Postcard, Encoding::Json)]
    {
        let mut mia = cast.firm.connect_with(cast.mia, here).await;
        let mut carlos = cast.firm.connect_with(cast.carlos, there).await;
        let thread = start_thread(&mut mia, thread(cast.account, "Taxes", &[])).await;
        carlos.join(thread, None).await;
        mia.join(thread, None).await;
        let seq = mia.written(post(thread, "Hello")).await;
        let events = carlos.events_up_to(seq).await;
        assert_eq!(messages(&events)[1].1, "Hello");
        assert_eq!(mia.events_up_to(seq).await, events);
    }
}
