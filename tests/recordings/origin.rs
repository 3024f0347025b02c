//! A web server that answers what a function says, until it is gone.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// Method, path with query, body; what is answered: status, headers, body. With the status 0 the connection is closed.
type Serve = dyn Fn(&str, &str, &str) -> (u16, Vec<(&'static str, String)>, Vec<u8>) + Send + Sync;

pub struct Origin {
    address: SocketAddr,
    is_gone: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Origin {
    pub fn start(
        serve: impl Fn(&str, &str, &str) -> (u16, Vec<(&'static str, String)>, Vec<u8>) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, is_gone) = (listener.local_addr().unwrap(), Arc::new(AtomicBool::new(false)));
        let (gone, serve): (_, Arc<Serve>) = (is_gone.clone(), Arc::new(serve));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if gone.load(Ordering::Acquire) {
                    return;
                }
                let serve = serve.clone();
                std::thread::spawn(move || answer(&stream.unwrap(), &*serve));
            }
        });
        Self { address, is_gone, thread: Some(thread) }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on connections are refused.
    pub fn end(&mut self) {
        self.is_gone.store(true, Ordering::Release);
        drop(TcpStream::connect(self.address));
        self.thread.take().into_iter().for_each(|thread| thread.join().unwrap());
        assert!(TcpStream::connect(self.address).is_err());
    }
}

fn answer(stream: &TcpStream, serve: &Serve) {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
        head.push(line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let mut first = head[0].split_whitespace();
    let (method, path) = (first.next().unwrap(), first.next().unwrap());
    let (status, headers, content) = serve(method, path, &String::from_utf8_lossy(&body));
    if status == 0 {
        return;
    }
    let mut answer = format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n", content.len());
    for (name, value) in headers {
        answer.push_str(&format!("{name}: {value}\r\n"));
    }
    answer.push_str("\r\n");
    // Whoever asked may be gone.
    let mut stream = stream;
    let _ = stream.write_all(&[answer.as_bytes(), &content].concat());
}
