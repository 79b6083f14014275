//! The line that names a server-sent event. Names are made of those of nodes and writers, which may be any text.

use bytes::{BufMut, BytesMut};

/// Appends `event: name` and CRLF. A line break in the name would end the line and begin a field of the project's choosing: it
/// becomes a space.
pub fn write(out: &mut BytesMut, name: &str) {
    out.put_slice(b"event: ");
    if name.contains(['\r', '\n']) {
        out.put_slice(name.replace(['\r', '\n'], " ").as_bytes());
    } else {
        out.put_slice(name.as_bytes());
    }
    out.put_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_on_its_line() {
        for (name, line) in [
            ("values", "event: values\r\n"),
            ("updates|a b:1", "event: updates|a b:1\r\n"),
            ("updates|a\nb:1", "event: updates|a b:1\r\n"),
            (
                "custom:x\r\ndata: {}\r\n\r\n",
                "event: custom:x  data: {}    \r\n",
            ),
        ] {
            let mut out = BytesMut::new();
            write(&mut out, name);
            assert_eq!(out, line, "{name:?}");
        }
    }
}
