//! The line between the host and WeChat, which may be cut.

use std::net::{SocketAddr, TcpListener as StdListener};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

pub struct Wire {
    pub address: SocketAddr,
    wechat: SocketAddr,
    whole: Option<(watch::Sender<()>, JoinHandle<()>)>,
}

impl Wire {
    pub async fn to(wechat: SocketAddr) -> Self {
        let mut wire = Self { address: free_address(), wechat, whole: None };
        wire.mend().await;
        wire
    }

    pub async fn mend(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        let (cut, is_cut) = watch::channel(());
        self.whole = Some((cut, tokio::spawn(carry(listener, self.wechat, is_cut))));
    }

    /// Nobody is reached any more, and who was connected knows it.
    pub async fn cut(&mut self) {
        let (cut, carried) = self.whole.take().unwrap();
        drop(cut);
        carried.await.unwrap();
    }
}

async fn carry(listener: TcpListener, wechat: SocketAddr, mut is_cut: watch::Receiver<()>) {
    let mut lines = JoinSet::new();
    loop {
        let stream = tokio::select! {
            _ = is_cut.changed() => break,
            accepted = listener.accept() => accepted.unwrap().0,
        };
        lines.spawn(line(stream, wechat, is_cut.clone()));
    }
    drop(listener);
    lines.join_all().await;
}

async fn line(mut stream: TcpStream, wechat: SocketAddr, mut is_cut: watch::Receiver<()>) {
    let mut there = TcpStream::connect(wechat).await.unwrap();
    let cut = tokio::select! {
        _ = is_cut.changed() => true,
        // Either side may go.
        _ = copy_bidirectional(&mut stream, &mut there) => false,
    };
    if cut && stream.shutdown().await.is_ok() {
        // Its other end closes once it has heard of that.
        let _ = stream.read_to_end(&mut Vec::new()).await;
    }
}

/// An address that the system gives nobody by itself: it is free again when the line is mended.
fn free_address() -> SocketAddr {
    let first = 10_000 + (std::process::id() % 10_000) as u16;
    let mut addresses = (first..32_000).map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    addresses.find(|address| StdListener::bind(address).is_ok()).unwrap()
}
