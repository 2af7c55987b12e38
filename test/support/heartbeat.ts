/**
 * How long this process keeps its timers waiting, in milliseconds of its own computing: what other processes take of the
 * machine meanwhile does not count.
 */
export function startHeartbeat(): { stop(): { readonly p99: number; readonly worst: number; readonly beats: number } } {
  const gaps: number[] = [];
  let last = process.cpuUsage();
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(last);
    gaps.push((user + system) / 1000);
    last = process.cpuUsage();
  }, 2);
  return {
    stop() {
      clearInterval(timer);
      gaps.sort((a, b) => a - b);
      return { p99: gaps[Math.floor(gaps.length * 0.99)] ?? 0, worst: gaps.at(-1) ?? 0, beats: gaps.length };
    },
  };
}
