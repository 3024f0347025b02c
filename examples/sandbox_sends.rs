//! Messages that the sandbox takes per second, from clients that do nothing else.
//!
//! `cargo run --release --example sandbox_sends [CONNECTIONS] [SECONDS]`

#![expect(clippy::print_stdout, reason = "it prints its figure")]

use std::net::SocketAddr;
use std::time::Duration;

use duoke::base::clock::Stopwatch;
use duoke::sandbox::{Quotas, Sandbox, SandboxConfig};
use duoke::wechat::{Client, ClientConfig, Secret};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// One connection that sends a message after another; how many were taken.
async fn sends(address: SocketAddr, request: String, time: Duration) -> Result<u64, Failed> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (started, mut count, mut answer) = (Stopwatch::start(), 0, Vec::new());
    while started.elapsed() < time {
        stream.write_all(request.as_bytes()).await?;
        answer.clear();
        while !answer.ends_with(b"}") {
            if stream.read_buf(&mut answer).await? == 0 {
                return Err("the sandbox closed the connection".into());
            }
        }
        if !answer.ends_with(br#"{"errcode":0,"errmsg":"ok"}"#) {
            return Err(String::from_utf8_lossy(&answer).into());
        }
        count += 1;
    }
    Ok(count)
}

async fn measure(connections: usize, time: Duration) -> Result<(), Failed> {
    let quotas = Quotas { send: u64::MAX, ..Quotas::default() };
    let running = Sandbox::start(SandboxConfig { quotas, ..SandboxConfig::default() }).await?;
    let ready = running.ready();
    let config = ClientConfig::new(ready.listening.parse()?, &ready.app_id, Secret::new(&ready.app_secret));
    let token = Client::new(config)?.stable_token().await?.expose().to_owned();
    let started = Stopwatch::start();
    let mut all = Vec::new();
    for connection in 0..connections {
        let openid = format!("oUser{connection}");
        let push = serde_json::json!({"MsgType": "text", "Content": "hi"});
        running.user_sends(&openid, push.as_object().ok_or("no object")?)?;
        let body = format!(r#"{{"touser":"{openid}","msgtype":"text","text":{{"content":"您好"}}}}"#);
        let request = format!(
            "POST /cgi-bin/message/custom/send?access_token={token} HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        all.push(tokio::spawn(sends(running.address, request, time)));
    }
    let mut taken = 0;
    for sends in all {
        taken += sends.await??;
    }
    let rate = taken as f64 / started.elapsed().as_secs_f64();
    println!("{connections:>5} connections {rate:>10.0} messages /s");
    running.shutdown().await;
    Ok(())
}

fn main() -> Result<(), Failed> {
    let mut arguments = std::env::args().skip(1);
    let connections = arguments.next().map_or(Ok(32), |count| count.parse())?;
    let seconds = arguments.next().map_or(Ok(2.0), |seconds| seconds.parse())?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(measure(connections, Duration::from_secs_f64(seconds)))
}
