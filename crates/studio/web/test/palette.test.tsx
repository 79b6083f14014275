// The palette in a browser of today, where scrolling gives a promise.
import { cleanup, fireEvent, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Palette } from "../src/shell/palette.tsx";
import { renderInStudio } from "./with-studio.tsx";

const GRAPH = { id: "agent", target: "./agent.py:graph", description: null, loaded: true, error: null };

beforeEach(() => {
  vi.stubGlobal("fetch", async (url: string | URL) => new Response(String(url).includes("/lgx/") ? '{"runs": [], "total": 0}' : "[]"));
  HTMLDialogElement.prototype.showModal = function showModal() {
    this.open = true;
  };
  vi.spyOn(Element.prototype, "scrollIntoView").mockImplementation(() => Promise.resolve() as unknown as undefined);
});

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

it("stays while one types into it", () => {
  renderInStudio(<Palette open onClose={() => undefined} />, { graphs: [GRAPH as never] });
  const find = screen.getByRole("combobox", { name: "Find" });
  fireEvent.change(find, { target: { value: "agen" } });
  fireEvent.change(find, { target: { value: "agent" } });
  expect(screen.getByRole("option", { selected: true }).textContent).toContain("agent");
  expect(Element.prototype.scrollIntoView).toHaveBeenCalled();
});
