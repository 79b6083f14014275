//! An identity provider that answers when the test has it answer.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::spawn;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// It, with the look-ups that have arrived.
pub(super) struct HeldProvider {
    url: String,
    arrived: Receiver<LookUp>,
}

/// Somebody wants to know whose token this is. Dropped without an answer, the connection is closed.
pub(super) struct LookUp {
    pub(super) token: String,
    answer: Sender<(u16, String)>,
}

impl HeldProvider {
    /// Listens on any free port.
    pub(super) fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}/userinfo", listener.local_addr()?);
        let (arrive, arrived) = channel();
        spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let arrive = arrive.clone();
                spawn(move || drop(serve(&connection, &arrive)));
            }
        });
        Ok(Self { url, arrived })
    }

    /// Where tokens are looked up.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The next look-up; waits for it.
    pub(super) fn next(&self) -> Result<LookUp> {
        let arrived = self.arrived.recv_timeout(Duration::from_secs(60));
        arrived.context("nobody asked the identity provider")
    }
}

impl LookUp {
    /// Says that the token is that of a user who is called like it.
    pub(super) fn confirm(self) {
        let user = json!({"sub": self.token, "email": format!("{}@example.com", self.token)});
        self.answer_with(200, &user);
    }

    /// Says something else.
    pub(super) fn answer_with(self, status: u16, said: &Value) {
        // Who asked may not be waiting any more.
        drop(self.answer.send((status, said.to_string())));
    }
}

/// Answers the requests of one connection, one after the other.
fn serve(connection: &TcpStream, arrive: &Sender<LookUp>) -> Result<()> {
    connection.set_nodelay(true)?;
    let mut lines = BufReader::new(connection).lines();
    loop {
        let mut token = String::new();
        loop {
            let line = lines.next().context("the connection ended")??;
            let (name, value) = line.split_once(": ").unwrap_or_default();
            if name.eq_ignore_ascii_case("authorization") {
                value.trim_start_matches("Bearer ").clone_into(&mut token);
            }
            if line.is_empty() {
                break;
            }
        }
        let (answer, answered) = channel();
        arrive.send(LookUp { token, answer })?;
        let (status, body) = answered.recv()?;
        let length = body.len();
        write!(
            &*connection,
            "HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )?;
    }
}
