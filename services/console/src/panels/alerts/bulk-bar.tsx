import type { Alert } from "@drover/core/model/alert";
import { acknowledgeAlerts, acknowledgedAtOnce, clearAlert } from "../../api/alerts.ts";
import { putAlert } from "../../state/actions.ts";
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
  const acknowledge = useAct(async () => {
    const ids = chosen.filter(({ state }) => state === "raised").map(({ id }) => id);
    for (const alert of await acknowledgeAlerts(ids.slice(0, acknowledgedAtOnce))) putAlert(alert);
    onPick(new Set());
    onDone();
  });
  const clear = useAct(async () => {
    // What fails stays picked, so that it can be tried again.
    const failed = await inTurns(chosen, async ({ id }) => putAlert(await clearAlert(id, "")));
    onPick(new Set(failed.map(({ item }) => item.id)));
    onDone();
    const first = failed[0];
    if (first !== undefined) throw first.error;
  });
  const isBusy = acknowledge.isBusy || clear.isBusy;
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
        disabled={isBusy || !chosen.some(({ state }) => state === "raised")}
        onClick={() => void acknowledge.run()}
      >
        Acknowledge
      </button>
      <button
        type="button"
        disabled={isBusy || chosen.length === 0}
        onClick={() => void clear.run()}
      >
        Clear
      </button>
      <Mistake error={acknowledge.error ?? clear.error} />
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
