/** How far a task is: one write at a time, of the newest value. */

export function latestProgress(write: (value: number) => Promise<void>) {
  let next: number | null = null;
  let isWriting = false;

  const writeNext = () => {
    if (next === null || isWriting) return;
    const value = next;
    next = null;
    isWriting = true;
    write(value).catch(() => {}).finally(() => {
      isWriting = false;
      writeNext();
    });
  };
  return {
    store(value: number): void {
      next = value;
      writeNext();
    },
    /** Sends the last value now, so that it arrives before the end of the task, on the same connection. */
    end(): void {
      isWriting = false;
      writeNext();
      isWriting = true;
    },
  };
}
