// Text of models is untrusted: what it may put into the page.

import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { MarkdownText } from "../src/parts/markdown.tsx";

afterEach(cleanup);

test("HTML in a text is text", () => {
  const { container } = render(<MarkdownText text={'<img src=x onerror="alert(1)"> <b>no</b>'} />);
  expect(container.querySelector("img")).toBeNull();
  expect(container.querySelector("b")).toBeNull();
});

test("an image elsewhere is a link, one within the text is shown", () => {
  const { container } = render(
    <MarkdownText text={"![far](https://example.org/a.png) ![near](data:image/png;base64,iVBORw0KGgo=)"} />,
  );
  expect(screen.getByRole("link", { name: "far" }).getAttribute("href")).toBe("https://example.org/a.png");
  const images = [...container.querySelectorAll("img")].map((image) => image.getAttribute("src"));
  expect(images).toEqual(["data:image/png;base64,iVBORw0KGgo="]);
});

test("links open elsewhere and tell nothing; scripts in links are taken out", () => {
  render(<MarkdownText text={"[a](https://example.org) [b](javascript:alert(1))"} />);
  const link = screen.getByRole("link", { name: "a" });
  expect([link.getAttribute("target"), link.getAttribute("rel")]).toEqual(["_blank", "noreferrer"]);
  expect(document.body.innerHTML).not.toContain("javascript:");
});

test("code can be copied, tables are tables", () => {
  const { container } = render(<MarkdownText text={"```py\nx = 1\n```\n\n|a|b|\n|-|-|\n|1|2|"} />);
  expect(screen.getByRole("button", { name: "Copy code" })).toBeTruthy();
  expect(container.querySelectorAll("td")).toHaveLength(2);
});
