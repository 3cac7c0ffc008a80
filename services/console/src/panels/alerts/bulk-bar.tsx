import type { Alert } from "@drover/core/model/alert";
import { acknowledgeAlert, clearAlert } from "../../api/alerts.ts";
import { putAlert, toast } from "../../state/actions.ts";
import { Check } from "../controls/field.tsx";
import { Mistake } from "../controls/note.tsx";
import { useAct } from "../controls/use-act.ts";

export interface BulkBarProps {
  readonly alerts: readonly Alert[];
  readonly picked: ReadonlySet<string>;
  readonly onPick: (picked: ReadonlySet<string>) => void;
  readonly onDone: () => void;
}

const AT_ONCE = 6;

/** Several alerts at once. */
export function BulkBar({ alerts, picked, onPick, onDone }: BulkBarProps) {
  const chosen = alerts.filter(({ id }) => picked.has(id));
  const settle = useAct(async (act: (id: string, note: string) => Promise<Alert>, verb: string) => {
    // What fails stays picked, so that it can be tried again.
    const failed = await inTurns(chosen, async ({ id }) => putAlert(await act(id, "")));
    onPick(new Set(failed.map(({ item }) => item.id)));
    onDone();
    const first = failed[0];
    if (first !== undefined) throw first.error;
    toast(`${chosen.length} ${verb}`);
  });
  const isAll = chosen.length === alerts.length;
  return (
    <div className="row">
      <Check
        label={chosen.length === 0 ? "Pick all" : `${chosen.length} picked`}
        isOn={isAll}
        onChange={(isOn) => onPick(new Set(isOn ? alerts.map(({ id }) => id) : []))}
      />
      <span className="item-main" />
      <button
        type="button"
        disabled={settle.isBusy || !chosen.some(({ state }) => state === "raised")}
        onClick={() => void settle.run(acknowledgeAlert, "acknowledged")}
      >
        Acknowledge
      </button>
      <button
        type="button"
        disabled={settle.isBusy || chosen.length === 0}
        onClick={() => void settle.run(clearAlert, "cleared")}
      >
        Clear
      </button>
      <Mistake error={settle.error} />
    </div>
  );
}

interface Failure<T> {
  readonly item: T;
  readonly error: unknown;
}

/** Does it for each, a few at a time; gives those for which it failed. */
async function inTurns<T>(
  items: readonly T[],
  act: (item: T) => Promise<void>,
): Promise<readonly Failure<T>[]> {
  const failed: Failure<T>[] = [];
  for (let start = 0; start < items.length; start += AT_ONCE) {
    await Promise.all(
      items.slice(start, start + AT_ONCE).map((item) =>
        act(item).catch((error: unknown) => {
          failed.push({ item, error });
        }),
      ),
    );
  }
  return failed;
}
