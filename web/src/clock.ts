/** Where in the motion we are: the stage moves it on, the player shows and sets it. */
export class Clock {
  time = 0; // s
  duration = 0;
  playing = true;
  private readonly listeners = new Set<() => void>();

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  start(duration: number, playing: boolean): void {
    this.set({ time: 0, duration, playing });
  }

  /** Some time has passed; at its end the motion starts again. */
  tick(seconds: number): void {
    if (this.playing && this.duration) this.set({ time: (this.time + seconds) % this.duration });
  }

  seek(time: number): void {
    this.set({ time: Math.min(Math.max(time, 0), this.duration) });
  }

  toggle(): void {
    this.set({ playing: !this.playing });
  }

  private set(values: Partial<Pick<Clock, "time" | "duration" | "playing">>): void {
    Object.assign(this, values);
    this.listeners.forEach((listener) => {
      listener();
    });
  }
}
