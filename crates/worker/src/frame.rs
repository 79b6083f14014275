//! Frames: the length-prefixed units that both sides exchange, and the checks that keep a broken peer harmless.
//!
//! A frame is a header of 16 bytes, the lengths of its parts, a JSON object (the meta), and sections of raw bytes. What it is for is told by
//! its kind, which call it belongs to by its id; everything else is in the meta, so that the format does not change when a message does.
//! Lengths are checked against each other and against the limit before anything is allocated for what they announce.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

/// The length of the fixed header.
pub const HEADER: usize = 16;
/// The flag of the last data in a direction.
const LAST: u8 = 1;
/// The most bytes that may follow a header. There is room in it for a state of 64 MiB with all that its next tasks have written.
pub const LIMIT: usize = 256 * 1024 * 1024;

/// What a frame is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// The worker's first frame.
    Hello = 1,
    /// A question; answered by exactly one reply or error.
    Call = 2,
    /// The answer to a call.
    Reply = 3,
    /// The failure of a call.
    Error = 4,
    /// A piece of the stream of a call.
    Data = 5,
    /// A call that is not answered.
    Note = 6,
    /// Stop a call.
    Cancel = 7,
    /// A line of output.
    Log = 8,
    /// Are you there?
    Ping = 9,
    /// I am.
    Pong = 10,
    /// Flush, then exit.
    Shutdown = 11,
    /// The worker has begun on a call.
    Begun = 12,
    /// So many bytes more may be sent into the stream of a call.
    Credit = 13,
    /// What was to be imported ahead has been.
    Warm = 14,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Hello,
        Self::Call,
        Self::Reply,
        Self::Error,
        Self::Data,
        Self::Note,
        Self::Cancel,
        Self::Log,
        Self::Ping,
        Self::Pong,
        Self::Shutdown,
        Self::Begun,
        Self::Credit,
        Self::Warm,
    ];

    /// The kind that this byte stands for.
    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == byte)
    }
}

/// One frame. Its parts are known to fit the format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    kind: Kind,
    last: bool,
    id: u64,
    meta: Bytes,
    sections: Vec<Bytes>,
}

/// Why bytes are no frame, or parts fit none.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// Over [`LIMIT`], or more sections than can be counted.
    #[error(
        "{length} bytes in {sections} sections are over the limit of 256 MiB or 65,535 sections"
    )]
    TooLarge {
        /// The bytes after the header.
        length: usize,
        /// The number of sections.
        sections: usize,
    },
    /// A kind that this version of the protocol does not have.
    #[error("unknown frame kind {0}")]
    UnknownKind(u8),
    /// Flags that this version of the protocol does not have, or not in a frame of this kind.
    #[error("unknown flags {0} of a frame")]
    UnknownFlags(u8),
    /// The inner lengths do not add up to the outer one.
    #[error("the lengths in a frame do not add up")]
    Lengths,
    /// The stream ended within a frame.
    #[error("the connection ended in the middle of a frame")]
    Cut,
    /// The stream failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl Frame {
    /// A frame of these parts, unless they are too large.
    pub fn new(kind: Kind, id: u64, meta: Bytes, sections: Vec<Bytes>) -> Result<Self, FrameError> {
        let length = body_length(&meta, &sections);
        if length > LIMIT || sections.len() > usize::from(u16::MAX) {
            return Err(FrameError::TooLarge {
                length,
                sections: sections.len(),
            });
        }
        Ok(Self {
            kind,
            last: false,
            id,
            meta,
            sections,
        })
    }

    /// The frame as the last data of its direction.
    #[must_use]
    pub fn last(self) -> Self {
        Self { last: true, ..self }
    }

    /// A frame that says only what its kind says.
    pub fn bare(kind: Kind, id: u64) -> Self {
        Self {
            kind,
            last: false,
            id,
            meta: Bytes::from_static(b"{}"),
            sections: Vec::new(),
        }
    }

    /// What it is for.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether no data follows it in its direction.
    pub const fn is_last(&self) -> bool {
        self.last
    }

    /// How many bytes it takes, which is what it costs of the credit of a stream.
    pub fn size(&self) -> usize {
        HEADER + body_length(&self.meta, &self.sections)
    }

    /// The call it belongs to; 0 = none.
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// The JSON part.
    pub const fn meta(&self) -> &Bytes {
        &self.meta
    }

    /// The binary sections.
    pub fn sections(&self) -> &[Bytes] {
        &self.sections
    }

    /// The JSON part and the binary sections.
    pub fn into_parts(self) -> (Bytes, Vec<Bytes>) {
        (self.meta, self.sections)
    }

    /// Appends the frame's bytes to `buffer`.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "`new` keeps every length below 256 MiB and the sections below 65536"
    )]
    pub fn encode(&self, buffer: &mut BytesMut) {
        let length = body_length(&self.meta, &self.sections);
        buffer.reserve(HEADER + length);
        buffer.put_u32_le(length as u32);
        buffer.put_u8(self.kind as u8);
        buffer.put_u8(if self.last { LAST } else { 0 });
        buffer.put_u16_le(self.sections.len() as u16);
        buffer.put_u64_le(self.id);
        buffer.put_u32_le(self.meta.len() as u32);
        for section in &self.sections {
            buffer.put_u32_le(section.len() as u32);
        }
        buffer.put_slice(&self.meta);
        for section in &self.sections {
            buffer.put_slice(section);
        }
    }

    /// The next frame of `reader`; `None` when the stream ended between frames.
    pub async fn read<R: AsyncRead + Unpin>(reader: &mut R) -> Result<Option<Self>, FrameError> {
        let mut header = [0; HEADER];
        match reader.read(&mut header).await? {
            0 => return Ok(None),
            start => reader.read_exact(&mut header[start..]).await.map_err(cut)?,
        };
        let header = Header::parse(header)?;
        let mut body = BytesMut::zeroed(header.length);
        reader.read_exact(&mut body).await.map_err(cut)?;
        header.split(body.freeze()).map(Some)
    }
}

fn body_length(meta: &Bytes, sections: &[Bytes]) -> usize {
    4 + 4 * sections.len() + meta.len() + sections.iter().map(Bytes::len).sum::<usize>()
}

fn cut(error: std::io::Error) -> FrameError {
    if error.kind() == std::io::ErrorKind::UnexpectedEof {
        FrameError::Cut
    } else {
        FrameError::Io(error)
    }
}

struct Header {
    length: usize,
    kind: Kind,
    last: bool,
    sections: usize,
    id: u64,
}

impl Header {
    fn parse(bytes: [u8; HEADER]) -> Result<Self, FrameError> {
        let mut bytes = &bytes[..];
        let length = bytes.get_u32_le() as usize;
        let kind = bytes.get_u8();
        let flags = bytes.get_u8();
        let sections = usize::from(bytes.get_u16_le());
        let kind = Kind::from_byte(kind).ok_or(FrameError::UnknownKind(kind))?;
        let last = kind == Kind::Data && flags == LAST;
        if flags != 0 && !last {
            return Err(FrameError::UnknownFlags(flags));
        }
        if length > LIMIT {
            return Err(FrameError::TooLarge { length, sections });
        }
        if length < 4 + 4 * sections {
            return Err(FrameError::Lengths);
        }
        Ok(Self {
            length,
            kind,
            last,
            sections,
            id: bytes.get_u64_le(),
        })
    }

    fn split(self, mut body: Bytes) -> Result<Frame, FrameError> {
        let mut lengths = body.split_to(4 + 4 * self.sections);
        let meta = lengths.get_u32_le() as usize;
        let sections: Vec<usize> = (0..self.sections)
            .map(|_| lengths.get_u32_le() as usize)
            .collect();
        // At most 65536 lengths of 32 bits each: the sum fits a 64-bit usize, and is checked before anything is cut.
        if meta.saturating_add(
            sections
                .iter()
                .fold(0, |sum: usize, length| sum.saturating_add(*length)),
        ) != body.len()
        {
            return Err(FrameError::Lengths);
        }
        let meta = body.split_to(meta);
        let sections = sections
            .into_iter()
            .map(|length| body.split_to(length))
            .collect();
        Ok(Frame {
            kind: self.kind,
            last: self.last,
            id: self.id,
            meta,
            sections,
        })
    }
}
