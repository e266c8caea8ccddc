/** A command in the page's address: `/?say=wave+then+run` performs it, and what is performed can be shared so. */

import { perform, useStudio } from "../studio";

const MOST = 1500; // characters; addresses have an end

/** What the address asks for. */
function asked(): string {
  return new URLSearchParams(location.search).get("say")?.trim() ?? "";
}

/** This page's address with a command in it. */
function withCommand(text: string): URL {
  const link = new URL(location.href);
  link.searchParams.delete("say");
  if (text && text.length <= MOST) link.searchParams.set("say", text);
  return link;
}

/** The address of a command, to give away: without one's own key. */
export function linkTo(text: string): string {
  const link = withCommand(text);
  link.searchParams.delete("key");
  return link.href;
}

/** Perform what the address asks for, or else the example: somebody moves, whatever the address says. */
export async function begin(example: string, playing: boolean): Promise<void> {
  const text = asked();
  if (text) {
    useStudio.setState({ text });
    await perform(text, playing, false);
  }
  const { shown, working, problem } = useStudio.getState();
  if (!shown && !working) {
    await perform(example, playing, false);
    if (problem) useStudio.setState({ problem });
  }
  useStudio.subscribe((studio, before) => {
    if (studio.asked === before.asked) return;
    const { text, tracks } = studio.asked; // changed by hand it is more than its words
    const { href } = withCommand(tracks ? "" : text);
    try {
      if (href !== location.href) history.replaceState(history.state, "", href);
    } catch {
      // Browsers allow so many changes in a while: the next one is in the address again.
    }
  });
}
