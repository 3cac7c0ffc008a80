import { useEffect } from "react";
import type { AlertMatch, Silence } from "@drover/core/model/alert";
import { askSilences, endSilence } from "../../api/alerts.ts";
import { Age } from "../controls/age.tsx";
import { Mistake } from "../controls/note.tsx";
import { useAct } from "../controls/use-act.ts";
import { useAsk } from "../controls/use-ask.ts";
import { useNames } from "../events/use-names.ts";

const EVERY_MS = 30_000;

export interface SilencesProps {
  readonly mayEnd: boolean;
  /** Grows when one may have been made: then they are asked for anew. */
  readonly changes: number;
}

/** Silences that hold; nothing where there are none. */
export function Silences({ mayEnd, changes }: SilencesProps) {
  const asked = useAsk("silences", askSilences, { everyMs: EVERY_MS });
  const { reload } = asked;
  useEffect(() => {
    if (changes > 0) reload();
  }, [changes, reload]);
  const silences = asked.value ?? [];
  if (silences.length === 0) return null;
  return (
    <section aria-label="Silences">
      <h3>Silences</h3>
      <ul className="items">
        {silences.map((silence) => (
          <SilenceItem key={silence.id} silence={silence} mayEnd={mayEnd} onEnded={asked.reload} />
        ))}
      </ul>
    </section>
  );
}

interface SilenceItemProps {
  readonly silence: Silence;
  readonly mayEnd: boolean;
  readonly onEnded: () => void;
}

function SilenceItem({ silence, mayEnd, onEnded }: SilenceItemProps) {
  const nameOf = useNames();
  const end = useAct(async () => {
    await endSilence(silence.id);
    onEnded();
  });
  return (
    <li className="item">
      <span className="item-main">
        {matchText(silence.match, nameOf)}
        <br />
        <small className="muted">
          {silence.reason} · ends <Age at={silence.until} /> · by {silence.createdBy}
        </small>
        <Mistake error={end.error} />
      </span>
      {mayEnd && (
        <button type="button" disabled={end.isBusy} onClick={() => void end.run()}>
          End
        </button>
      )}
    </li>
  );
}

/** What a silence or a receiver is about, in words. */
export function matchText(match: AlertMatch, nameOf: (id: string) => string | undefined): string {
  const { severities = [], rules = [], zones = [], kinds = [], assets = [] } = match;
  const named = (ids: readonly string[]): readonly string[] => ids.map((id) => nameOf(id) ?? id);
  const parts = [severities, named(rules), named(zones), kinds, assets]
    .filter(({ length }) => length > 0)
    .map((words) => words.join(" or "));
  return parts.length === 0 ? "every alert" : parts.join(", ");
}
