// What every component of the page can ask for: the project, the clients, what is kept; there once the server has said who it is.
import type { Client } from "@langchain/langgraph-sdk/client";
import { useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useMemo, useState, useSyncExternalStore, type ReactNode } from "react";
import { makeClient } from "./api/client.ts";
import { failureOf, type ApiFailure } from "./api/failure.ts";
import { Identity, type IdentityState } from "./api/identity.ts";
import { LgxApi } from "./api/lgx.ts";
import { ProjectStorage } from "./api/storage.ts";
import { BROWSER, StudioSocket } from "./api/socket.ts";
import type { Project } from "./api/wire.ts";

export interface Studio {
  project: Project;
  client: Client;
  lgx: LgxApi;
  identity: Identity;
  socket: StudioSocket;
  storage: ProjectStorage;
}

/** Given by `StudioProvider`, and by tests. */
export const StudioContext = createContext<Studio | null>(null);

/** Throws outside of `StudioProvider`: a mistake in this page's code. */
export function useStudio(): Studio {
  const studio = useContext(StudioContext);
  if (!studio) throw new Error("useStudio is used outside of StudioProvider");
  return studio;
}

export const useProject = (): Project => useStudio().project;
export const useClient = (): Client => useStudio().client;
export const useLgx = (): LgxApi => useStudio().lgx;

/** The identity box's state; renders again when it changes. */
export function useIdentity(): IdentityState {
  const { identity } = useStudio();
  return useSyncExternalStore(identity.subscribe, identity.state);
}

interface ProviderProps {
  children: ReactNode;
  /** While the server is asked for the first time. */
  waiting: ReactNode;
  failed: (failure: ApiFailure, again: () => void) => ReactNode;
}

/** Asks the server who it is, and gives what stands on that to everything within. */
export function StudioProvider({ children, waiting, failed }: ProviderProps) {
  const [identity] = useState(() => new Identity(sessionStorage));
  const lgx = useMemo(() => new LgxApi(identity), [identity]);
  const asked = useQuery({ queryKey: ["project"], queryFn: () => askProject(lgx, identity) });
  const { data: project, refetch } = asked;
  const [socket] = useState(() => new StudioSocket(BROWSER, () => identity.headers()));
  const queries = useQueryClient();
  // What was answered to somebody else is not shown for a moment longer.
  useEffect(() => identity.onChange(() => void queries.resetQueries()), [identity, queries]);
  const guarded = project?.auth.configured ?? false;
  useEffect(() => (guarded ? refusalsOf(queries, (failure) => identity.refuse(failure)) : undefined), [guarded, queries, identity]);
  const projectId = project?.project_id;
  const prefix = project?.api_prefix;
  const client = useMemo(() => makeClient(prefix ?? "", identity), [prefix, identity]);
  const storage = useMemo(() => new ProjectStorage(projectId ?? "", localStorage), [projectId]);
  const studio = useMemo(
    () => (project ? { project, client, lgx, identity, socket, storage } : null),
    [project, client, lgx, identity, socket, storage],
  );
  if (studio) return <StudioContext value={studio}>{children}</StudioContext>;
  if (asked.error) return failed(failureOf(asked.error), () => void refetch());
  return waiting;
}

/** The project is what says under which name the tab's headers are kept: with these it is asked once more. */
async function askProject(lgx: LgxApi, identity: Identity): Promise<Project> {
  const project = await lgx.project();
  return identity.adopt(project.project_id) ? lgx.project() : project;
}

/** Tells of every request that was refused because of who asks, wherever it was made. */
function refusalsOf(queries: QueryClient, tell: (failure: ApiFailure) => void): () => void {
  const look = (error: unknown) => {
    const failure = failureOf(error);
    if (failure.concernsIdentity) tell(failure);
  };
  const asked = queries.getQueryCache().subscribe((event) => {
    if (event.type === "updated" && event.action.type === "error") look(event.action.error);
  });
  const done = queries.getMutationCache().subscribe((event) => {
    if (event.type === "updated" && event.action.type === "error") look(event.action.error);
  });
  return () => {
    asked();
    done();
  };
}
