import type { ReactNode } from "react";
import type { Edge } from "../../api/edges.ts";
import { Age } from "../controls/age.tsx";
import { useNow } from "../controls/use-now.ts";
import { ageText, durationText } from "../text/duration.ts";
import { bytesText, wholeText } from "../text/quantity.ts";

const states: Readonly<Record<Edge["state"], { readonly text: string; readonly tone: string }>> = {
  up: { text: "up", tone: "good" },
  late: { text: "late", tone: "warning" },
  silent: { text: "silent", tone: "critical" },
};

/** One edge: whether it is heard, and what waits at it. */
export function EdgeItem({ edge }: { readonly edge: Edge }) {
  const { text, tone } = states[edge.state];
  return (
    <li className="edge">
      <div className="row">
        <span className={`badge ${tone}`}>{text}</span>
        <strong className="item-main">{edge.edge}</strong>
        <span className="muted">
          heard <Age at={edge.lastReceivedAt} suffix=" ago" />
        </span>
      </div>
      <Backlog edge={edge} />
      <p className="muted edge-place">
        durable through {wholeText(edge.through)} of epoch {edge.epoch}
      </p>
    </li>
  );
}

function Backlog({ edge: { backlog } }: { readonly edge: Edge }) {
  const now = useNow();
  if (backlog === undefined) return <p className="muted">It does not say what waits at it.</p>;
  const { reports, bytes, oldestAt, drainMs, toldAt } = backlog;
  const toldAgo = toldAt === undefined ? "" : `, as of ${ageText(now - toldAt)}`;
  if (reports === 0) return <p className="muted">Nothing waits at it{toldAgo}.</p>;
  return (
    <dl className="tiles two">
      <Tile name="Waiting">
        {wholeText(reports)} {reports === 1 ? "report" : "reports"}
      </Tile>
      <Tile name="Size">{bytesText(bytes)}</Tile>
      <Tile name="The oldest">{oldestAt === undefined ? "–" : ageText(now - oldestAt)}</Tile>
      <Tile name="Done in about">
        {drainMs === undefined ? "not shrinking" : durationText(drainMs)}
      </Tile>
    </dl>
  );
}

function Tile({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="tile">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
