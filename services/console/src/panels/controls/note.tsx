import type { ReactNode } from "react";
import { wordsOf } from "../../api/problem.ts";
import type { Asked } from "./use-ask.ts";
import "./controls.css";

/** Rows of the height that is to come, so that nothing jumps when they do. */
export function Loading({ rows = 5, what }: { readonly rows?: number; readonly what: string }) {
  return (
    <div className="skeleton" role="status">
      <span className="hidden-visually">Loading {what}…</span>
      {Array.from({ length: rows }, (_, row) => (
        <span key={row} aria-hidden="true" />
      ))}
    </div>
  );
}

/** Nothing is there: why, and what to do about it. */
export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ReactNode;
}) {
  return (
    <div className="note">
      <strong>{title}</strong>
      {children}
    </div>
  );
}

/** It could not be had: what happened, what to do, and a button that tries again. */
export function Failed({
  error,
  onRetry,
}: {
  readonly error: unknown;
  readonly onRetry?: () => void;
}) {
  const { title, advice } = wordsOf(error);
  return (
    <div className="note" role="alert">
      <strong className="failed-title">{title}</strong>
      <span>{advice}</span>
      {onRetry && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** A line beside a form: what went wrong when it was sent. */
export function Mistake({ error }: { readonly error: unknown }) {
  if (error === undefined) return null;
  const { title, advice } = wordsOf(error);
  return (
    <p className="mistake" role="alert">
      {title} <span className="muted">{advice}</span>
    </p>
  );
}

/** Shows an answer once it is there; until then that it comes, or why not. */
export function Answer<T>({
  asked,
  what,
  rows = 5,
  children,
}: {
  readonly asked: Asked<T>;
  readonly what: string;
  readonly rows?: number;
  readonly children: (value: T) => ReactNode;
}) {
  const { value, error, kind, reload } = asked;
  if (value === undefined) {
    if (kind === "failed") return <Failed error={error} onRetry={reload} />;
    return <Loading what={what} rows={rows} />;
  }
  return (
    <>
      {kind === "failed" && <Mistake error={error} />}
      {children(value)}
    </>
  );
}
