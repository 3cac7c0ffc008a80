// The signs on buttons, drawn on a grid of 16 with a line of 1.5.

const paths = {
  back: "M10 3 5 8l5 5",
  close: "m4 4 8 8m0-8-8 8",
  plus: "M8 3v10M3 8h10",
  play: "M5 3.5v9l7.5-4.5z",
  pause: "M5.5 3.5v9m5-9v9",
  live: "M8 8h.01M5.2 5.2a4 4 0 0 0 0 5.6m5.6 0a4 4 0 0 0 0-5.6M3.2 3.2a6.8 6.8 0 0 0 0 9.6m9.6 0a6.8 6.8 0 0 0 0-9.6",
  next: "m4 3.5 6 4.5-6 4.5zM12 3.5v9",
  previous: "M12 3.5 6 8l6 4.5zM4 3.5v9",
  follow: "M8 1.5v3m0 7v3m6.5-6.5h-3m-7 0h-3M8 8h.01M12.5 8a4.5 4.5 0 1 1-9 0 4.5 4.5 0 0 1 9 0",
  trail: "M2.5 13c0-4 3-3 4.5-5S6.5 3 13 3",
  download: "M8 2.5v7m-3-3 3 3 3-3M3 13h10",
  upload: "M8 10V3m-3 3 3-3 3 3M3 13h10",
  place: "M8 14s4.5-4.2 4.5-7.6a4.5 4.5 0 0 0-9 0C3.5 9.8 8 14 8 14m0-7.6h.01",
  edit: "m3 13 .7-3L11 2.7 13.3 5 6 12.3z",
  bell: "M4 11V7a4 4 0 0 1 8 0v4l1 1.5H3zM6.8 14.5h2.4",
  mute: "M4 11V7a4 4 0 0 1 6.5-3.1M12 7v4l1 1.5H5M2.5 14l11-12",
  deselect: "M13.5 8a5.5 5.5 0 1 1-11 0 5.5 5.5 0 0 1 11 0M4.2 4.2l7.6 7.6",
  check: "m3 8.5 3.5 3.5L13 4.5",
  history: "M8 4.5V8l2.5 1.5M2.5 8A5.5 5.5 0 1 0 4 4.2M2.5 2.5v2.8h2.8",
  shown:
    "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8m8.3 0a1.8 1.8 0 1 1-3.6 0 1.8 1.8 0 0 1 3.6 0",
  hidden:
    "M2 2l12 12M6.2 4a6 6 0 0 1 1.8-.3C12 3.7 14.5 8 14.5 8a12 12 0 0 1-1.9 2.3M4 5.2A12 12 0 0 0 1.5 8S4 12.5 8 12.5a6 6 0 0 0 2.5-.6",
  up: "m4 10 4-4 4 4",
  down: "m4 6 4 4 4-4",
  remove: "M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.6 9h5.8l.6-9",
} as const;

export type IconName = keyof typeof paths;

/** A sign for the eye alone: its button says in words what it does. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
