import { useConsole } from "../../state/use-console.ts";
import type { Role } from "../../state/store.ts";

const rank = { viewer: 1, operator: 2, admin: 3 } as const;

/** Whether the person may do what takes this role; nothing is offered to those who may not. */
export function useMay(role: Role): boolean {
  return useConsole(({ session }) => session !== undefined && rank[session.role] >= rank[role]);
}
