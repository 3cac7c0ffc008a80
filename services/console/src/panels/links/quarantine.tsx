import { useState } from "react";
import { askQuarantine, readmit, type QuarantinedLine } from "../../api/quarantine.ts";
import { toast } from "../../state/actions.ts";
import { Age } from "../controls/age.tsx";
import { DurationField } from "../controls/field.tsx";
import { Answer, Mistake } from "../controls/note.tsx";
import { useAct } from "../controls/use-act.ts";
import { useAsk } from "../controls/use-ask.ts";
import { useMay } from "../controls/use-role.ts";

const EVERY_MS = 10_000;

/** Lines that were set aside and wait for somebody to look at them. */
export function Quarantine() {
  const [cursor, setCursor] = useState<string>();
  const asked = useAsk(`quarantine ${cursor ?? ""}`, (signal) => askQuarantine(cursor, signal), {
    everyMs: EVERY_MS,
  });
  return (
    <section aria-label="Quarantine">
      <h3>Quarantine</h3>
      <Answer asked={asked} what="lines" rows={3}>
        {({ items, next }) => (
          <>
            {items.length === 0 ? (
              <p className="muted">Every line that came was a report that can be stored.</p>
            ) : (
              <ul className="items">
                {items.map((line) => (
                  <Line key={line.id} line={line} onReadmitted={asked.reload} />
                ))}
              </ul>
            )}
            <div className="row">
              {cursor !== undefined && (
                <button type="button" onClick={() => setCursor(undefined)}>
                  Newest
                </button>
              )}
              {next !== undefined && (
                <button type="button" onClick={() => setCursor(next)}>
                  Older
                </button>
              )}
            </div>
          </>
        )}
      </Answer>
    </section>
  );
}

interface LineProps {
  readonly line: QuarantinedLine;
  readonly onReadmitted: () => void;
}

function Line({ line, onReadmitted }: LineProps) {
  const [isOpen, setIsOpen] = useState(false);
  const { reason, detail, edge, receivedAt, text, truncated } = line;
  return (
    <li className="quarantined">
      <button
        type="button"
        className="quiet event-open"
        aria-expanded={isOpen}
        onClick={() => setIsOpen(!isOpen)}
      >
        <span className="badge warning">{reason}</span>
        <span className="item-main">{detail}</span>
        <span className="muted">
          <Age at={receivedAt} />
        </span>
      </button>
      {isOpen && (
        <div className="stack quarantined-body">
          <p className="muted">
            line {line.line} of a batch {edge === undefined ? "without an edge" : `of ${edge}`}
            {truncated && "; only its beginning was kept"}
          </p>
          <Mend text={text} line={line} onReadmitted={onReadmitted} />
        </div>
      )}
    </li>
  );
}

function Mend({ line, text, onReadmitted }: LineProps & { readonly text: string }) {
  const mayMend = useMay("operator");
  const [mended, setMended] = useState(text);
  const [offsetMs, setOffsetMs] = useState<number>();
  const act = useAct(async () => {
    const change = {
      ...(mended !== text && { text: mended }),
      ...(offsetMs !== undefined && { offsetMs }),
    };
    const { outcome } = await readmit(line.id, change);
    toast(outcome === "admitted" ? "The line is let in" : "The line was let in before");
    onReadmitted();
  });
  if (!mayMend) return <pre className="quarantined-text">{text}</pre>;
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void act.run();
      }}
    >
      <textarea
        className="mono quarantined-text"
        aria-label="The line"
        rows={5}
        spellCheck={false}
        value={mended}
        onChange={({ target }) => setMended(target.value)}
      />
      <div className="fields">
        <DurationField
          label="Move its time by"
          placeholder="not at all"
          valueMs={offsetMs}
          onChange={setOffsetMs}
        />
      </div>
      <div className="row">
        <button type="submit" className="primary" disabled={act.isBusy}>
          Let it in
        </button>
        <button type="button" disabled={mended === text} onClick={() => setMended(text)}>
          As it was
        </button>
      </div>
      <Mistake error={act.error} />
    </form>
  );
}
