// The pages that the rail offers, and that keys and the palette lead to.
import type { LucideIcon } from "lucide-react";
import { ChartNoAxesGantt, Clock, Database, Inbox, MessageSquare, Settings, SquareTerminal, UserRound, Workflow } from "lucide-react";
import { paths } from "../paths.ts";

/** A row of the rail. */
export interface RailPage {
  name: string;
  icon: LucideIcon;
  /** Where it leads; the graph's address is that of the chosen graph. */
  path: string | "graph";
  /** The beginnings of the addresses at which it is the current one. */
  within: string[];
  /** Pressed after `g`. */
  key: string;
}

/** In the order of the rail. */
export const RAIL: RailPage[] = [
  { name: "Graph", icon: Workflow, path: "graph", within: ["/graphs"], key: "g" },
  { name: "Threads", icon: MessageSquare, path: paths.threads(), within: ["/threads"], key: "t" },
  { name: "Runs", icon: ChartNoAxesGantt, path: paths.runs(), within: ["/runs", "/compare"], key: "r" },
  { name: "Waiting for you", icon: Inbox, path: paths.inbox(), within: ["/inbox"], key: "i" },
  { name: "Assistants", icon: UserRound, path: paths.assistants(), within: ["/assistants"], key: "a" },
  { name: "Store", icon: Database, path: paths.store(), within: ["/store"], key: "d" },
  { name: "Crons", icon: Clock, path: paths.crons(), within: ["/crons"], key: "c" },
  { name: "Logs", icon: SquareTerminal, path: paths.logs(), within: ["/logs"], key: "l" },
  { name: "Settings", icon: Settings, path: paths.settings(), within: ["/settings"], key: "s" },
];
