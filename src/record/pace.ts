/** Milliseconds of work in one go. */
const LONGEST = 10;

/** To be awaited between the steps of long work: lets other requests have their turn, so that one large one does not hold up everyone. */
export function createPace(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < LONGEST) return;
    await new Promise((resolve) => setImmediate(resolve));
    since = performance.now();
  };
}
