import { useState } from "react";
import { receiverKinds, receiverLimits, tellings } from "@drover/core/model/receiver";
import type { ReceiverView } from "@drover/core/model/receiver";
import { fieldMistake } from "../../api/problem.ts";
import { createReceiver, updateReceiver } from "../../api/receivers.ts";
import { toast } from "../../state/actions.ts";
import {
  Check,
  Chips,
  DurationField,
  Field,
  NumberField,
  Segments,
  SelectField,
} from "../controls/field.tsx";
import { Mistake } from "../controls/note.tsx";
import { useAct } from "../controls/use-act.ts";
import { durationText } from "../text/duration.ts";
import { severityOptions } from "../zones/alert-fields.tsx";
import { ChannelFields } from "./channel-fields.tsx";
import {
  missingFields,
  receiverBody,
  receiverFormOf,
  usualTexts,
  type ReceiverForm,
} from "./receiver-form.ts";

const kindLabels = {
  webhook: "Webhook",
  email: "E-mail",
  telegram: "Telegram",
  slack: "Slack",
  pagerduty: "PagerDuty",
} as const;

export interface ReceiverEditorProps {
  /** A new one when absent. */
  readonly receiver: ReceiverView | undefined;
  readonly onDone: () => void;
}

export function ReceiverEditor({ receiver, onDone }: ReceiverEditorProps) {
  const [form, setForm] = useState<ReceiverForm>(() => receiverFormOf(receiver));
  const [isTried, setIsTried] = useState(false);
  const [secret, setSecret] = useState<string>();
  const change = (part: Partial<ReceiverForm>): void => setForm({ ...form, ...part });
  const save = useAct(async () => {
    const body = receiverBody(form, receiver);
    const made =
      receiver === undefined
        ? await createReceiver(body)
        : await updateReceiver(receiver.id, body, receiver.version);
    toast(`${made.name} is saved`);
    if (made.secret === undefined) onDone();
    else setSecret(made.secret);
  });
  const isNew = receiver === undefined || receiver.channel.kind !== form.kind;
  const missing = missingFields(form, isNew);
  const shownMissing = isTried ? missing : [];
  if (secret !== undefined) return <SecretOnce secret={secret} onDone={onDone} />;
  return (
    <form
      className="receiver-editor stack"
      onSubmit={(event) => {
        event.preventDefault();
        setIsTried(true);
        if (missing.length === 0) void save.run();
      }}
    >
      <SelectField
        label="How"
        value={form.kind}
        options={receiverKinds.map((value) => ({ value, label: kindLabels[value] }))}
        onChange={(kind) => change({ kind, texts: usualTexts(kind) })}
      />
      <Field
        label="Name"
        mistake={shownMissing.includes("name") ? "Give it a name" : undefined}
        hint="As it stands in the list of who was told."
      >
        <input
          value={form.name}
          maxLength={120}
          placeholder="Duty crew"
          onChange={({ target }) => change({ name: target.value })}
        />
      </Field>
      <ChannelFields
        form={form}
        isNew={isNew}
        missing={shownMissing}
        mistakeOf={(name) => fieldMistake(save.error, `channel.${name}`)}
        onChange={(texts) => change({ texts })}
      />
      <Which form={form} onChange={change} />
      <Timing form={form} onChange={change} />
      <Mistake error={save.error} />
      <div className="row">
        <button type="submit" className="primary" disabled={save.isBusy}>
          Save
        </button>
        <button type="button" onClick={onDone}>
          Discard
        </button>
      </div>
    </form>
  );
}

interface PartProps {
  readonly form: ReceiverForm;
  readonly onChange: (part: Partial<ReceiverForm>) => void;
}

function Which({ form, onChange }: PartProps) {
  return (
    <>
      <Segments
        label="Only alerts at least so bad"
        value={form.severityMin}
        options={severityOptions}
        onChange={(severityMin) => onChange({ severityMin })}
      />
      <div className="field">
        <span>When an alert is</span>
        <Chips
          label="When an alert is"
          options={tellings.map((value) => ({ value, label: value }))}
          chosen={form.tell}
          onChange={(tell) => onChange({ tell })}
        />
      </div>
      <Check
        label="Switched on"
        isOn={form.isEnabled}
        onChange={(isEnabled) => onChange({ isEnabled })}
      />
    </>
  );
}

function Timing({ form, onChange }: PartProps) {
  const { groupWaitMs, groupIntervalMs, repeatMs, budgetPerHour } = receiverLimits;
  return (
    <details>
      <summary>How often</summary>
      <div className="fields">
        <DurationField
          label="The first waits for others"
          valueMs={form.groupWaitMs}
          placeholder={durationText(groupWaitMs.default)}
          onChange={(ms) => onChange({ groupWaitMs: ms })}
        />
        <DurationField
          label="Between two messages"
          valueMs={form.groupIntervalMs}
          placeholder={durationText(groupIntervalMs.default)}
          onChange={(ms) => onChange({ groupIntervalMs: ms })}
        />
        <DurationField
          label="Unacknowledged, again after"
          valueMs={form.repeatMs}
          placeholder={durationText(repeatMs.default)}
          onChange={(ms) => onChange({ repeatMs: ms })}
        />
        <NumberField
          label="Messages an hour"
          min={budgetPerHour.min}
          max={budgetPerHour.max}
          step={1}
          value={form.budgetPerHour}
          placeholder={String(budgetPerHour.default)}
          hint="More go into a digest."
          onChange={(value) => onChange({ budgetPerHour: value })}
        />
      </div>
    </details>
  );
}

function SecretOnce({ secret, onDone }: { readonly secret: string; readonly onDone: () => void }) {
  return (
    <div className="receiver-editor stack" role="status">
      <p>
        Requests are signed with this secret. Keep it where they are received:{" "}
        <strong>it is not shown again.</strong>
      </p>
      <code className="receiver-secret">{secret}</code>
      <div className="row">
        <button type="button" onClick={() => void navigator.clipboard.writeText(secret)}>
          Copy
        </button>
        <button type="button" className="primary" onClick={onDone}>
          I have it
        </button>
      </div>
    </div>
  );
}
