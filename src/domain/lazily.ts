/** Makes a value at the first call and gives it to every later one. `made` is null until then. */
export function lazily<T extends object>(make: () => T): (() => T) & { made: T | null } {
  const call = Object.assign(
    (): T => {
      call.made ??= make();
      return call.made;
    },
    { made: null as T | null },
  );
  return call;
}
