// As whom this tab asks: headers by hand, which live in this tab only.
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import type { Headers } from "../api/identity.ts";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { useIdentity, useStudio } from "../studio.tsx";
import "./identity-box.css";

export function IdentityBox() {
  const { identity } = useStudio();
  const { open } = useIdentity();
  return (
    <Dialog open={open} title="Who asks" onClose={() => identity.show(false)}>
      <IdentityForm />
    </Dialog>
  );
}

interface Row {
  id: number;
  name: string;
  value: string;
}

export function IdentityForm() {
  const { identity, project } = useStudio();
  const { headers, refused } = useIdentity();
  const [rows, setRows] = useState<Row[]>(() => rowsOf(headers));
  const change = (id: number, part: Partial<Row>) => setRows((now) => now.map((row) => (row.id === id ? { ...row, ...part } : row)));
  const wrong = rows.map(wrongIn).find((words) => words !== null) ?? null;
  const named = rows.filter((row) => row.name.trim() !== "");
  return (
    <form
      className="identity"
      onSubmit={(event) => {
        event.preventDefault();
        if (wrong === null) identity.use(named.length ? Object.fromEntries(named.map((row) => [row.name.trim(), row.value.trim()])) : null);
      }}
    >
      {refused && (
        <p className="identity-refused" role="alert">
          <b>{refused.status}</b> {refused.detail}
        </p>
      )}
      <p>
        Requests of this tab carry these headers, so that the project’s own <code>{project.auth.target ?? "auth"}</code> decides. They are kept in this tab until it is closed.
      </p>
      {rows.map((row, index) => (
        <div className="identity-row" key={row.id}>
          <input aria-label="Header" placeholder="Authorization" value={row.name} onChange={(event) => change(row.id, { name: event.target.value })} />
          <input
            aria-label={`Value of ${row.name || `header ${index + 1}`}`}
            placeholder="Bearer …"
            value={row.value}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => change(row.id, { value: event.target.value })}
          />
          <Button kind="quiet" icon aria-label={`Remove ${row.name || `header ${index + 1}`}`} onClick={() => setRows((now) => now.filter((one) => one.id !== row.id))}>
            <Trash2 />
          </Button>
        </div>
      ))}
      {wrong !== null && <p className="identity-wrong">{wrong}</p>}
      <div className="identity-actions">
        <Button kind="quiet" onClick={() => setRows((now) => [...now, { id: Math.max(0, ...now.map((row) => row.id)) + 1, name: "", value: "" }])}>
          <Plus /> Header
        </Button>
        <span className="identity-space" />
        {headers && project.auth.studio_user && <Button onClick={() => identity.use(null)}>As Studio user</Button>}
        <Button kind="primary" type="submit" disabled={wrong !== null || named.length === 0}>
          Use
        </Button>
      </div>
    </form>
  );
}

function rowsOf(headers: Headers | null): Row[] {
  const rows = Object.entries(headers ?? {}).map(([name, value], id) => ({ id, name, value }));
  return rows.length ? rows : [{ id: 0, name: "Authorization", value: "" }];
}

/** What browsers refuse to send is said here, not by a failed request. */
function wrongIn(row: Row): string | null {
  const name = row.name.trim();
  if (name !== "" && !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) return `“${name}” cannot be the name of a header.`;
  if (!/^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(row.value)) return `The value of ${name || "a header"} has characters that no header can carry.`;
  return null;
}
