// Alarms of a controller's inputs: above a high or below a low temperature, with a deadband, latched or not.
//
//   ALARM on, high, low, deadband, latch     sample ──▶ high and low state of the input ──▶ ALARMST?, OPST? bit 0, a relay in mode 2
//
// What must stay true: states change with samples only, never with a query.

export interface AlarmSettings {
  isOn: boolean;
  high: number;
  low: number;
  deadband: number;
  isLatched: boolean;
}

export class Alarms {
  private readonly states = new Map<string, { high: boolean; low: boolean }>();

  /** Call this at every sample, for each input. */
  look(place: string, kelvin: number, settings: AlarmSettings): void {
    const before = this.states.get(place) ?? { high: false, low: false };
    const { isOn, high, low, deadband, isLatched } = settings;
    const stays = (was: boolean, isOut: boolean, isBack: boolean) => isOut || (was && (isLatched || !isBack));
    const now = {
      high: isOn && stays(before.high, kelvin > high, kelvin < high - deadband),
      low: isOn && stays(before.low, kelvin < low, kelvin > low + deadband),
    };
    this.states.set(place, now);
  }

  clear(): void {
    this.states.clear();
  }

  /** The high and low state, as in ALARMST?. */
  state(place: string): string {
    const { high, low } = this.states.get(place) ?? { high: false, low: false };
    return `${Number(high)},${Number(low)}`;
  }

  get isAny(): boolean {
    return [...this.states.values()].some(({ high, low }) => high || low);
  }

  /** A relay that was set to mode, input, which alarm: 0 off, 1 on, 2 follows an alarm (0 low, 1 high, 2 both). */
  relay([mode, place, which]: string[]): string {
    if (mode !== '2') return mode === '1' ? '1' : '0';
    const { high, low } = this.states.get(place) ?? { high: false, low: false };
    return String(Number((which !== '0' && high) || (which !== '1' && low)));
  }
}
