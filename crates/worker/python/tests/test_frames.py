"""The codec against the golden frames that both sides of the protocol share."""

import base64
import json
import struct
from pathlib import Path

import pytest

from lgx_worker import frames
from lgx_worker.errors import FrameTooLarge

FIXTURES = Path(__file__).parents[2] / "fixtures"
GOLDEN = json.loads((FIXTURES / "frames.json").read_text("utf-8"))


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden["name"])
def test_a_golden_frame_is_what_its_parts_encode_to(golden):
    sections = [base64.b64decode(section) for section in golden["sections"]]
    meta = frames.encode_meta(golden["meta"])
    encoded = frames.encode_raw(golden["kind"], golden["id"], meta, sections, last=golden.get("flags") == 1)
    assert encoded.hex() == golden["hex"]


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden["name"])
def test_a_golden_frame_decodes_to_its_parts(golden):
    data = bytes.fromhex(golden["hex"])
    assert frames.frame_length(data) == len(data)
    frame = frames.decode(data)
    assert (frame.kind, frame.id, frame.meta) == (golden["kind"], golden["id"], golden["meta"])
    assert list(frame.meta) == list(golden["meta"])
    assert (frame.size, frame.last) == (len(data), golden.get("flags") == 1)
    assert [base64.b64encode(section).decode() for section in frame.sections] == golden["sections"]


@pytest.mark.parametrize("known", range(frames.HEADER.size))
def test_the_length_is_unknown_until_the_header_is_there(known):
    assert frames.frame_length(bytes.fromhex(GOLDEN[0]["hex"])[:known]) is None


def test_a_frame_over_the_limit_is_refused_before_it_is_sent():
    with pytest.raises(FrameTooLarge, match=r"256\.0 MiB do not fit"):
        frames.encode(frames.Kind.DATA, 1, {}, [bytes(frames.MAX_LENGTH)])


def test_a_frame_of_too_many_sections_says_so():
    with pytest.raises(FrameTooLarge, match=r"65,536 binary values do not fit .* fewer at a time"):
        frames.encode(frames.Kind.CALL, 1, {}, [b""] * (frames.MAX_SECTIONS + 1))


def test_a_frame_that_claims_more_than_the_limit_is_refused():
    with pytest.raises(frames.BadFrame, match="over the limit"):
        frames.frame_length(struct.pack("<IBBHQ", frames.MAX_LENGTH + 1, 1, 0, 0, 0))


def mangled(**changes):
    fields = {"length": 6, "kind": 1, "flags": 0, "count": 0, "id": 0, "meta_length": 2, "meta": b"{}"} | changes
    head = struct.pack("<IBBHQ", *(fields[name] for name in ("length", "kind", "flags", "count", "id")))
    return head + struct.pack("<I", fields["meta_length"]) + fields["meta"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"length": 7}, "the header says"),
        ({"flags": 1}, "unknown flags"),
        ({"count": 9}, "run past the end"),
        ({"meta_length": 1}, "do not add up"),
        ({"meta": b"[]"}, "not a JSON object"),
        ({"meta": b"{["}, "not JSON"),
    ],
)
def test_a_frame_that_does_not_add_up_is_refused(change, message):
    assert frames.decode(mangled()).meta == {}
    with pytest.raises(frames.BadFrame, match=message):
        frames.decode(mangled(**change))


def test_meta_that_is_no_json_by_nature_is_written_as_clients_would_see_it():
    assert frames.encode_meta({"at": {1}, "big": 2**70}) == b'{"at":[1],"big":1180591620717411303424}'


def test_integers_of_any_width_arrive_as_they_are():
    for number in (2**53 + 1, 2**63, 2**64, -(2**200), 10**3999):
        assert frames.decode_meta(b'{"n":[%d]}' % number) == {"n": [number]}


def test_the_version_of_a_channel_is_no_wide_number_and_half_a_surrogate_is_a_text():
    assert frames.decode_meta(b'{"v":"00000000000000000000000000000002.5"}') == {
        "v": "00000000000000000000000000000002.5"
    }
    assert frames.decode_meta(b'{"t":"\\ud800"}') == {"t": "\ud800"}
