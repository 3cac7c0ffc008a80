import { useState } from "react";
import type { ReceiverView } from "@drover/core/model/receiver";
import { askReceivers, removeReceiver, testReceiver } from "../../api/receivers.ts";
import { toast } from "../../state/actions.ts";
import { matchText } from "../alerts/silences.tsx";
import { Age } from "../controls/age.tsx";
import { Confirm } from "../controls/confirm.tsx";
import { Icon } from "../controls/icon.tsx";
import { Answer, Mistake } from "../controls/note.tsx";
import { useAct } from "../controls/use-act.ts";
import { useAsk } from "../controls/use-ask.ts";
import { useNames } from "../events/use-names.ts";
import { ReceiverEditor } from "./receiver-editor.tsx";
import "./settings.css";

const EVERY_MS = 10_000;

/** Who is told of alerts, and how that goes. */
export function Receivers() {
  const asked = useAsk("receivers", askReceivers, { everyMs: EVERY_MS });
  const [edited, setEdited] = useState<ReceiverView | "new">();
  const done = (): void => {
    setEdited(undefined);
    asked.reload();
  };
  return (
    <section className="stack" aria-label="Receivers">
      <div className="row">
        <h3 className="item-main">Who is told of alerts</h3>
        <button type="button" disabled={edited === "new"} onClick={() => setEdited("new")}>
          <Icon name="plus" />
          Add
        </button>
      </div>
      {edited === "new" && <ReceiverEditor receiver={undefined} onDone={done} />}
      <Answer asked={asked} what="receivers" rows={2}>
        {(receivers) =>
          receivers.length === 0 ? (
            <p className="muted">
              Nobody yet. Add a webhook, an e-mail address, a Telegram or Slack chat, or PagerDuty.
            </p>
          ) : (
            <ul className="items">
              {receivers.map((receiver) =>
                edited !== "new" && edited?.id === receiver.id ? (
                  <li key={receiver.id}>
                    <ReceiverEditor receiver={edited} onDone={done} />
                  </li>
                ) : (
                  <ReceiverItem
                    key={receiver.id}
                    receiver={receiver}
                    onEdit={() => setEdited(receiver)}
                    onChanged={asked.reload}
                  />
                ),
              )}
            </ul>
          )
        }
      </Answer>
    </section>
  );
}

interface ReceiverItemProps {
  readonly receiver: ReceiverView;
  readonly onEdit: () => void;
  readonly onChanged: () => void;
}

function ReceiverItem({ receiver, onEdit, onChanged }: ReceiverItemProps) {
  const { id, name, channel, isEnabled, severityMin, match } = receiver;
  const nameOf = useNames();
  const attempt = useAct(async () => {
    const { outcome, detail } = await testReceiver(id);
    onChanged();
    if (outcome !== "sent") throw new Error(`The test was not taken: ${detail}`);
    toast(`${name} took the test: ${detail}`);
  });
  const remove = useAct(async () => {
    await removeReceiver(id);
    onChanged();
  });
  return (
    <li className="receiver">
      <div className="row">
        <strong className="item-main">{name}</strong>
        <span className="badge">{channel.kind}</span>
        {!isEnabled && <span className="badge warning">off</span>}
      </div>
      <p className="muted">
        {addressOf(channel)} · {severityMin === "info" ? "all" : `from ${severityMin} on`} ·{" "}
        {matchText(match, nameOf)}
      </p>
      <Status receiver={receiver} />
      <div className="row">
        <button type="button" disabled={attempt.isBusy} onClick={() => void attempt.run()}>
          {attempt.isBusy ? "Testing…" : "Test"}
        </button>
        <button type="button" onClick={onEdit}>
          <Icon name="edit" />
          Edit
        </button>
        <Confirm
          label="Remove"
          question={`Remove ${name}? What waits for it is dropped.`}
          verb="Remove"
          isBusy={remove.isBusy}
          onConfirm={() => void remove.run()}
        />
      </div>
      <Mistake error={attempt.error ?? remove.error} />
    </li>
  );
}

function Status({ receiver: { status } }: { readonly receiver: ReceiverView }) {
  const { waiting, lastSentAt, lastFailedAt, lastFailure, gaveUp, sentLastHour } = status;
  const isFailing = lastFailedAt !== undefined && lastFailedAt > (lastSentAt ?? 0);
  return (
    <p className={isFailing ? "mistake" : "muted"}>
      {isFailing && (
        <>
          Failed <Age at={lastFailedAt} suffix=" ago" />: {lastFailure}.{" "}
        </>
      )}
      {lastSentAt === undefined ? (
        "Nothing was sent yet"
      ) : (
        <>
          Sent <Age at={lastSentAt} suffix=" ago" />, {sentLastHour} in the last hour
        </>
      )}
      {waiting > 0 && `; ${waiting} waiting`}
      {gaveUp > 0 && `; ${gaveUp} given up in a day`}.
    </p>
  );
}

function addressOf(channel: ReceiverView["channel"]): string {
  switch (channel.kind) {
    case "webhook":
      return channel.url;
    case "email":
      return channel.to.join(", ");
    case "telegram":
      return `chat ${channel.chat}`;
    case "slack":
      return channel.host;
    case "pagerduty":
      return channel.apiUrl;
  }
}
