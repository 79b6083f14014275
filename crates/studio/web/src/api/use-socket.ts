// The socket's topics as hooks: events reach the newest function given, whatever was rendered since.
import { useEffect, useEffectEvent, useSyncExternalStore } from "react";
import { useStudio } from "../studio.tsx";
import type { SocketState, TopicEvent } from "./socket.ts";
import type { Topic } from "./wire.ts";

interface TopicOptions {
  /** The last event already known when the topic is listened to; null for what comes from now on. */
  after?: string | null;
  /** Events are gone: ask for everything again. */
  onMissed?: () => void;
  onRefused?: (status: number, detail: string) => void;
}

/** Calls with every event of a topic while the component is there; null listens to nothing. */
export function useTopic<T extends Topic>(
  topic: T | null,
  onEvent: (event: TopicEvent<T>) => void,
  { after = null, onMissed, onRefused }: TopicOptions = {},
): void {
  const { socket } = useStudio();
  const event = useEffectEvent(onEvent);
  const missed = useEffectEvent(() => onMissed?.());
  const refused = useEffectEvent((status: number, detail: string) => onRefused?.(status, detail));
  const from = useEffectEvent(() => after);
  useEffect(() => {
    if (topic === null) return undefined;
    return socket.listen(
      topic,
      (message) => {
        if (message.type === "event") event(message.event);
        else if (message.type === "missed") missed();
        else refused(message.status, message.detail);
      },
      from(),
    );
  }, [socket, topic]);
}

/** Calls with whatever happens to the project as a whole. */
export function useServerEvents(onEvent: (event: TopicEvent<"server">) => void, options: TopicOptions = {}): void {
  useTopic("server", onEvent, options);
}

/** Whether the server is there, and what it said of itself. */
export function useSocketState(): SocketState {
  const { socket } = useStudio();
  return useSyncExternalStore(socket.subscribe, socket.state);
}
