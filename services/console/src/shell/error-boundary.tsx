import { Component } from "react";
import type { ReactNode } from "react";

interface Props {
  readonly children: ReactNode;
}
interface State {
  readonly error: Error | undefined;
}

/** In the words of Chrome and Firefox, of Safari, and of Vite for a style sheet. */
const notLoaded = /dynamically imported module|module script|unable to preload/i;

/** Keeps what breaks inside from taking the page with it. React offers this to classes alone. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: undefined };

  static getDerivedStateFromError(error: Error): State {
    return { error };
  }

  /** What did not load is remembered as such by the page: only a new page asks again. */
  #tryAgain(error: Error): void {
    if (notLoaded.test(error.message)) location.reload();
    else this.setState({ error: undefined });
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return (
      <div className="note bad" role="alert">
        <strong>This part has failed</strong>
        <span>{error.message}</span>
        <button type="button" onClick={() => this.#tryAgain(error)}>
          Try again
        </button>
      </div>
    );
  }
}
