// Which alert is to be opened in the list: a toast or a link says so before the list is there.

import { createStore } from "zustand/vanilla";

/** The id of the alert that stands open in the list. */
export const shownAlert = createStore<{ readonly id: string | undefined }>(() => ({
  id: undefined,
}));

export const showAlert = (id: string | undefined): void => shownAlert.setState({ id });
