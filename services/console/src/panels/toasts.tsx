import { useEffect, useState } from "react";
import { dismissToast, openPanel } from "../state/actions.ts";
import type { ConsoleState } from "../state/store.ts";
import { useConsole } from "../state/use-console.ts";
import { showAlert } from "./alerts/shown-alert.ts";
import { Icon } from "./controls/icon.tsx";
import { alertTitle } from "./text/alert-title.ts";
import "./controls/toasts.css";

type Toast = ConsoleState["toasts"][number];

const STAYS_MS = 7_000;
/** What somebody should act on stays longer. */
const ALERT_STAYS_MS = 20_000;

/** What just happened, in a corner; new alerts among it. It stays while it is looked at. */
export function Toasts() {
  const toasts = useConsole((state) => state.toasts);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {toasts.map((toast) => (
        <OneToast key={toast.id} toast={toast} />
      ))}
    </div>
  );
}

function OneToast({ toast }: { readonly toast: Toast }) {
  const { id, text, alert } = toast;
  const about = useConsole(({ alerts }) => alerts.find((one) => one.id === alert));
  const [isHeld, setIsHeld] = useState(false);
  useEffect(() => {
    if (isHeld) return;
    const staysMs = alert === undefined ? STAYS_MS : ALERT_STAYS_MS;
    const timer = setTimeout(() => dismissToast(id), staysMs);
    return () => clearTimeout(timer);
  }, [id, alert, isHeld]);
  const open = (): void => {
    if (alert !== undefined) showAlert(alert);
    openPanel("alerts");
    dismissToast(id);
  };
  return (
    <div
      className={`toast ${about?.severity ?? ""}`}
      onPointerEnter={() => setIsHeld(true)}
      onPointerLeave={() => setIsHeld(false)}
      onFocus={() => setIsHeld(true)}
      onBlur={() => setIsHeld(false)}
    >
      {alert !== undefined && <Icon name="bell" />}
      <span>{about === undefined ? text : alertTitle(about)}</span>
      {alert !== undefined && (
        <button type="button" className="quiet" onClick={open}>
          Show
        </button>
      )}
      <button
        type="button"
        className="quiet icon-only"
        aria-label="Dismiss"
        onClick={() => dismissToast(id)}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}
