// What files become when they are sent.

import { expect, test } from "vitest";
import { attachmentBlock, contentOf, refusal, type Attachment } from "../src/model/attachments.ts";

const png: Attachment = { id: "1", name: "a.png", mime: "image/png", bytes: 3, url: "data:image/png;base64,AAAA" };
const pdf: Attachment = { id: "2", name: "a.pdf", mime: "application/pdf", bytes: 3, url: "data:application/pdf;base64,BBBB" };

test("a text alone is a text", () => {
  expect(contentOf("hi", [])).toBe("hi");
});

test("files stand behind the text, and no empty text is sent", () => {
  expect(contentOf("hi", [png])).toEqual([
    { type: "text", text: "hi" },
    { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
  ]);
  expect(contentOf("", [png])).toHaveLength(1);
});

test("other files are blocks of data with their name", () => {
  expect(attachmentBlock(pdf)).toMatchObject({
    type: "file",
    source_type: "base64",
    mime_type: "application/pdf",
    data: "BBBB",
    filename: "a.pdf",
  });
});

test("what is too large says why", () => {
  expect(refusal({ name: "big.mov", size: 11 * 1024 * 1024 })).toContain("10 MB");
  expect(refusal({ name: "a", size: 0 })).toContain("empty");
  expect(refusal({ name: "a", size: 1 })).toBeNull();
});
