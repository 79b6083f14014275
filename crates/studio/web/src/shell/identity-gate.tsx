// Before everything where the project wants to know who asks: nothing is asked until it was said.
import { useQuery } from "@tanstack/react-query";
import { useEffect, type ReactNode } from "react";
import { failureOf } from "../api/failure.ts";
import { useIdentity, useStudio } from "../studio.tsx";
import { IdentityForm } from "./identity-box.tsx";
import "./identity-box.css";

export function IdentityGate({ children }: { children: ReactNode }) {
  const { project, identity, client } = useStudio();
  const { headers } = useIdentity();
  const closed = project.auth.configured && project.root === null;
  // With headers that do not let one in, the handler's words are what helps.
  const tried = useQuery({ queryKey: ["identity", headers], queryFn: () => client.threads.count(), enabled: closed && headers !== null });
  useEffect(() => {
    if (tried.error) identity.refuse(failureOf(tried.error));
  }, [tried.error, identity]);
  if (!closed) return children;
  return (
    <main className="identity-gate">
      <div className="identity-gate-box">
        <h1>{project.name} wants to know who asks</h1>
        <IdentityForm />
      </div>
    </main>
  );
}
