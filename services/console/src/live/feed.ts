// The one feed of the page: starts the worker, keeps the table of movers, and passes on what else the
// server tells. Replay fills the same table through the same worker.

import { MoverTable } from "./movers.ts";

/** What moves: read its columns, listen for changes. */
export const movers = new MoverTable();
