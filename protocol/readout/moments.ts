// Statistics of a readout channel as numbers: the words of READOUT_MOMENT_* put together, for whoever reads them from registers or over SMP.

import { ReadoutMoment } from './module.ts';

/** Sums over the windows of one state, in levels (codes times ReadoutLimit.LEVEL_SCALE). */
export interface Moments {
  count: number;
  reached: number;
  i: bigint;
  q: bigint;
  ii: bigint;
  qq: bigint;
  iq: bigint;
}

/** `word`: the unsigned word of a moment's number. */
export function momentsFrom(word: (moment: number) => number): Moments {
  const whole = (...moments: (keyof typeof ReadoutMoment)[]) =>
    moments.reduceRight((sum, each) => (sum << 32n) | BigInt(word(ReadoutMoment[each])), 0n);
  return {
    count: word(ReadoutMoment.COUNT),
    reached: word(ReadoutMoment.REACHED),
    i: BigInt.asIntN(64, whole('I_LOW', 'I_HIGH')),
    q: BigInt.asIntN(64, whole('Q_LOW', 'Q_HIGH')),
    ii: whole('II_LOW', 'II_MIDDLE', 'II_HIGH'),
    qq: whole('QQ_LOW', 'QQ_MIDDLE', 'QQ_HIGH'),
    iq: BigInt.asIntN(96, whole('IQ_LOW', 'IQ_MIDDLE', 'IQ_HIGH')),
  };
}
