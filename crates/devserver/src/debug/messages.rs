//! What a debugger of Python says to its client, as it passes by: that it ends becomes that there will be another one.
//!
//! The debugger of a worker ends with the worker, and tells its client so. An editor would leave it at that. But the worker that takes its
//! place is found at the same port, and the protocol has a word for it, at which editors attach anew by themselves.

use std::io;

use serde_json::{Value, json};
use tokio::io::{
    AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy,
};
use tokio_util::sync::CancellationToken;

/// What says that the debugger ends is shorter.
const SHORT: u64 = 4096;
/// The longest head of a message.
const LONGEST_HEAD: u64 = 4096;

/// Passes messages on until there are no more. When `let_go` is cancelled, the client is told to attach anew.
pub(super) async fn pass_on(
    from: &mut (impl AsyncBufRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    let_go: &CancellationToken,
) -> io::Result<()> {
    let mut is_let_go = false;
    loop {
        // Whatever it is, between two messages.
        let has_more = tokio::select! {
            begun = from.fill_buf() => !begun?.is_empty(),
            () = let_go.cancelled(), if !is_let_go => {
                is_let_go = true;
                // Nobody answers events, so its number matters to nobody.
                let ends = json!({"seq": 0, "type": "event", "event": "terminated", "body": {"restart": true}});
                write(to, ends.to_string().as_bytes()).await?;
                continue;
            }
        };
        if !has_more {
            return Ok(());
        }
        pass_one_on(from, to).await?;
    }
}

async fn pass_one_on(
    from: &mut (impl AsyncBufRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
) -> io::Result<()> {
    let (head, length) = head(from).await?;
    if length > SHORT {
        to.write_all(&head).await?;
        copy(&mut from.take(length), to).await?;
        return Ok(());
    }
    let mut message = Vec::new();
    from.take(length).read_to_end(&mut message).await?;
    if let Some(anew) = begins_anew(&message) {
        return write(to, anew.to_string().as_bytes()).await;
    }
    to.write_all(&head).await?;
    to.write_all(&message).await
}

async fn write(to: &mut (impl AsyncWrite + Unpin), message: &[u8]) -> io::Result<()> {
    let head = format!("Content-Length: {}\r\n\r\n", message.len());
    to.write_all(head.as_bytes()).await?;
    to.write_all(message).await
}

/// The head of a message as it is, and how long what follows is.
async fn head(from: &mut (impl AsyncBufRead + Unpin)) -> io::Result<(Vec<u8>, u64)> {
    let mut head = Vec::new();
    let mut length = None;
    loop {
        let begun = head.len();
        let left = LONGEST_HEAD.saturating_sub(begun as u64);
        from.take(left).read_until(b'\n', &mut head).await?;
        let line = String::from_utf8_lossy(&head[begun..]);
        if !line.ends_with('\n') {
            return Err(malformed("its head has no end"));
        }
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().ok();
            }
            Some(_) => {}
            None => break,
        }
    }
    let length = length.ok_or_else(|| malformed("it does not say how long it is"))?;
    Ok((head, length))
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("a message of a debugger cannot be read: {what}"),
    )
}

/// What is said instead of that the debugger ends, if that is what is said.
fn begins_anew(message: &[u8]) -> Option<Value> {
    let mut message: Value = serde_json::from_slice(message).ok()?;
    let ends = message["type"] == "event" && message["event"] == "terminated";
    ends.then(|| {
        message["body"] = json!({"restart": true});
        message
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(message: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{message}", message.len())
    }

    async fn passed_on(said: &str) -> io::Result<String> {
        let mut heard = Vec::new();
        pass_on(&mut said.as_bytes(), &mut heard, &CancellationToken::new()).await?;
        Ok(String::from_utf8(heard).unwrap())
    }

    #[tokio::test]
    async fn all_is_passed_on_as_it_is_but_that_it_ends() {
        let long = format!(r#"{{"type":"event","output":"{}"}}"#, "x".repeat(9000));
        let others = [
            framed(r#"{"seq":1, "type":"event","event":"output"}"#),
            framed(&long),
            "content-type: x\r\nCONTENT-LENGTH:2\r\n\r\n{}".to_owned(),
            framed("no JSON"),
        ];
        let others = others.concat();
        let ends = framed(r#"{"seq":9,"type":"event","event":"terminated","body":{}}"#);
        let heard = passed_on(&(others.clone() + &ends)).await.unwrap();
        let anew = heard.strip_prefix(&others).unwrap();
        let (_, anew) = anew.split_once("\r\n\r\n").unwrap();
        let anew: Value = serde_json::from_str(anew).unwrap();
        let expected =
            json!({"seq": 9, "type": "event", "event": "terminated", "body": {"restart": true}});
        assert_eq!(anew, expected);
    }

    #[tokio::test]
    async fn what_is_no_message_ends_it() {
        assert!(passed_on("HTTP/1.1 200 OK\r\n\r\n").await.is_err());
        assert!(passed_on(&"Content-".repeat(1000)).await.is_err());
    }

    #[tokio::test]
    async fn whoever_is_let_go_is_told_once_and_hears_the_rest() {
        let let_go = CancellationToken::new();
        let_go.cancel();
        let (mut says, said) = tokio::io::duplex(1024);
        let mut said = tokio::io::BufReader::new(said);
        let mut heard = Vec::new();
        let last = framed(r#"{"type":"response"}"#);
        let speaks = async {
            // Once it is known that it has been told.
            tokio::task::yield_now().await;
            says.write_all(last.as_bytes()).await.unwrap();
            drop(says);
        };
        let (passed, ()) = tokio::join!(pass_on(&mut said, &mut heard, &let_go), speaks);
        passed.unwrap();
        let heard = String::from_utf8(heard).unwrap();
        assert_eq!(heard.matches("terminated").count(), 1, "{heard}");
        assert!(heard.ends_with(&last), "{heard}");
    }
}
