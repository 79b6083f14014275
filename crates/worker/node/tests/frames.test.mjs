// The codec against the golden frames that both sides of the protocol share.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe, test } from "node:test";
import { FrameTooLarge } from "../src/errors.mjs";
import { BadFrame, Kind, MAX_LENGTH, MAX_SECTIONS, decode, encode, encodeRaw, frameLength } from "../src/frames.mjs";
import { goldenFrames, sectionsOf } from "./golden.mjs";

/** What JavaScript reads as another number than was written, which its graphs do too. */
const WIDE = "9007199254740993";

describe("a golden frame", () => {
  for (const golden of goldenFrames()) {
    const bytes = Buffer.from(golden.hex, "hex");

    test(`is what its parts encode to: ${golden.name}`, () => {
      const sections = sectionsOf(golden);
      const size = sections.reduce((sum, section) => sum + section.length, 0);
      const start = bytes.length - size - bytes.readUInt32LE(16);
      const meta = bytes.subarray(start, bytes.length - size);
      const options = { last: golden.flags === 1 };
      assert.equal(encodeRaw(golden.kind, golden.id, meta, sections, options).toString("hex"), golden.hex);
      if (meta.includes(WIDE) || meta.includes("1e300")) return;
      assert.equal(encode(golden.kind, golden.id, golden.meta, sections, options).toString("hex"), golden.hex);
    });

    test(`decodes to its parts: ${golden.name}`, () => {
      assert.equal(frameLength(bytes), bytes.length);
      const frame = decode(bytes);
      assert.deepEqual(
        { ...frame, sections: frame.sections.map((section) => section.toString("base64")) },
        {
          kind: golden.kind,
          id: golden.id,
          meta: golden.meta,
          sections: golden.sections,
          size: bytes.length,
          last: golden.flags === 1,
        },
      );
      assert.deepEqual(Object.keys(frame.meta), Object.keys(golden.meta));
    });
  }
});

test("the length is unknown until the header is there", () => {
  const frame = encode(Kind.PING, 1, {});
  for (let known = 0; known < 16; known += 1) assert.equal(frameLength(frame.subarray(0, known)), undefined);
  assert.equal(frameLength(frame.subarray(0, 16)), frame.length);
});

test("a frame over the limit is refused before it is sent", () => {
  const large = new Uint8Array(MAX_LENGTH);
  assert.throws(() => encode(Kind.DATA, 1, {}, [large]), (error) => {
    assert(error instanceof FrameTooLarge);
    assert.match(error.message, /^256\.0 MiB do not fit .* Keep large data outside the state/);
    return true;
  });
});

test("a frame of too many sections says so", () => {
  const sections = Array.from({ length: MAX_SECTIONS + 1 }, () => new Uint8Array());
  assert.throws(() => encode(Kind.CALL, 1, {}, sections), /^FrameTooLarge: 65,536 binary values do not fit .* fewer at a time/);
});

test("a frame that claims more than the limit is refused", () => {
  const header = encode(Kind.HELLO, 0, {});
  header.writeUInt32LE(MAX_LENGTH + 1, 0);
  assert.throws(() => frameLength(header), /over the limit/);
});

describe("a frame that does not add up is refused", () => {
  const whole = encode(Kind.HELLO, 0, {});
  assert.deepEqual(decode(whole).meta, {});
  /** @type {[string, (frame: Buffer) => unknown, RegExp][]} */
  const changes = [
    ["of another length", (frame) => frame.writeUInt32LE(7, 0), /the header says/],
    ["with unknown flags", (frame) => frame.writeUInt8(1, 5), /unknown flags/],
    ["of nine sections that are not there", (frame) => frame.writeUInt16LE(9, 6), /run past the end/],
    ["of a shorter meta", (frame) => frame.writeUInt32LE(1, 16), /do not add up/],
    ["of a longer meta", (frame) => frame.writeUInt32LE(3, 16), /do not add up/],
    ["with a list for meta", (frame) => frame.write("[]", 20), /not a JSON object/],
    ["with a meta that is no JSON", (frame) => frame.write("{[", 20), /not JSON/],
  ];
  for (const [name, change, message] of changes) {
    test(name, () => {
      const frame = Buffer.from(whole);
      change(frame);
      assert.throws(() => decode(frame), (error) => error instanceof BadFrame && message.test(error.message));
    });
  }
  test("that has no header", () => {
    assert.throws(() => decode(whole.subarray(0, 19)), /19 bytes are too few/);
  });
});
