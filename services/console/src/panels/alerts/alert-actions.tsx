import { useState } from "react";
import type { Alert } from "@drover/core/model/alert";
import { acknowledgeAlert, clearAlert } from "../../api/alerts.ts";
import { putAlert, select } from "../../state/actions.ts";
import { Icon } from "../controls/icon.tsx";
import { Mistake } from "../controls/note.tsx";
import { useAct } from "../controls/use-act.ts";
import { useMay } from "../controls/use-role.ts";
import { showMoment } from "../events/show-moment.ts";
import { SilenceForm } from "./silence-form.tsx";

export interface AlertActionsProps {
  readonly alert: Alert;
  readonly onChanged: () => void;
}

/** What a person does about an alert. */
export function AlertActions({ alert, onChanged }: AlertActionsProps) {
  const mayAct = useMay("operator");
  const { asset, state, explanation, lastEventAt } = alert;
  return (
    <>
      <div className="row">
        <button
          type="button"
          onClick={() =>
            showMoment({ at: lastEventAt, asset, position: explanation.fixes?.at(-1) })
          }
        >
          <Icon name="history" />
          Show where and when
        </button>
        {asset !== undefined && (
          <button type="button" onClick={() => select(asset)}>
            Open {asset.slice(asset.indexOf(":") + 1)}
          </button>
        )}
      </div>
      {mayAct && state !== "cleared" && <Settle alert={alert} onChanged={onChanged} />}
    </>
  );
}

function Settle({ alert, onChanged }: AlertActionsProps) {
  const [note, setNote] = useState("");
  const [isSilencing, setIsSilencing] = useState(false);
  const acknowledge = useAct(async () => {
    putAlert(await acknowledgeAlert(alert.id, note.trim()));
    onChanged();
  });
  const clear = useAct(async () => {
    putAlert(await clearAlert(alert.id, note.trim()));
    onChanged();
  });
  const isBusy = acknowledge.isBusy || clear.isBusy;
  return (
    <>
      <div className="alert-settle">
        <input
          aria-label="Note"
          placeholder="Note, for whoever looks next"
          maxLength={300}
          value={note}
          onChange={({ target }) => setNote(target.value)}
        />
        <div className="row">
          {alert.state === "raised" && (
            <button
              type="button"
              className="primary"
              disabled={isBusy}
              onClick={() => void acknowledge.run()}
            >
              <Icon name="check" />
              Acknowledge
            </button>
          )}
          <button type="button" disabled={isBusy} onClick={() => void clear.run()}>
            Clear
          </button>
          <button
            type="button"
            aria-expanded={isSilencing}
            onClick={() => setIsSilencing(!isSilencing)}
          >
            <Icon name="mute" />
            Silence…
          </button>
        </div>
        <Mistake error={acknowledge.error ?? clear.error} />
      </div>
      {isSilencing && (
        <SilenceForm
          alert={alert}
          onDone={() => {
            setIsSilencing(false);
            onChanged();
          }}
        />
      )}
    </>
  );
}
