/** Milliseconds: of the wall, and of user and system time of the whole process, all threads. */
export interface Times {
  readonly wall: number;
  readonly cpu: number;
}

export interface Stopwatch {
  /** Takes what follows out of the measurement, until `resume`. */
  pause(): void;
  resume(): void;
  /** So far. */
  read(): Times;
}

export function startStopwatch(): Stopwatch {
  let since = { wall: performance.now(), cpu: process.cpuUsage() };
  let times: Times = { wall: 0, cpu: 0 };
  let running = true;

  function lap(): Times {
    const { user, system } = process.cpuUsage(since.cpu);
    return { wall: times.wall + performance.now() - since.wall, cpu: times.cpu + (user + system) / 1000 };
  }

  return {
    pause() {
      times = lap();
      running = false;
    },
    resume() {
      since = { wall: performance.now(), cpu: process.cpuUsage() };
      running = true;
    },
    read: () => (running ? lap() : times),
  };
}
