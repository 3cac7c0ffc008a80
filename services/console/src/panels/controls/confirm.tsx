import { useEffect, useRef, useState } from "react";
import type { ReactNode } from "react";

export interface ConfirmProps {
  readonly label: ReactNode;
  /** What will be lost, as a question. */
  readonly question: string;
  readonly verb: string;
  readonly onConfirm: () => void;
  readonly isBusy?: boolean;
}

/** A button that asks before it does something that cannot be undone. */
export function Confirm({ label, question, verb, onConfirm, isBusy = false }: ConfirmProps) {
  const [isAsking, setIsAsking] = useState(false);
  const keep = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    // The harmless answer is the one that a hasty Enter gives.
    if (isAsking) keep.current?.focus();
  }, [isAsking]);
  if (!isAsking) {
    return (
      <button type="button" className="danger" onClick={() => setIsAsking(true)}>
        {label}
      </button>
    );
  }
  return (
    <div className="confirm" role="alertdialog" aria-label={question}>
      <span>{question}</span>
      <button ref={keep} type="button" onClick={() => setIsAsking(false)}>
        Keep
      </button>
      <button
        type="button"
        className="danger"
        disabled={isBusy}
        onClick={() => {
          setIsAsking(false);
          onConfirm();
        }}
      >
        {verb}
      </button>
    </div>
  );
}
