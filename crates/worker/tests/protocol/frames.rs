//! The frame codec: what goes in comes out, and what is broken is refused.

use bytes::{Bytes, BytesMut};
use lgx_worker::frame::{Frame, FrameError, HEADER, Kind, LIMIT};
use proptest::prelude::*;

fn encoded(frame: &Frame) -> Vec<u8> {
    let mut buffer = BytesMut::new();
    frame.encode(&mut buffer);
    buffer.to_vec()
}

async fn decoded(mut bytes: &[u8]) -> Result<Option<Frame>, FrameError> {
    Frame::read(&mut bytes).await
}

fn any_bytes(most: usize) -> impl Strategy<Value = Bytes> {
    proptest::collection::vec(any::<u8>(), 0..most).prop_map(Bytes::from)
}

proptest! {
    #[test]
    fn any_frames_come_out_as_they_went_in(
        parts in proptest::collection::vec((any::<u64>(), any_bytes(300), proptest::collection::vec(any_bytes(100), 0..8)), 0..4),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let frames: Vec<Frame> = parts
            .into_iter()
            .map(|(id, meta, sections)| Frame::new(Kind::Data, id, meta, sections).unwrap())
            .collect();
        let bytes: Vec<u8> = frames.iter().flat_map(encoded).collect();
        runtime.block_on(async {
            let mut reader = &bytes[..];
            for frame in &frames {
                assert_eq!(Frame::read(&mut reader).await.unwrap().as_ref(), Some(frame));
            }
            assert!(Frame::read(&mut reader).await.unwrap().is_none());
        });
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        // Whatever the answer is, it is an answer.
        let _ = runtime.block_on(decoded(&bytes));
    }
}

fn header(length: u32, kind: u8, sections: u16) -> Vec<u8> {
    let mut bytes = length.to_le_bytes().to_vec();
    bytes.extend([kind, 0]);
    bytes.extend(sections.to_le_bytes());
    bytes.extend([0; 8]);
    bytes
}

#[tokio::test]
async fn a_frame_cut_short_anywhere_is_not_a_frame() {
    let frame = Frame::new(
        Kind::Data,
        1,
        Bytes::from_static(b"{}"),
        vec![Bytes::from_static(b"data")],
    )
    .unwrap();
    let bytes = encoded(&frame);
    for end in 1..bytes.len() {
        assert!(
            matches!(decoded(&bytes[..end]).await, Err(FrameError::Cut)),
            "cut at {end}"
        );
    }
}

#[tokio::test]
async fn lengths_that_do_not_add_up_are_refused() {
    let frame = Frame::new(
        Kind::Data,
        1,
        Bytes::from_static(b"{}"),
        vec![Bytes::from_static(b"data")],
    )
    .unwrap();
    for (position, value) in [
        (HEADER, 3),
        (HEADER, 0xff),
        (HEADER + 4, 3),
        (HEADER + 7, 0xff),
    ] {
        let mut bytes = encoded(&frame);
        bytes[position] = value;
        assert!(
            matches!(decoded(&bytes).await, Err(FrameError::Lengths)),
            "{position} = {value}"
        );
    }
    assert!(matches!(
        decoded(&header(3, 5, 0)).await,
        Err(FrameError::Lengths)
    ));
    assert!(matches!(
        decoded(&header(8, 5, 2)).await,
        Err(FrameError::Lengths)
    ));
}

#[tokio::test]
async fn an_unknown_kind_is_refused() {
    assert!(matches!(
        decoded(&header(4, 0, 0)).await,
        Err(FrameError::UnknownKind(0))
    ));
    assert!(matches!(
        decoded(&header(4, 15, 0)).await,
        Err(FrameError::UnknownKind(15))
    ));
}

#[tokio::test]
async fn flags_that_do_not_belong_to_the_kind_are_refused() {
    for (kind, flags) in [(Kind::Reply, 1), (Kind::Data, 2)] {
        let mut bytes = header(6, kind as u8, 0);
        bytes[5] = flags;
        bytes.extend([2, 0, 0, 0, b'{', b'}']);
        assert!(matches!(
            decoded(&bytes).await,
            Err(FrameError::UnknownFlags(found)) if found == flags
        ));
    }
}

#[tokio::test]
async fn a_length_over_the_limit_is_refused_before_anything_is_allocated() {
    assert!(matches!(
        decoded(&header(u32::MAX, 5, 0)).await,
        Err(FrameError::TooLarge { .. })
    ));
}

#[test]
fn a_frame_may_be_exactly_as_large_as_the_limit() {
    let largest = Bytes::from(vec![0; LIMIT - 4]);
    assert!(Frame::new(Kind::Reply, 1, largest, vec![]).is_ok());
    let larger = Bytes::from(vec![0; LIMIT - 3]);
    assert!(matches!(
        Frame::new(Kind::Reply, 1, larger, vec![]),
        Err(FrameError::TooLarge { .. })
    ));
    let many = vec![Bytes::new(); usize::from(u16::MAX) + 1];
    assert!(matches!(
        Frame::new(Kind::Reply, 1, Bytes::new(), many),
        Err(FrameError::TooLarge { .. })
    ));
}
