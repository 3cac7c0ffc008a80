import type { Alert } from "@drover/core/model/alert";
import type { Told } from "@drover/core/model/receiver";
import { askTold } from "../../api/alerts.ts";
import { showZonePage } from "../zones/zones-view.ts";
import { Age, Instant } from "../controls/age.tsx";
import { Answer } from "../controls/note.tsx";
import { useAsk } from "../controls/use-ask.ts";
import { useNames } from "../events/use-names.ts";
import { Why } from "../events/why.tsx";

const EVERY_MS = 10_000;

/** Why an alert came, what became of it, and who was told. */
export function AlertStory({ alert }: { readonly alert: Alert }) {
  const { explanation, id, state } = alert;
  const asked = useAsk(`told ${id} ${state}`, (signal) => askTold(id, signal), {
    everyMs: EVERY_MS,
  });
  return (
    <>
      <Why explanation={explanation} />
      <Source alert={alert} />
      <History alert={alert} />
      <section aria-label="Who was told">
        <h3>Told</h3>
        <Answer asked={asked} what="who was told" rows={1}>
          {(told) => <ToldList told={told} />}
        </Answer>
      </section>
    </>
  );
}

function Source({ alert: { zone, rule } }: { readonly alert: Alert }) {
  const nameOf = useNames();
  if (zone === undefined && rule === undefined) return null;
  return (
    <p className="muted">
      By{" "}
      {zone !== undefined ? (
        <button type="button" className="link" onClick={() => showZonePage(zone)}>
          zone {nameOf(zone) ?? zone}
        </button>
      ) : (
        `rule ${nameOf(rule ?? "") ?? rule ?? ""}`
      )}
    </p>
  );
}

function History({ alert }: { readonly alert: Alert }) {
  const { raisedAt, lastEventAt, count, acknowledgedAt, clearedAt, clearedBy } = alert;
  const who = alert.clearedWho ?? (clearedBy === "condition" ? "it ended by itself" : clearedBy);
  const lines = [
    { at: raisedAt, text: "raised", note: undefined },
    ...(count > 1
      ? [{ at: lastEventAt, text: `happened again, ${count} times`, note: undefined }]
      : []),
    ...(acknowledgedAt === undefined
      ? []
      : [
          {
            at: acknowledgedAt,
            text: `acknowledged by ${alert.acknowledgedBy ?? "somebody"}`,
            note: alert.acknowledgedNote,
          },
        ]),
    ...(clearedAt === undefined
      ? []
      : [{ at: clearedAt, text: `cleared: ${who ?? ""}`, note: alert.clearedNote }]),
  ].toSorted((a, b) => a.at - b.at);
  return (
    <ol className="alert-history">
      {lines.map(({ at, text, note }) => (
        <li key={text}>
          <span className="muted">
            <Instant at={at} />
          </span>
          <span>
            {text}
            {note !== undefined && <q>{note}</q>}
          </span>
        </li>
      ))}
    </ol>
  );
}

const states: Readonly<Record<Told["state"], { readonly text: string; readonly tone: string }>> = {
  waiting: { text: "waiting", tone: "" },
  sent: { text: "sent", tone: "good" },
  "gave-up": { text: "given up", tone: "critical" },
  dropped: { text: "not sent", tone: "" },
};

function ToldList({ told }: { readonly told: readonly Told[] }) {
  if (told.length === 0) return <p className="muted">Nobody was told of it.</p>;
  return (
    <ul className="items">
      {told.map((one) => {
        const { text, tone } = states[one.state];
        return (
          <li key={`${one.receiver} ${one.what} ${one.at}`} className="item">
            <span className="item-main">
              {one.receiver} <span className="muted">{one.what}</span>
              {one.detail !== undefined && one.state !== "sent" && (
                <small className="muted"> · {one.detail}</small>
              )}
            </span>
            <span className={`badge ${tone}`}>{text}</span>
            <span className="muted">
              <Age at={one.endedAt ?? one.at} />
            </span>
          </li>
        );
      })}
    </ul>
  );
}
