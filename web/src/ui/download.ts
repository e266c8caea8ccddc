/** What the page has becomes a file of the user's. */

const LATER = 60_000; // ms, after which no browser still reads what it saves

export function download(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(link.href);
  }, LATER);
}
