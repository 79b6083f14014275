// The frame around every page: header, rail, foot, and what reaches over all pages.
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import { useLocation } from "wouter";
import { Invalidator } from "../api/invalidate.ts";
import { useServerEvents } from "../api/use-socket.ts";
import { useWaitingCount } from "../api/use-thread.ts";
import { useProject, useStudio } from "../studio.tsx";
import { Foot } from "./foot.tsx";
import { Head } from "./head.tsx";
import { IdentityBox } from "./identity-box.tsx";
import { Keys } from "./keys.tsx";
import { Notices } from "./notices.tsx";
import { OverlayProvider } from "./overlay.tsx";
import { RAIL } from "./rail-pages.ts";
import { Rail } from "./rail.tsx";
import { useThemeOnDocument } from "./theme.ts";
import "./shell.css";

export function Shell({ children }: { children: ReactNode }) {
  useConnection();
  useTitle();
  useThemeOnDocument();
  return (
    <OverlayProvider>
      <div className="shell">
        <Head />
        <Rail />
        <main className="shell-main">
          <PageName />
          {children}
        </main>
        <Foot />
      </div>
      <IdentityBox />
      <Notices />
      <Keys />
    </OverlayProvider>
  );
}

/** Keeps the socket open, and what the API answered as new as the server's events. */
function useConnection(): void {
  const { socket, identity } = useStudio();
  const queries = useQueryClient();
  const [invalidator] = useState(() => new Invalidator(queries));
  useEffect(() => {
    socket.start();
    const forget = identity.onChange(() => socket.restart());
    return () => {
      forget();
      socket.stop();
    };
  }, [socket, identity]);
  useEffect(
    () =>
      socket.onHello((hello, before) => {
        // What was asked before the first hello may be older than an event that nobody told of yet.
        if (before?.server_id !== hello.server_id) invalidator.everything();
      }),
    [socket, invalidator],
  );
  useServerEvents((event) => invalidator.take(event), { onMissed: () => invalidator.everything() });
}

/** The page's heading, for those who do not see which icon of the rail is marked. */
function PageName() {
  const [location] = useLocation();
  const page = RAIL.find(({ within }) => within.some((start) => location.startsWith(start)));
  return <h1 className="visually-hidden">{page?.name ?? "lgx"}</h1>;
}

function useTitle(): void {
  const project = useProject();
  const waiting = useWaitingCount();
  useEffect(() => {
    document.title = `${waiting ? `(${waiting}) ` : ""}${project.name} · lgx`;
  }, [waiting, project.name]);
}
