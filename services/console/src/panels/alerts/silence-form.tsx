import { useState } from "react";
import type { Alert, AlertMatch } from "@drover/core/model/alert";
import { createSilence } from "../../api/alerts.ts";
import { serverNowMs } from "../../live/feed.ts";
import { toast } from "../../state/actions.ts";
import { Field, Segments } from "../controls/field.tsx";
import { Mistake } from "../controls/note.tsx";
import { useAct } from "../controls/use-act.ts";

const HOUR_MS = 3_600_000;
const spans = [
  { value: "1", label: "1 h" },
  { value: "4", label: "4 h" },
  { value: "24", label: "1 d" },
  { value: "168", label: "7 d" },
] as const;
type Hours = (typeof spans)[number]["value"];

export interface Scope {
  readonly label: string;
  readonly match: AlertMatch;
}

/** From this very thing to everything like it. */
export function scopesOf({ asset, zone, rule }: Alert): readonly Scope[] {
  const source = {
    ...(rule !== undefined && { rules: [rule] }),
    ...(zone !== undefined && { zones: [zone] }),
  };
  const hasSource = rule !== undefined || zone !== undefined;
  const kind = rule === undefined ? "zone" : "rule";
  return [
    ...(asset === undefined || !hasSource
      ? []
      : [{ label: `this asset and ${kind}`, match: { ...source, assets: [asset] } }]),
    ...(hasSource ? [{ label: `this ${kind}, every asset`, match: source }] : []),
    ...(asset === undefined
      ? []
      : [{ label: "this asset, everything", match: { assets: [asset] } }]),
  ];
}

export interface SilenceFormProps {
  readonly alert: Alert;
  readonly onDone: () => void;
}

/** Nobody is told of it for a while; it stays in the list. */
export function SilenceForm({ alert, onDone }: SilenceFormProps) {
  const scopes = scopesOf(alert);
  const [hours, setHours] = useState<Hours>("4");
  const [scope, setScope] = useState("0");
  const [reason, setReason] = useState("");
  const silence = useAct(async () => {
    const chosen = scopes[Number(scope)] ?? scopes[0];
    const until = Math.round(serverNowMs()) + Number(hours) * HOUR_MS;
    await createSilence({ match: chosen?.match ?? {}, reason: reason.trim(), until });
    toast("Silenced: nobody is told until it ends");
    onDone();
  });
  if (scopes.length === 0) {
    return <p className="muted">This alert is of no asset, zone or rule that could be silenced.</p>;
  }
  return (
    <form
      className="silence-form"
      onSubmit={(event) => {
        event.preventDefault();
        void silence.run();
      }}
    >
      <Segments label="For" value={hours} options={spans} onChange={setHours} />
      <Segments
        label="What"
        value={scope}
        options={scopes.map(({ label }, index) => ({ value: String(index), label }))}
        onChange={setScope}
      />
      <Field label="Why">
        <input
          required
          maxLength={300}
          placeholder="Maintenance until the evening"
          value={reason}
          onChange={({ target }) => setReason(target.value)}
        />
      </Field>
      <div className="row">
        <button type="submit" className="primary" disabled={silence.isBusy || reason.trim() === ""}>
          Silence
        </button>
      </div>
      <Mistake error={silence.error} />
    </form>
  );
}
