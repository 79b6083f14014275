// The table: only what is in sight is drawn, keys walk it.
import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { type Column, Table } from "../src/parts/table.tsx";

interface Row {
  id: string;
  name: string;
}

const columns: Column<Row>[] = [{ key: "name", head: "Name", width: "1fr", cell: (row) => row.name }];
const rows = Array.from({ length: 1000 }, (_, place) => ({ id: `r${place}`, name: `row ${place}` }));

function rowKey(row: Row): string {
  return row.id;
}

function body(): HTMLElement[] {
  return screen.getAllByRole("row").slice(1);
}

// happy-dom lays nothing out.
beforeAll(() => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(400);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(800);
});

afterEach(cleanup);

test("of a thousand rows only those near are in the page", () => {
  render(<Table label="Rows" rows={rows} columns={columns} rowKey={rowKey} />);
  expect(screen.getByRole("grid", { name: "Rows" }).getAttribute("aria-rowcount")).toBe("1001");
  expect(body().length).toBeGreaterThan(10);
  expect(body().length).toBeLessThan(100);
});

test("arrows walk the rows and Enter opens the one with the focus", () => {
  const open = vi.fn();
  render(<Table label="Rows" rows={rows} columns={columns} rowKey={rowKey} onOpen={open} />);
  const [first, second] = body();
  if (!first || !second) throw new Error("no rows");
  first.focus();
  fireEvent.keyDown(first, { key: "ArrowDown" });
  expect(document.activeElement).toBe(second);
  fireEvent.keyDown(second, { key: "Enter" });
  expect(open).toHaveBeenCalledWith(rows[1]);
  fireEvent.click(first);
  expect(open).toHaveBeenLastCalledWith(rows[0]);
});

test("a box, Space and “Pick all” pick rows", () => {
  const pick = vi.fn();
  render(<Table label="Rows" rows={rows.slice(0, 3)} columns={columns} rowKey={rowKey} picked={new Set(["r0"])} onPick={pick} />);
  const [first, second] = body();
  if (!first || !second) throw new Error("no rows");
  fireEvent.click(within(second).getByRole("checkbox"));
  expect(pick).toHaveBeenLastCalledWith(new Set(["r0", "r1"]));
  fireEvent.keyDown(first, { key: " " });
  expect(pick).toHaveBeenLastCalledWith(new Set());
  fireEvent.click(screen.getByRole("checkbox", { name: "Pick all" }));
  expect(pick).toHaveBeenLastCalledWith(new Set(["r0", "r1", "r2"]));
});

test("the end of the list asks for more", () => {
  const more = vi.fn();
  const { rerender } = render(<Table label="Rows" rows={rows} columns={columns} rowKey={rowKey} onEnd={more} />);
  expect(more).not.toHaveBeenCalled();
  rerender(<Table label="Rows" rows={rows.slice(0, 5)} columns={columns} rowKey={rowKey} onEnd={more} />);
  expect(more).toHaveBeenCalled();
});
