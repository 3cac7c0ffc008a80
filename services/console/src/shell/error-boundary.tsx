import { Component } from "react";
import type { ReactNode } from "react";

interface Props {
  readonly children: ReactNode;
}
interface State {
  readonly error: Error | undefined;
}

/** Keeps what breaks inside from taking the page with it. React offers this to classes alone. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: undefined };

  static getDerivedStateFromError(error: Error): State {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return (
      <div className="note bad" role="alert">
        <strong>This part has failed</strong>
        <span>{error.message}</span>
        <button type="button" onClick={() => this.setState({ error: undefined })}>
          Try again
        </button>
      </div>
    );
  }
}
