// The whole page: the providers, then the shell with the page of the address in it.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useState } from "react";
import { Router } from "wouter";
import type { ApiFailure } from "./api/failure.ts";
import { Button } from "./parts/button.tsx";
import { Empty } from "./parts/empty.tsx";
import { ToastProvider } from "./parts/toast.tsx";
import { Routes } from "./routes.tsx";
import { IdentityGate } from "./shell/identity-gate.tsx";
import { Shell } from "./shell/shell.tsx";
import { StudioProvider } from "./studio.tsx";

function makeQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      // Events of the server say what is old, and a failure is shown at once.
      queries: { retry: false, refetchOnWindowFocus: false, refetchOnReconnect: false },
      mutations: { retry: false },
    },
  });
}

function unreachable(failure: ApiFailure, again: () => void) {
  return (
    <Empty title={failure.status ? "lgx does not let this page in" : "lgx does not answer"} action={<Button onClick={again}>Try again</Button>}>
      {failure.detail}
    </Empty>
  );
}

export function App() {
  const [queries] = useState(makeQueries);
  return (
    <QueryClientProvider client={queries}>
      <ToastProvider>
        <Router base="/studio">
          <StudioProvider
            waiting={null}
            failed={unreachable}
          >
            <IdentityGate>
              <Shell>
                <Routes />
              </Shell>
            </IdentityGate>
          </StudioProvider>
        </Router>
      </ToastProvider>
    </QueryClientProvider>
  );
}
