// As whom a tab asks: kept for the tab only, taken up by project, and asked for before anything else where the project wants it.
import { cleanup, fireEvent, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiFailure } from "../src/api/failure.ts";
import { Identity, STUDIO_USER } from "../src/api/identity.ts";
import { IdentityGate } from "../src/shell/identity-gate.tsx";
import { PROJECT, renderInStudio } from "./with-studio.tsx";

beforeEach(() => {
  sessionStorage.clear();
  localStorage.clear();
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

describe("an identity", () => {
  it("is the Studio user until headers are given", () => {
    const identity = new Identity(sessionStorage);
    identity.adopt("p");
    expect(identity.headers()).toEqual(STUDIO_USER);
    identity.use({ authorization: "Bearer ada" });
    expect(identity.headers()).toEqual({ authorization: "Bearer ada" });
    identity.use(null);
    expect(identity.headers()).toEqual(STUDIO_USER);
  });

  it("is one for each project, and survives a reload of the page", () => {
    const before = new Identity(sessionStorage);
    before.adopt("one");
    before.use({ authorization: "Bearer ada" });
    const after = new Identity(sessionStorage);
    expect(after.adopt("two")).toBe(false);
    expect(after.headers()).toEqual(STUDIO_USER);
    expect(after.adopt("one")).toBe(true);
    expect(after.headers()).toEqual({ authorization: "Bearer ada" });
    expect(localStorage.length).toBe(0);
  });

  it("opens its box once for the same refusal", () => {
    const identity = new Identity(sessionStorage);
    identity.refuse(new ApiFailure(401, "no token"));
    expect(identity.state().open).toBe(true);
    identity.show(false);
    identity.refuse(new ApiFailure(401, "no token"));
    expect(identity.state().open).toBe(false);
    identity.refuse(new ApiFailure(403, "not yours"));
    expect(identity.state().open).toBe(true);
  });
});

describe("a project that wants to know who asks", () => {
  const closed = { root: null, auth: { ...PROJECT.auth, configured: true, studio_user: false } };

  it("is asked nothing before it was said", () => {
    const asked = vi.fn<typeof fetch>(async () => new Response("{}"));
    vi.stubGlobal("fetch", asked);
    renderInStudio(<IdentityGate>the page</IdentityGate>, closed);
    expect(screen.getByRole("heading").textContent).toBe("my-agent wants to know who asks");
    expect(screen.queryByText("the page")).toBeNull();
    expect(asked).not.toHaveBeenCalled();
  });

  it("is told by the box", () => {
    vi.stubGlobal("fetch", async () => new Response("0"));
    const { identity } = renderInStudio(<IdentityGate>the page</IdentityGate>, closed);
    identity.adopt("project");
    fireEvent.change(screen.getByLabelText("Value of Authorization"), { target: { value: "Bearer ada" } });
    fireEvent.click(screen.getByRole("button", { name: "Use" }));
    expect(identity.headers()).toEqual({ Authorization: "Bearer ada" });
    expect(Object.values({ ...localStorage })).toEqual([]);
  });

  it("is not told what no header can carry", () => {
    renderInStudio(<IdentityGate>the page</IdentityGate>, closed);
    fireEvent.change(screen.getByLabelText("Header"), { target: { value: "a b" } });
    expect(screen.getByText("“a b” cannot be the name of a header.")).not.toBeNull();
    expect(screen.getByRole("button", { name: "Use" }).hasAttribute("disabled")).toBe(true);
  });

  it("shows the page to everybody else", () => {
    renderInStudio(<IdentityGate>the page</IdentityGate>);
    expect(screen.getByText("the page")).not.toBeNull();
  });
});
