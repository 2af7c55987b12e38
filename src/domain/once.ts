/** Opens at the first call; later calls share what was opened. `opened` is null until then, and after a failure. */
export function once<T>(open: () => Promise<T>): (() => Promise<T>) & { opened: Promise<T> | null } {
  const call = Object.assign(
    (): Promise<T> => {
      call.opened ??= open().catch((error: unknown) => {
        call.opened = null;
        throw error;
      });
      return call.opened;
    },
    { opened: null as Promise<T> | null },
  );
  return call;
}

/** Works out a value once for each argument, and gives it to every later call. */
export function onceEach<A, T extends object>(work: (about: A) => T): (about: A) => T {
  const known = new Map<A, T>();
  return (about) => {
    const found = known.get(about) ?? work(about);
    known.set(about, found);
    return found;
  };
}
