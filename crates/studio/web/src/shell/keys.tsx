// Keys that work on every page: the palette, the list of keys, `g` and a letter for a page.
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { Dialog } from "../parts/dialog.tsx";
import { PAGE_KEYS, useActions } from "./actions.ts";
import { Palette } from "./palette.tsx";
import "./keys.css";

/** As long may be between `g` and the letter after it. */
const CHORD_MS = 1500;

export function Keys() {
  const { pages, others } = useActions();
  const [palette, setPalette] = useState(false);
  const [list, setList] = useState(false);
  const started = useRef(0);
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      setPalette((now) => !now);
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typesInto(event.target) || document.querySelector("dialog[open]")) return;
    const chord = event.timeStamp - started.current < CHORD_MS;
    started.current = 0;
    if (chord) {
      const action = [...pages, ...others].find((one) => one.keys === `g ${event.key}`);
      if (action) {
        event.preventDefault();
        action.run();
        return;
      }
    }
    if (event.key === "g") started.current = event.timeStamp;
    if (event.key === "?") setList(true);
  });
  useEffect(() => {
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return (
    <>
      <Palette open={palette} onClose={() => setPalette(false)} />
      <Dialog wide open={list} title="Keys" onClose={() => setList(false)}>
        <KeyList />
      </Dialog>
    </>
  );
}

export function KeyList() {
  const { pages, others } = useActions();
  const chords = [...pages, ...others].flatMap(({ name, keys }) => (keys === undefined ? [] : [{ keys, does: name }]));
  return (
    <dl className="keys">
      {[...PAGE_KEYS, ...chords].map(({ keys, does }) => (
        <div key={keys}>
          <dt>
            {keys.split(" ").map((key) => (
              <kbd key={key}>{key}</kbd>
            ))}
          </dt>
          <dd>{does}</dd>
        </div>
      ))}
    </dl>
  );
}

function typesInto(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
